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
                                "if redis.call('TYPE', key).ok == 'hash' and redis.call('HEXISTS', key, 'until') == 1 "
                                "then redis.call('HSET', key, 'until', 0) end end",
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

TEST_CASE("a store that is full refuses new keys, and knows the old ones", "[redis][idempotency]")
{
    with_store({.max_keys = 3, .max_keys_per_tenant = 2},
               [](idempotency_store store, resil::redis::link) -> asio::awaitable<void> {
                   auto const begin = [&](std::string tenant, std::string key) {
                       return store.begin({std::move(tenant), "POST /orders", std::move(key)}, payload);
                   };
                   auto const first = co_await begin("a", "1");
                   auto const second = co_await begin("a", "2");
                   auto const too_many_of_a = co_await begin("a", "3");
                   CHECK(first.state == claim_state::begun);
                   CHECK(second.state == claim_state::begun);
                   CHECK(too_many_of_a.state == claim_state::full);
                   auto const other = co_await begin("b", "1");
                   auto const too_many_of_all = co_await begin("b", "2");
                   CHECK(other.state == claim_state::begun);
                   CHECK(too_many_of_all.state == claim_state::full);

                   auto const known = co_await begin("a", "1");
                   CHECK(known.state == claim_state::in_flight);
                   resil::stored_answer const answer{200, {}, "done"};
                   co_await store.complete({"a", "POST /orders", "1"}, first.lease, answer);
                   auto const still_full = co_await begin("b", "2");
                   CHECK(still_full.state == claim_state::full);
                   co_await store.abandon({"a", "POST /orders", "2"}, second.lease);
                   auto const fits = co_await begin("b", "2");
                   CHECK(fits.state == claim_state::begun);
               });
}

TEST_CASE("a store that is full has room when keys have expired", "[redis][idempotency]")
{
    with_store({.max_keys = 2}, [](idempotency_store store, resil::redis::link link) -> asio::awaitable<void> {
        resil::execution_name const second{"shop", "POST /orders", "l"};
        resil::execution_name const third{"shop", "POST /orders", "m"};
        co_await store.begin(name, payload);
        co_await store.begin(second, payload);
        auto const full = co_await store.begin(third, payload);
        CHECK(full.state == claim_state::full);
        auto const keys = resil::redis::detail::keys_of("idempotency", name);
        boost::redis::request expire; // as Redis does it by itself; what counts keys is behind
        expire.push("DEL", keys.record);
        expire.push("ZADD", keys.all, "1", keys.record);
        expire.push("ZADD", keys.of_tenant, "1", keys.record);
        co_await link.exchange(std::move(expire));
        auto const fits = co_await store.begin(third, payload);
        CHECK(fits.state == claim_state::begun);
        auto const full_again = co_await store.begin(name, payload);
        CHECK(full_again.state == claim_state::full);
    });
}

TEST_CASE("a key counts as long as its record lives, however often it is touched", "[redis][idempotency]")
{
    with_store({.lease = 1ms}, [](idempotency_store store, resil::redis::link link) -> asio::awaitable<void> {
        auto const check_count = [link]() -> asio::awaitable<void> {
            auto const keys = resil::redis::detail::keys_of("idempotency", name);
            boost::redis::request look;
            look.push("PEXPIRETIME", keys.record);
            look.push("ZSCORE", keys.all, keys.record);
            look.push("ZSCORE", keys.of_tenant, keys.record);
            look.push("ZCARD", keys.all);
            look.push("ZCARD", keys.of_tenant);
            auto const seen = co_await link.exchange(std::move(look));
            auto const& nodes = seen.value();
            CHECK(std::stod(nodes[1].value) == std::stod(nodes[0].value));
            CHECK(std::stod(nodes[2].value) == std::stod(nodes[0].value));
            CHECK(nodes[3].value == "1");
            CHECK(nodes[4].value == "1");
        };
        co_await store.begin(name, payload);
        co_await check_count();
        co_await pass(5ms);
        auto const anew = co_await store.begin(name, payload);
        co_await check_count();
        resil::stored_answer const answer{200, {}, "done"};
        bool const kept = co_await store.complete(name, anew.lease, answer);
        CHECK(kept);
        co_await check_count();
    });
}

TEST_CASE("of many new keys at once, as many begin as there is room for", "[redis][idempotency]")
{
    with_store({.max_keys = 10}, [](idempotency_store store, resil::redis::link) -> asio::awaitable<void> {
        auto const ex = co_await asio::this_coro::executor;
        std::vector<claim_state> states;
        auto const ask = [&](int i) -> asio::awaitable<void> {
            auto const claim = co_await store.begin({"shop", "POST /orders", std::to_string(i)}, payload);
            states.push_back(claim.state);
        };
        for (int i = 0; i != 50; ++i) {
            asio::co_spawn(ex, ask(i), asio::detached);
        }
        while (states.size() != 50) {
            co_await pass(1ms);
        }
        CHECK(std::ranges::count(states, claim_state::begun) == 10);
        CHECK(std::ranges::count(states, claim_state::full) == 40);
    });
}

TEST_CASE("a store lies in one slot of a Redis Cluster", "[redis][idempotency]")
{
    server(); // skips where there is none
    std::string const bus = std::to_string(support::free_port());
    support::redis_server const node(RESIL_REDIS_SERVER, {"--cluster-enabled", "yes", "--cluster-port", bus});
    asio::io_context context;
    run(context, [&]() -> asio::awaitable<void> {
        boost::redis::config settings;
        settings.addr = {"127.0.0.1", node.port()};
        resil::redis::link const link(context.get_executor(), settings);
        co_await link.async_wait_connected(asio::use_awaitable);
        boost::redis::request all_slots;
        all_slots.push("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
        co_await link.exchange(std::move(all_slots));
        bool is_up = false;
        while (!is_up) {
            co_await pass(10ms);
            auto const info = co_await link.exchange(command("CLUSTER", "INFO"));
            is_up = info.value().front().value.find("cluster_state:ok") != std::string::npos;
        }
        idempotency_store const store(link, {});
        resil::stored_answer const answer{200, {}, "done"};
        auto const claim = co_await store.begin(name, payload);
        bool const kept = co_await store.complete(name, claim.lease, answer);
        CHECK(kept);
        resil::execution_name const other{"{b}", "POST /orders", "{c}"};
        auto const left = co_await store.begin(other, payload);
        bool const gone = co_await store.abandon(other, left.lease);
        CHECK(gone);
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
        clash.push("SET", resil::redis::detail::keys_of("idempotency", name).record, "a string");
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
