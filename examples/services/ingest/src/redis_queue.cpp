// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "redis_queue.hpp"

#include <resil/attempt.hpp>

#include <boost/asio/use_awaitable.hpp>
#include <boost/redis/config.hpp>
#include <boost/redis/error.hpp>
#include <boost/redis/resp3/node.hpp>
#include <boost/redis/resp3/type.hpp>
#include <boost/system/system_error.hpp>

#include <utility>

namespace ingest {

namespace asio = boost::asio;
namespace redis = boost::redis;
using namespace std::chrono_literals;

namespace {

constexpr char const* stream = "ingest:points";
constexpr char const* group = "writers";
constexpr auto wait_for_entries = 500ms;
constexpr auto between_looks = 20ms;

redis::config named(resil::host_and_port const& server, std::string name)
{
    redis::config made;
    made.addr = {server.host, std::to_string(server.port)};
    made.clientname = std::move(name);
    return made;
}

/// Entries stand at the same depth in the answers of XREADGROUP and XAUTOCLAIM: below them id, then name and value.
std::vector<entry> entries_in(redis::generic_response const& reply)
{
    constexpr std::size_t id_depth = 3;
    constexpr std::size_t field_depth = 4;
    std::vector<entry> found;
    bool is_name = true;
    for (auto const& node : reply.value()) {
        if (node.data_type != redis::resp3::type::blob_string) {
            continue;
        }
        if (node.depth == id_depth) {
            found.push_back({node.value, {}});
            is_name = true;
        } else if (node.depth == field_depth && !found.empty()) {
            if (!is_name) {
                found.back().body = node.value;
            }
            is_name = !is_name;
        }
    }
    return found;
}

} // namespace

redis_queue::redis_queue(asio::any_io_executor const& ex, redis_queue_options options)
    : options_(std::move(options)),
      writing_(ex, named(options_.server, "ingest-receiver"), {.answer_within = 1s}),
      reading_(ex, named(options_.server, "ingest-writer"), {.answer_within = 5s}),
      breaker_({.name = "redis",
                .window = resil::circuit_window::time(2s, 10),
                .minimum_calls = 10,
                .open_duration = 500ms,
                .max_open_duration = 2s})
{
}

bool redis_queue::is_available() const
{
    return breaker_.state() == resil::circuit_state::closed;
}

asio::awaitable<offer_outcome> redis_queue::offer(std::string const& body, std::size_t)
{
    auto const now = std::chrono::steady_clock::now();
    bool const is_full = backlog_ >= options_.most_requests;
    if (is_full && now < next_look_) {
        co_return offer_outcome::full;
    }
    next_look_ = now + between_looks;
    redis::request request;
    if (!is_full) {
        request.push("XADD", stream, "*", "p", body);
    }
    request.push("XLEN", stream);
    auto const write = [&](resil::attempt const&) { return writing_.exchange(request); };
    try {
        reply const answer = co_await breaker_.async_call(write, asio::use_awaitable);
        if (answer.has_error()) {
            co_return offer_outcome::unavailable;
        }
        backlog_ = std::stoul(answer.value().back().value);
    } catch (boost::system::system_error const&) {
        co_return offer_outcome::unavailable;
    }
    co_return is_full ? offer_outcome::full : offer_outcome::taken;
}

asio::awaitable<std::vector<entry>> redis_queue::take(std::size_t most)
{
    if (!has_group_) {
        co_await make_group();
    }
    auto const now = std::chrono::steady_clock::now();
    if (now >= next_claim_) {
        std::vector<entry> claimed = co_await claim_abandoned(most);
        if (!claimed.empty()) {
            co_return claimed;
        }
        next_claim_ = now + options_.abandoned_after / 2;
    }
    std::vector<entry> read = co_await read_new(most);
    co_return read;
}

asio::awaitable<void> redis_queue::forget(std::vector<entry> const& stored)
{
    redis::request request;
    std::vector<std::string> ids;
    for (entry const& each : stored) {
        ids.push_back(each.id);
    }
    std::vector<std::string> acknowledged{group};
    acknowledged.insert(acknowledged.end(), ids.begin(), ids.end());
    request.push_range("XACK", stream, acknowledged);
    request.push_range("XDEL", stream, ids);
    co_await ask(std::move(request));
}

asio::awaitable<void> redis_queue::make_group()
{
    redis::request request;
    request.push("XGROUP", "CREATE", stream, group, "0", "MKSTREAM");
    reply const answer = co_await reading_.exchange(std::move(request));
    bool const is_there = answer.has_error() && answer.error().diagnostic.starts_with("BUSYGROUP");
    if (answer.has_error() && !is_there) {
        throw boost::system::system_error(redis::error::resp3_simple_error, answer.error().diagnostic);
    }
    has_group_ = true;
}

asio::awaitable<std::vector<entry>> redis_queue::claim_abandoned(std::size_t most)
{
    redis::request request;
    auto const idle = std::to_string(options_.abandoned_after.count());
    request.push("XAUTOCLAIM", stream, group, options_.consumer, idle, "0-0", "COUNT", std::to_string(most));
    reply const answer = co_await ask(std::move(request));
    co_return entries_in(answer);
}

asio::awaitable<std::vector<entry>> redis_queue::read_new(std::size_t most)
{
    redis::request request;
    auto const wait = std::to_string(std::chrono::milliseconds(wait_for_entries).count());
    request.push("XREADGROUP", "GROUP", group, options_.consumer, "COUNT", std::to_string(most), "BLOCK", wait, "STREAMS",
                 stream, ">");
    reply const answer = co_await ask(std::move(request));
    co_return entries_in(answer);
}

asio::awaitable<redis_queue::reply> redis_queue::ask(redis::request request)
{
    try {
        reply answer = co_await reading_.exchange(std::move(request));
        if (answer.has_error()) {
            throw boost::system::system_error(redis::error::resp3_simple_error, answer.error().diagnostic);
        }
        co_return answer;
    } catch (boost::system::system_error const&) {
        has_group_ = false; // it may be another Redis that comes back
        throw;
    }
}

} // namespace ingest
