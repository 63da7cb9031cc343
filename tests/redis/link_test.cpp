// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/redis/link.hpp>

#include "redis_support.hpp"

#include <resil/error.hpp>
#include <resil/timeout.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/redis/error.hpp>
#include <boost/redis/request.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <chrono>
#include <exception>
#include <string>
#include <utility>

using namespace redis_support;

namespace {

/// Asks for a write as often as it can, while the link is refused again and again; returns how many were answered.
asio::awaitable<int> insist(resil::redis::link link, std::chrono::milliseconds patience)
{
    asio::steady_timer rest(co_await asio::this_coro::executor);
    rest.expires_after(patience);
    bool over = false;
    rest.async_wait([&](resil::error_code) { over = true; });
    int answered = 0;
    while (!over) {
        try {
            co_await link.exchange(command("INCR", "intruder"));
            ++answered;
        } catch (boost::system::system_error const&) { // as it should be
        }
        co_await asio::post(asio::use_awaitable);
    }
    co_return answered;
}

} // namespace

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

TEST_CASE("whoever waits for the first connection is told, and the next request is answered", "[redis][link]")
{
    asio::io_context context;
    auto const settings = where();
    run(context, [&]() -> asio::awaitable<void> {
        resil::redis::link const link(context.get_executor(), settings);
        co_await link.async_wait_connected(asio::use_awaitable);
        auto const answer = co_await link.exchange(command("ECHO", "x"));
        CHECK(answer.value().front().value == "x");
        co_await link.async_wait_connected(asio::use_awaitable); // it is there
    });
}

TEST_CASE("waiting for a connection outlasts a Redis that is away, and ends with the timeout around it", "[redis][link]")
{
    asio::io_context context;
    auto const settings = where();
    run(context, [&]() -> asio::awaitable<void> {
        resil::redis::link const link(context.get_executor(), settings, {.between_connects = 10ms});
        auto const connected = [&](auto token) { return link.async_wait_connected(std::move(token)); };
        co_await resil::timeout(30s).async_call(connected, asio::use_awaitable);
        server().kill();
        auto token = asio::as_tuple(asio::use_awaitable);
        bool is_away = false;
        while (!is_away) { // until the link has noticed
            co_await asio::post(asio::use_awaitable);
            auto again = token;
            auto const [ec] = co_await resil::timeout(50ms).async_call(connected, std::move(again));
            is_away = ec == resil::errc::timed_out;
            CHECK((!ec || is_away));
        }
        server().start();
        co_await resil::timeout(30s).async_call(connected, asio::use_awaitable);
        auto const answer = co_await link.exchange(command("ECHO", "x"));
        CHECK(answer.value().front().value == "x");
    });
}

TEST_CASE("waiting for a connection can be cancelled in each way, and is no handler called inside of the call",
          "[redis][link]")
{
    auto const type = GENERATE(asio::cancellation_type::terminal, asio::cancellation_type::partial,
                               asio::cancellation_type::total);
    asio::io_context context;
    boost::redis::config nowhere;
    nowhere.addr = {"127.0.0.1", std::to_string(support::free_port())};
    asio::cancellation_signal signal;
    int calls = 0;
    {
        resil::redis::link const link(context.get_executor(), nowhere);
        link.async_wait_connected(asio::bind_cancellation_slot(signal.slot(), [&](resil::error_code ec) {
            CHECK(ec == asio::error::operation_aborted);
            ++calls;
        }));
    }
    context.run_for(20ms); // the wait keeps the link
    CHECK(calls == 0);
    signal.emit(type);
    CHECK(calls == 0);
    context.run_for(60s);
    CHECK(calls == 1);
    CHECK(context.stopped());
}

TEST_CASE("of several commands of which one is refused, the refusal is the answer, and the link goes on", "[redis][link]")
{
    asio::io_context context;
    auto const settings = where();
    run(context, [&]() -> asio::awaitable<void> {
        resil::redis::link const link(context.get_executor(), settings);
        co_await until_ready(link);
        boost::redis::request mixed;
        mixed.push("SET", "word", "text");
        mixed.push("INCR", "word");
        mixed.push("HGET", "word", "field");
        mixed.push("GET", "word");
        auto const answer = co_await link.exchange(std::move(mixed));
        CHECK(answer.has_error());
        CHECK(answer.error().diagnostic.starts_with("ERR value is not an integer"));
        auto const word = co_await link.exchange(command("GET", "word"));
        CHECK(word.value().front().value == "text");
    });
}

TEST_CASE("who is refused is nobody else: nothing is sent before Redis has taken name, password and database",
          "[redis][link]")
{
    asio::io_context context;
    auto const settings = where();
    run(context, [&]() -> asio::awaitable<void> {
        resil::redis::link const admin(context.get_executor(), settings); // the default user needs no password
        co_await until_ready(admin);
        boost::redis::request prepare;
        prepare.push("DEL", "intruder");
        prepare.push("ACL", "SETUSER", "shop", "on", ">right", "~*", "+@all");
        co_await admin.exchange(std::move(prepare));
        boost::redis::config refused = settings;
        SECTION("a wrong password")
        {
            refused.username = "shop";
            refused.password = "wrong";
        }
        SECTION("a user that there is not")
        {
            refused.username = "shopp";
            refused.password = "right";
        }
        SECTION("a database that there is not")
        {
            refused.database_index = 1000;
        }
        SECTION("a wrong password for another database")
        {
            refused.username = "shop";
            refused.password = "wrong";
            refused.database_index = 1;
        }
        resil::redis::link_options const restless{.between_connects = 1ms};
        resil::redis::link const link(context.get_executor(), refused, restless);
        int const answered = co_await insist(link, 200ms);
        CHECK(answered == 0);
        for (std::string const database : {"0", "1"}) {
            boost::redis::request look;
            look.push("SELECT", database);
            look.push("EXISTS", "intruder");
            auto const found = co_await admin.exchange(std::move(look));
            CHECK(found.value().back().value == "0");
        }
    });
}

TEST_CASE("a link is the user that it says, in the database that it says", "[redis][link]")
{
    asio::io_context context;
    boost::redis::config known = where();
    run(context, [&]() -> asio::awaitable<void> {
        resil::redis::link const admin(context.get_executor(), known);
        co_await until_ready(admin);
        boost::redis::request prepare;
        prepare.push("ACL", "SETUSER", "shop", "on", ">right", "~*", "+@all");
        co_await admin.exchange(std::move(prepare));
        known.username = "shop";
        known.password = "right";
        known.database_index = 3;
        resil::redis::link const link(context.get_executor(), known);
        co_await until_ready(link);
        auto const user = co_await link.exchange(command("ACL", "WHOAMI"));
        CHECK(user.value().front().value == "shop");
        auto const client = co_await link.exchange(command("CLIENT", "INFO"));
        CHECK_THAT(client.value().front().value, Catch::Matchers::ContainsSubstring(" db=3 "));
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
    check({.open_within = 0ms}, "redis.open_within");
    check({.answer_within = 0ms}, "redis.answer_within");
    check({.between_connects = 0ms}, "redis.between_connects");
    check({.between_pings = 0ms}, "redis.between_pings");
}
