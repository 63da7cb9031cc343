// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "redis_ledger.hpp"

#include <resil/timeout.hpp>

#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/redis/config.hpp>
#include <boost/redis/error.hpp>
#include <boost/system/system_error.hpp>

#include <charconv>
#include <chrono>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace pdf {

namespace asio = boost::asio;
namespace redis = boost::redis;
using boost::beast::http::field;
using boost::beast::http::status;
using resil::http::string_request;
using resil::http::string_response;
using namespace std::chrono_literals;

namespace {

constexpr char const* documents = "documents";

redis::config at(resil::host_and_port const& server)
{
    redis::config made;
    made.addr = {server.host, std::to_string(server.port)};
    made.clientname = "pdf";
    return made;
}

} // namespace

redis_ledger::redis_ledger(asio::any_io_executor const& ex, resil::host_and_port const& server, resil::duration lease,
                           printer print)
    : link_(ex, at(server)), store_(link_, {.lifetime = 24h, .lease = lease}), print_(std::move(print))
{
}

asio::awaitable<void> redis_ledger::open()
{
    auto const connected = [this](auto token) { return link_.async_wait_connected(std::move(token)); };
    try {
        co_await resil::timeout(10s).async_call(connected, asio::use_awaitable);
    } catch (boost::system::system_error const&) {
        throw std::runtime_error("PDF_SERVER_REDIS: no answer");
    }
}

asio::awaitable<string_response> redis_ledger::answer(string_request const& order)
{
    auto const make = [this](string_request const& asked) { return charge(asked); };
    string_response answered = co_await resil::http::answer_once(store_, order, options_, make);
    co_return answered;
}

asio::awaitable<string_response> redis_ledger::charge(string_request const& order)
{
    string_response made(status::created, 11);
    made.set(field::content_type, "application/pdf");
    std::string document = co_await print_(order.body());
    made.body() = std::move(document);

    auto const named = resil::http::name_request(order, options_);
    redis::request charged;
    charged.push("HSETNX", documents, named.name.key, order.body());
    co_await ask(std::move(charged));
    co_return made;
}

asio::awaitable<std::size_t> redis_ledger::count()
{
    redis::request counted;
    counted.push("HLEN", documents);
    redis::generic_response const answer = co_await ask(std::move(counted));
    std::size_t number = 0;
    std::string_view const text = answer.value().front().value;
    std::from_chars(text.data(), text.data() + text.size(), number);
    co_return number;
}

asio::awaitable<redis::generic_response> redis_ledger::ask(redis::request request)
{
    redis::generic_response answer = co_await link_.exchange(std::move(request));
    if (answer.has_error()) {
        throw boost::system::system_error(redis::error::resp3_simple_error, answer.error().diagnostic);
    }
    co_return answer;
}

} // namespace pdf
