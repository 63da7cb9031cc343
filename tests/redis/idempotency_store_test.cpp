// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/redis/idempotency_store.hpp>

#include "redis_support.hpp"
#include "support/idempotency_store_suite.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/redis/error.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace redis_support;
using resil::claim_state;
using resil::redis::idempotency_store;

resil::execution_name const name{"shop", "POST /orders", "k"};
auto const payload = resil::fingerprint_of({"one"});

/// Runs a body with a store of its own on an empty Redis.
void with_store(resil::idempotency_options const& options,
                std::function<asio::awaitable<void>(idempotency_store, resil::redis::link)> const& body)
{
    asio::io_context context;
    auto const settings = where();
    run(context, [&]() -> asio::awaitable<void> {
        resil::redis::link const link(context.get_executor(), settings);
        co_await until_ready(link);
        co_await link.exchange(command("FLUSHALL", "SYNC"));
        idempotency_store const store(link, options);
        co_await body(store, link);
    });
}

asio::awaitable<void> pass(std::chrono::milliseconds time)
{
    asio::steady_timer rest(co_await asio::this_coro::executor, time);
    co_await rest.async_wait(asio::use_awaitable);
}

} // namespace

TEST_CASE("the store in Redis keeps what every store promises", "[redis][idempotency]")
{
    with_store({.max_answer_bytes = 1000}, [](idempotency_store store, resil::redis::link link) -> asio::awaitable<void> {
        auto const pass_lease = [link]() -> asio::awaitable<void> { // nobody can set the clock of Redis
            boost::redis::request passed;
            passed.push("EVAL", "for _, key in ipairs(redis.call('KEYS', '*')) do "
                                "if redis.call('HEXISTS', key, 'until') == 1 then redis.call('HSET', key, 'until', 0) end end",
                        "0");
            co_await link.exchange(std::move(passed));
        };
        co_await support::check_idempotency_store(store, pass_lease);
    });
}

TEST_CASE("a lease is over after its time, by the clock of Redis", "[redis][idempotency]")
{
    with_store({.lease = 20ms}, [](idempotency_store store, resil::redis::link) -> asio::awaitable<void> {
        auto const crashed = co_await store.begin(name, payload);
        co_await pass(30ms);
        auto const anew = co_await store.begin(name, payload);
        CHECK(anew.state == claim_state::begun);
        bool const late = co_await store.abandon(name, crashed.lease);
        CHECK_FALSE(late);
    });
}

TEST_CASE("of many requests with one key at once, one begins", "[redis][idempotency]")
{
    with_store({}, [](idempotency_store store, resil::redis::link) -> asio::awaitable<void> {
        auto const ex = co_await asio::this_coro::executor;
        std::vector<claim_state> states;
        auto const ask = [&]() -> asio::awaitable<void> {
            auto const claim = co_await store.begin(name, payload);
            states.push_back(claim.state);
        };
        for (int i = 0; i != 50; ++i) {
            asio::co_spawn(ex, ask(), asio::detached);
        }
        while (states.size() != 50) {
            co_await pass(1ms);
        }
        CHECK(std::ranges::count(states, claim_state::begun) == 1);
        CHECK(std::ranges::count(states, claim_state::in_flight) == 49);
    });
}

TEST_CASE("a key is gone from Redis after its lifetime, by itself", "[redis][idempotency]")
{
    with_store({.lifetime = 100ms, .lease = 50ms},
               [](idempotency_store store, resil::redis::link link) -> asio::awaitable<void> {
                   auto const claim = co_await store.begin(name, payload);
                   resil::stored_answer const answer{200, {}, "done"};
                   co_await store.complete(name, claim.lease, answer);
                   co_await pass(150ms);
                   auto const left = co_await link.exchange(command("KEYS", "*"));
                   CHECK(left.value().size() == 1); // an array of none
                   auto const anew = co_await store.begin(name, payload);
                   CHECK(anew.state == claim_state::begun);
               });
}

TEST_CASE("names whose parts join to the same text are different executions", "[redis][idempotency]")
{
    with_store({}, [](idempotency_store store, resil::redis::link) -> asio::awaitable<void> {
        resil::execution_name const one{"a:1:b", "", "c"};
        resil::execution_name const two{"a", "b::0", "c"};
        auto const first = co_await store.begin(one, payload);
        auto const second = co_await store.begin(two, payload);
        CHECK(first.state == claim_state::begun);
        CHECK(second.state == claim_state::begun);
    });
}

TEST_CASE("an answer outlives a Redis that is killed, and its store goes on", "[redis][idempotency]")
{
    with_store({}, [](idempotency_store store, resil::redis::link link) -> asio::awaitable<void> {
        resil::stored_answer const answer{201, {{"Location", "/orders/1"}}, "made"};
        auto const claim = co_await store.begin(name, payload);
        bool const kept = co_await store.complete(name, claim.lease, answer);
        CHECK(kept);
        for (int i = 0; i != 3; ++i) {
            server().kill();
            bool failed = false;
            try {
                co_await store.begin(name, payload);
            } catch (boost::system::system_error const&) {
                failed = true;
            }
            CHECK(failed);
            co_await pass(250ms); // connects are refused meanwhile
            server().start();
            co_await until_ready(link);
            auto const repeated = co_await store.begin(name, payload);
            CHECK(repeated.state == claim_state::done);
            CHECK(repeated.answer == answer);
        }
    });
}

TEST_CASE("what Redis refuses is thrown with its words", "[redis][idempotency]")
{
    with_store({}, [](idempotency_store store, resil::redis::link link) -> asio::awaitable<void> {
        boost::redis::request clash;
        clash.push("SET", resil::redis::detail::key_of("idempotency", name), "a string");
        co_await link.exchange(std::move(clash));
        std::string told;
        try {
            co_await store.begin(name, payload);
        } catch (boost::system::system_error const& e) {
            told = e.what();
            CHECK(e.code() == boost::redis::error::resp3_simple_error);
        }
        CHECK_THAT(told, Catch::Matchers::ContainsSubstring("WRONGTYPE"));
    });
}
