// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "redis_queue.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
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
      writing_(ex, options_.server, "ingest-receiver"),
      reading_(ex, options_.server, "ingest-writer"),
      breaker_({.name = "redis",
                .window = resil::circuit_window::time(2s, 10),
                .minimum_calls = 10,
                .open_duration = 500ms,
                .max_open_duration = 2s}),
      writes_{breaker_, resil::timeout{{.after = 1s, .on_expiry = resil::expiry::abandon}}},
      reads_{{.after = 5s, .on_expiry = resil::expiry::abandon}}
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
    redis::request request = make_redis_request();
    if (!is_full) {
        request.push("XADD", stream, "*", "p", body);
    }
    request.push("XLEN", stream);
    redis_exchange const asked = writing_.exchange(std::move(request));
    auto token = asio::as_tuple(asio::use_awaitable);
    auto const [ec, size] = co_await writes_.async_call(asked, std::move(token));
    if (ec || !asked.owned->answer.has_value()) {
        co_return offer_outcome::unavailable;
    }
    backlog_ = std::stoul(asked.owned->answer.value().back().value);
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
    redis::request request = make_redis_request();
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
    redis::request request = make_redis_request();
    request.push("XGROUP", "CREATE", stream, group, "0", "MKSTREAM");
    redis_exchange const asked = reading_.exchange(std::move(request));
    auto token = asio::as_tuple(asio::use_awaitable);
    auto const [ec, size] = co_await reads_.async_call(asked, std::move(token));
    reply const& answer = asked.owned->answer;
    bool const is_there = answer.has_error() && answer.error().diagnostic.starts_with("BUSYGROUP");
    if (ec && !is_there) {
        throw boost::system::system_error(ec, "redis");
    }
    has_group_ = true;
}

asio::awaitable<std::vector<entry>> redis_queue::claim_abandoned(std::size_t most)
{
    redis::request request = make_redis_request();
    auto const idle = std::to_string(options_.abandoned_after.count());
    request.push("XAUTOCLAIM", stream, group, options_.consumer, idle, "0-0", "COUNT", std::to_string(most));
    reply const answer = co_await ask(std::move(request));
    co_return entries_in(answer);
}

asio::awaitable<std::vector<entry>> redis_queue::read_new(std::size_t most)
{
    redis::request request = make_redis_request();
    auto const wait = std::to_string(std::chrono::milliseconds(wait_for_entries).count());
    request.push("XREADGROUP", "GROUP", group, options_.consumer, "COUNT", std::to_string(most), "BLOCK", wait, "STREAMS",
                 stream, ">");
    reply const answer = co_await ask(std::move(request));
    co_return entries_in(answer);
}

asio::awaitable<redis_queue::reply> redis_queue::ask(redis::request request)
{
    redis_exchange const asked = reading_.exchange(std::move(request));
    auto token = asio::as_tuple(asio::use_awaitable);
    auto const [ec, size] = co_await reads_.async_call(asked, std::move(token));
    reply answer = std::move(asked.owned->answer);
    if (ec || answer.has_error()) {
        has_group_ = false; // it may be another Redis that comes back
        throw boost::system::system_error(ec ? ec : make_error_code(redis::error::resp3_simple_error), "redis");
    }
    co_return answer;
}

} // namespace ingest
