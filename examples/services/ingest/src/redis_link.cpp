// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "redis_link.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/redis/config.hpp>
#include <boost/redis/logger.hpp>

#include <chrono>

namespace ingest {

namespace asio = boost::asio;
namespace redis = boost::redis;
using namespace std::chrono_literals;

namespace {

constexpr auto between_connects = 100ms;
constexpr auto between_pings = 1s;
constexpr auto for_an_answer = 2s;

} // namespace

redis::request make_redis_request()
{
    redis::request made;
    made.get_config().cancel_if_not_connected = true;
    made.get_config().cancel_on_connection_lost = true;
    return made;
}

redis_link::redis_link(asio::any_io_executor const& ex, resil::host_and_port server, std::string name)
    : ex_(ex),
      server_(std::move(server)),
      name_(std::move(name)),
      patience_({.after = for_an_answer, .on_expiry = resil::expiry::abandon}),
      now_(std::make_shared<connection>(ex))
{
    asio::co_spawn(ex_, keep_open(), asio::detached);
}

redis_exchange redis_link::exchange(redis::request request) const
{
    return {now_, std::make_shared<redis_exchange::parts>(redis_exchange::parts{std::move(request)})};
}

asio::awaitable<void> redis_link::keep_open()
{
    redis::config settings;
    settings.addr = {server_.host, std::to_string(server_.port)};
    settings.clientname = name_;
    settings.reconnect_wait_interval = 0s;
    settings.health_check_interval = 0s;
    auto const silent = redis::logger(redis::logger::level::crit);
    asio::steady_timer rest(ex_);
    while (true) {
        auto const opened = now_;
        asio::co_spawn(ex_, watch(opened), asio::detached);
        auto token = asio::as_tuple(asio::use_awaitable);
        co_await opened->async_run(settings, silent, std::move(token));
        now_ = std::make_shared<connection>(ex_);
        rest.expires_after(between_connects);
        co_await rest.async_wait(asio::use_awaitable);
    }
}

/// Asks whether Redis is there while the connection is in use; hangs up if it does not answer.
asio::awaitable<void> redis_link::watch(std::shared_ptr<connection> watched)
{
    asio::steady_timer rest(ex_);
    while (watched == now_) {
        rest.expires_after(between_pings);
        co_await rest.async_wait(asio::use_awaitable);
        redis::request ping = make_redis_request();
        ping.push("PING");
        redis_exchange const asked{watched, std::make_shared<redis_exchange::parts>(redis_exchange::parts{std::move(ping)})};
        auto token = asio::as_tuple(asio::use_awaitable);
        auto const [ec, size] = co_await patience_.async_call(asked, std::move(token));
        if (ec) {
            watched->cancel(redis::operation::run);
        }
    }
}

} // namespace ingest
