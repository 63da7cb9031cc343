// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// A pool of connections to a real PostgreSQL, through a proxy that mistreats them.

#include <resil/connection_pool.hpp>
#include <resil/postgres/postgres.hpp>

#include "support/chaos_proxy.hpp"
#include "support/postgres_server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace asio = boost::asio;
namespace postgres = resil::postgres;
using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;
using pool_type = resil::connection_pool<postgres::connector>;
using lease_type = pool_type::lease_type;

namespace {

constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);

/// PostgreSQL, a proxy before it, and a pool that knows of the proxy only.
struct behind_a_proxy
{
    explicit behind_a_proxy(resil::connection_pool_options options)
        : pool(io, postgres::connector(through_proxy()), std::move(options))
    {
    }

    postgres::settings through_proxy() const
    {
        auto settings = server.settings();
        settings.port = proxy.port();
        return settings;
    }

    /// Runs the context until something holds; what never happens fails the test.
    template <class Predicate>
    void run_until(Predicate holds)
    {
        while (!holds()) {
            io.restart();
            REQUIRE(io.run_one_for(30s) == 1);
        }
    }

    /// Runs a coroutine to its end, and returns what it returned.
    template <class T>
    T run(asio::awaitable<T> coroutine)
    {
        std::optional<T> value;
        std::exception_ptr problem;
        asio::co_spawn(io, std::move(coroutine), [&](std::exception_ptr e, T v) {
            problem = e;
            value.emplace(std::move(v));
        });
        run_until([&] { return value.has_value(); });
        if (problem) {
            std::rethrow_exception(problem);
        }
        return *std::move(value);
    }

    lease_type acquire() { return run(pool.async_acquire(asio::use_awaitable)); }

    /// Opens connections, and waits until they are idle.
    void open(std::size_t count)
    {
        run(pool.async_warm_up(count, 5s, asio::use_awaitable));
        run_until([&] { return pool.snapshot().idle == count; });
    }

    /// What was open is half-open from now on; new connections are as good as any.
    void lose_peers()
    {
        proxy.treat_all({.black_hole = true});
        proxy.treat_new({});
    }

    support::postgres_server server{};
    support::chaos_proxy proxy{server.port()};
    asio::io_context io{1};
    pool_type pool;
};

void need_postgres()
{
    if (!support::postgres_server::find_programs()) {
        SKIP("there is no PostgreSQL here");
    }
}

/// The value that the server echoes, or nothing if that was not to be had.
asio::awaitable<std::optional<std::string>> echo(postgres::connection& db, std::string token)
{
    auto const [ec, rows] = co_await db.async_query("select $1::text", {token}, no_throw);
    if (ec) {
        co_return std::nullopt;
    }
    co_return std::string(rows.at(0, 0).value());
}

} // namespace

TEST_CASE("a half-open connection costs one ping, and the same acquire gets a fresh one",
          "[chaos]")
{
    need_postgres();
    behind_a_proxy world({.ping_after_idle = 0s, .ping_timeout = 200ms});
    world.open(1);
    world.lose_peers();

    auto const start = clock_type::now();
    auto lease = world.acquire();
    auto const taken = clock_type::now() - start;
    CHECK(taken >= 200ms);
    CHECK(taken < world.pool.options().acquire_timeout);
    CHECK(!lease.was_reused());
    CHECK(world.proxy.accepted() == 2);
    CHECK(world.pool.snapshot().count(resil::pool_close::ping) == 1);
    CHECK(world.run(echo(*lease, "alive")) == "alive");
}

TEST_CASE("many half-open connections do not cost a ping each", "[chaos]")
{
    need_postgres();
    behind_a_proxy world({.ping_after_idle = 0s, .ping_timeout = 200ms});
    world.open(8);
    world.lose_peers();

    auto lease = world.acquire();
    CHECK(world.pool.snapshot().pings_failed <= 2);
    CHECK(world.run(echo(*lease, "alive")) == "alive");
}

TEST_CASE("an answer that is cut anywhere is no answer, and its connection is not lent again",
          "[chaos]")
{
    need_postgres();
    behind_a_proxy world({.max_size = 1, .ping_after_idle = 0s});
    std::string const token = "the whole answer";

    std::size_t cuts = 0;
    while (true) {
        INFO("cut after " << cuts << " bytes");
        auto const before = world.proxy.accepted();
        std::optional<std::string> answer;
        {
            auto lease = world.acquire();
            CHECK(!lease.was_reused());
            CHECK(world.proxy.accepted() == before + 1);
            world.proxy.treat_all({.cut_after = cuts});
            world.proxy.treat_new({});
            answer = world.run(echo(*lease, token));
        }
        if (answer) {
            CHECK(*answer == token);
            break;
        }
        ++cuts;
        REQUIRE(cuts < 1000);
    }
    CHECK(cuts > token.size());
}

TEST_CASE("an outage ends for two hundred waiters as soon as the server is back", "[chaos]")
{
    need_postgres();
    bool const half_open = GENERATE(true, false);
    INFO((half_open ? "the server accepts and never answers" : "the server is killed"));
    behind_a_proxy world({.max_size = 10,
                          .acquire_timeout = 20s,
                          .max_waiters = 200,
                          .connect_timeout = 300ms,
                          .max_connecting = 3,
                          .connect_backoff = 50ms,
                          .max_connect_backoff = 400ms,
                          .connect_failures_to_trip = 0});
    half_open ? world.proxy.treat_all({.black_hole = true}) : world.server.kill();

    // Every fourth cannot wait for the end of the outage.
    std::vector<clock_type::duration> served;
    std::vector<clock_type::duration> given_up;
    int answers = 0;
    int ended = 0;
    auto const start = clock_type::now();
    auto const wait = [&](int i) -> asio::awaitable<void> {
        resil::call outer;
        if (i % 4 == 0) {
            outer.deadline = start + 1s;
        }
        auto [ec, lease] = co_await world.pool.async_acquire(outer, no_throw);
        (ec ? given_up : served).push_back(clock_type::now() - start);
        if (!ec) {
            answers += co_await echo(*lease, std::to_string(i)) == std::to_string(i) ? 1 : 0;
        }
        ++ended;
    };
    for (int i = 0; i < 200; ++i) {
        asio::co_spawn(world.io, wait(i), asio::detached);
    }
    asio::steady_timer outage(world.io, 3s);
    bool over = false;
    outage.async_wait([&](auto) { over = true; });
    world.run_until([&] { return over; });
    auto const attempts = world.proxy.accepted();
    CHECK(served.empty());
    CHECK(given_up.size() == 50);

    half_open ? world.proxy.treat_all({}) : world.server.start();
    auto const back = clock_type::now() - start;
    world.run_until([&] { return ended == 200; });

    CHECK(served.size() == 150);
    CHECK(answers == 150);
    for (auto const when : given_up) {
        CHECK(when >= 1s);
        CHECK(when < 1s + 500ms); // a slow machine, not another deadline
    }
    // The attempt in flight must end, then one pause, then a connect.
    CHECK(served.front() - back < 300ms + 400ms + 1s);
    CHECK(world.proxy.most_unanswered() <= 3);
    CHECK(attempts <= 3 * 60); // three at a time; pauses of 50 ms on the average, and growing
    CHECK(world.pool.snapshot().size <= 10);
}
