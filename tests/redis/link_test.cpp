// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/redis/link.hpp>

#include "redis_support.hpp"

#include <resil/error.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/redis/error.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <exception>
#include <string>
#include <utility>

using namespace redis_support;

TEST_CASE("a request without a connection fails at once", "[redis][link]")
{
    asio::io_context context;
    run(context, [&]() -> asio::awaitable<void> {
        boost::redis::config nowhere;
        nowhere.addr = {"127.0.0.1", std::to_string(support::free_port())};
        resil::redis::link const link(context.get_executor(), nowhere);
        resil::error_code told;
        try {
            co_await link.exchange(command("ECHO", "x"));
        } catch (boost::system::system_error const& e) {
            told = e.code();
        }
        CHECK(told == boost::redis::error::not_connected);
    });
}

TEST_CASE("a Redis that no longer answers is hung up on, and asked anew", "[redis][link]")
{
    asio::io_context context;
    auto const settings = where();
    run(context, [&]() -> asio::awaitable<void> {
        resil::redis::link_options const options{.answer_within = 200ms, .between_pings = 50ms};
        resil::redis::link const link(context.get_executor(), settings, options);
        co_await until_ready(link);
        resil::error_code told;
        try {
            boost::redis::request sleep;
            sleep.push("BLPOP", "nothing", "1"); // Redis answers later commands of this connection only then
            co_await link.exchange(std::move(sleep));
        } catch (boost::system::system_error const& e) {
            told = e.code();
        }
        CHECK(told);
        co_await until_ready(link);
    });
}

TEST_CASE("a link may be let go of after its context has run for the last time", "[redis][link]")
{
    asio::io_context context;
    auto const settings = where();
    resil::redis::link const link(context.get_executor(), settings);
    asio::co_spawn(context, until_ready(link), [&](std::exception_ptr) { context.stop(); });
    context.run_for(60s);
    CHECK(context.stopped());
}

TEST_CASE("options of a link that are out of range are named", "[redis][link]")
{
    using Catch::Matchers::ContainsSubstring;
    using Catch::Matchers::MessageMatches;
    auto const check = [](resil::redis::link_options const& options, std::string const& field) {
        CHECK_THROWS_MATCHES(options.validate(), resil::invalid_option, MessageMatches(ContainsSubstring(field)));
    };
    check({.answer_within = 0ms}, "redis.answer_within");
    check({.between_connects = 0ms}, "redis.between_connects");
    check({.between_pings = 0ms}, "redis.between_pings");
}
