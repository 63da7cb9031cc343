// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_REDIS_REDIS_SUPPORT_HPP
#define RESIL_TESTS_REDIS_REDIS_SUPPORT_HPP

#include <resil/redis/link.hpp>

#include "support/redis_server.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/redis/config.hpp>
#include <boost/redis/request.hpp>
#include <boost/redis/response.hpp>
#include <boost/system/system_error.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <string>

namespace redis_support {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// Redis, on which a test runs; skips the test where there is none.
inline support::redis_server& server()
{
    std::string const program = RESIL_REDIS_SERVER;
    if (program.empty()) {
        SKIP("there is no redis-server here");
    }
    static support::redis_server one(program);
    return one;
}

inline boost::redis::config where()
{
    boost::redis::config made;
    made.addr = {"127.0.0.1", server().port()};
    return made;
}

inline boost::redis::request command(std::string const& first, std::string const& second)
{
    boost::redis::request made;
    made.push(first, second);
    return made;
}

/// Returns when Redis answers; the test's patience bounds it.
inline asio::awaitable<void> until_ready(resil::redis::link link)
{
    asio::steady_timer rest(co_await asio::this_coro::executor);
    while (true) {
        bool ready = false;
        try {
            boost::redis::request asked = command("ECHO", "there");
            auto const answer = co_await link.exchange(std::move(asked));
            ready = answer.has_value();
        } catch (boost::system::system_error const&) {
            ready = false;
        }
        if (ready) {
            co_return;
        }
        rest.expires_after(10ms);
        co_await rest.async_wait(asio::use_awaitable);
    }
}

/// Runs a body to its end, and what it has left behind.
inline void run(asio::io_context& context, std::function<asio::awaitable<void>()> const& body)
{
    std::exception_ptr failure;
    bool ended = false;
    asio::co_spawn(context, body(), [&](std::exception_ptr e) {
        failure = e;
        ended = true;
    });
    context.restart();
    context.run_for(60s);
    if (failure) {
        std::rethrow_exception(failure);
    }
    CHECK(ended);
    CHECK(context.stopped()); // a link that nobody holds leaves nothing behind
}

} // namespace redis_support

#endif // RESIL_TESTS_REDIS_REDIS_SUPPORT_HPP
