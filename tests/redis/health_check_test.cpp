// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/redis/health_check.hpp>

#include "redis_support.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/redis/config.hpp>
#include <boost/system/system_error.hpp>

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <utility>

namespace {

using namespace redis_support;

asio::awaitable<bool> is_healthy(resil::redis::health_check check)
{
    bool healthy = true;
    try {
        co_await check();
    } catch (boost::system::system_error const&) {
        healthy = false;
    }
    co_return healthy;
}

} // namespace

TEST_CASE("a Redis that answers is healthy, one that was killed is not, and a new one is again", "[redis][health]")
{
    asio::io_context context;
    auto const settings = where();
    run(context, [&]() -> asio::awaitable<void> {
        resil::redis::link const link(context.get_executor(), settings);
        co_await until_ready(link);
        bool const before = co_await is_healthy(resil::redis::health_check(link));
        CHECK(before);
        server().kill();
        bool const meanwhile = co_await is_healthy(resil::redis::health_check(link));
        CHECK_FALSE(meanwhile);
        server().start();
        co_await until_ready(link);
        bool const after = co_await is_healthy(resil::redis::health_check(link));
        CHECK(after);
    });
}

TEST_CASE("a Redis that wants a password is healthy for those who have it", "[redis][health]")
{
    asio::io_context context;
    auto const settings = where();
    run(context, [&]() -> asio::awaitable<void> {
        resil::redis::link const admin(context.get_executor(), settings);
        co_await until_ready(admin);
        auto const require = [&](std::string const& password) {
            boost::redis::request made;
            made.push("CONFIG", "SET", "requirepass", password);
            return admin.exchange(std::move(made));
        };
        co_await require("right");

        boost::redis::config known = settings;
        known.password = "right";
        resil::redis::link const welcome(context.get_executor(), known);
        co_await until_ready(welcome);
        bool const right = co_await is_healthy(resil::redis::health_check(welcome));
        CHECK(right);

        known.password = "wrong";
        resil::redis::link const refused(context.get_executor(), known);
        co_await until_ready(admin);
        bool const wrong = co_await is_healthy(resil::redis::health_check(refused));
        CHECK_FALSE(wrong);
        co_await require("");
    });
}
