// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/attempt.hpp>
#include <resil/connection_pool.hpp> // self-contained
#include <resil/error.hpp>
#include <resil/pipeline.hpp>
#include <resil/retry.hpp>
#include <resil/timeout.hpp>

#include "support/scripted_connector.hpp"
#include "support/world.hpp"

#include <boost/asio/bind_executor.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <type_traits>

using namespace support;

static_assert(!std::is_copy_constructible_v<resil::lease<scripted_connector>>);
static_assert(std::is_nothrow_move_constructible_v<resil::lease<scripted_connector>>);
static_assert(std::is_nothrow_move_assignable_v<resil::lease<scripted_connector>>);
static_assert(std::is_copy_constructible_v<resil::connection_pool<scripted_connector>>);

TEST_CASE("a first acquire opens a connection, and lends it", "[pool]")
{
    plain_pool w;
    auto a = w.acquire();

    REQUIRE(a.ok());
    CHECK_FALSE(a.lease().was_reused());
    CHECK(w.peer->made == 1);
    CHECK(w.seen().in_use == 1);
}

TEST_CASE("a connection that was given back is lent again", "[pool]")
{
    plain_pool w;
    auto a = w.acquire();
    a.release();
    CHECK(w.seen().idle == 1);
    auto b = w.acquire();

    REQUIRE(b.ok());
    CHECK(b.lease().was_reused());
    CHECK(b.number() == 1);
    CHECK(w.peer->made == 1);
}

TEST_CASE("the connection that was used last is lent first", "[pool]")
{
    plain_pool w;
    auto all = w.acquire_many(3);
    all[2].release();
    all[0].release();
    all[1].release();

    auto first = w.acquire();
    auto second = w.acquire();
    auto third = w.acquire();
    CHECK(first.number() == 2);
    CHECK(second.number() == 1);
    CHECK(third.number() == 3);
}

TEST_CASE("there are never more connections than max_size", "[pool]")
{
    plain_pool w({.max_size = 2});
    auto all = w.acquire_many(5);

    CHECK(w.peer->alive == 2);
    CHECK(all[1].ok());
    CHECK_FALSE(all[2].done());
    CHECK(w.seen().waiters == 3);
    all[0].release();
    all[1].release();
    w.time.run_ready();
    CHECK(all[2].ok());
    CHECK(all[3].ok());
    CHECK(w.peer->most_alive == 2);
    all[2].release();
    w.time.run_ready();
    CHECK(all[4].ok());
}

TEST_CASE("who waits is served in order, before any newcomer", "[pool][T14]")
{
    plain_pool w({.max_size = 1});
    auto holder = w.acquire();
    auto first = w.acquire();
    auto second = w.acquire();
    holder.release();
    CHECK_FALSE(w.pool->try_acquire());
    auto newcomer = w.acquire();

    CHECK(first.ok());
    CHECK_FALSE(second.done());
    first.release();
    w.time.run_ready();
    CHECK(second.ok());
    CHECK_FALSE(newcomer.done());
    second.release();
    w.time.run_ready();
    CHECK(newcomer.ok());
}

TEST_CASE("an acquire that nobody serves in time fails, at its time", "[pool]")
{
    plain_pool w({.max_size = 1, .acquire_timeout = 100ms});
    auto holder = w.acquire();
    auto const asked_at = w.time.now();
    auto late = w.acquire();
    w.time.advance(99ms);
    CHECK_FALSE(late.done());
    w.time.advance(1ms);

    CHECK(late.code() == errc::pool_timed_out);
    CHECK(late.to->at - asked_at == 100ms);
    CHECK(w.seen().count(resil::pool_failure::timed_out) == 1);
    CHECK(w.pool->waits_failed().count() == 1);
}

TEST_CASE("the outer call's deadline bounds an acquire as well", "[pool]")
{
    plain_pool w({.max_size = 1, .acquire_timeout = 10s});
    auto holder = w.acquire();
    auto late = w.acquire({.deadline = w.time.now() + 30ms});
    w.time.advance(30ms);

    CHECK(late.code() == errc::pool_timed_out);
}

TEST_CASE("a deadline that has passed is not waited for", "[pool]")
{
    plain_pool w({.max_size = 1});
    auto holder = w.acquire();
    auto late = w.acquire({.deadline = w.time.now() - 1ms});

    CHECK(late.code() == errc::pool_timed_out);
}

TEST_CASE("the queue is bounded", "[pool]")
{
    plain_pool w({.max_size = 1, .max_waiters = 2});
    auto all = w.acquire_many(4);

    CHECK_FALSE(all[2].done());
    CHECK(all[3].code() == errc::pool_queue_full);
    all[0].release();
    w.time.run_ready();
    CHECK(all[1].ok());
    all[1].release();
    w.time.run_ready();
    CHECK(all[2].ok());
}

TEST_CASE("try_acquire lends what is idle, and neither waits nor opens", "[pool]")
{
    plain_pool w({.max_size = 2});
    CHECK_FALSE(w.pool->try_acquire());
    w.time.run_ready();
    CHECK(w.peer->made == 0);

    w.acquire().release();
    auto lease = w.pool->try_acquire();
    REQUIRE(lease);
    CHECK(lease->number == 1);
    CHECK_FALSE(w.pool->try_acquire());
    CHECK(w.seen().acquired_at_once == 1);
}

TEST_CASE("a connection is pinged once it has been idle for long, and not before", "[pool]")
{
    plain_pool w({.ping_after_idle = 500ms});
    w.acquire().release();
    w.time.advance(500ms);
    w.acquire().release();
    CHECK(w.peer->pings.starts() == 0);
    w.time.advance(501ms);
    auto a = w.acquire();

    CHECK(a.ok());
    CHECK(w.peer->pings.starts() == 1);
    CHECK(w.seen().pings_ok == 1);
}

TEST_CASE("a failed ping is mended by a fresh connection within the same acquire", "[pool]")
{
    plain_pool w({.ping_after_idle = 0ms});
    w.acquire().release();
    w.peer->pings.fails(net::connection_reset);
    w.time.advance(1ms);
    auto a = w.acquire();

    REQUIRE(a.ok());
    CHECK(a.number() == 2);
    CHECK_FALSE(a.lease().was_reused());
    CHECK(w.seen().count(resil::pool_close::ping) == 1);
    CHECK(w.peer->alive == 1);
}

TEST_CASE("T26: a half-open peer does not use up the acquire", "[pool][T26]")
{
    plain_pool w({.acquire_timeout = 3s, .ping_after_idle = 0ms, .ping_timeout = 1s});
    w.acquire().release();
    w.peer->pings.hangs();
    w.time.advance(1ms);
    auto a = w.acquire();
    w.time.advance(999ms);
    CHECK_FALSE(a.done());
    w.time.advance(1ms);

    REQUIRE(a.ok());
    CHECK(a.number() == 2);
    CHECK(w.peer->alive == 1);
}

TEST_CASE("T26: a ping takes at most half of what is left", "[pool][T26]")
{
    plain_pool w({.acquire_timeout = 200ms, .ping_after_idle = 0ms, .ping_timeout = 1s});
    w.acquire().release();
    w.peer->pings.hangs();
    w.time.advance(1ms);
    auto a = w.acquire();
    w.time.advance(100ms);

    CHECK(a.ok());
}

TEST_CASE("a permanent connect error reaches who waits at once", "[pool]")
{
    plain_pool w;
    w.peer->connects.fails(w.peer->permanent);
    auto a = w.acquire();

    CHECK(a.code() == w.peer->permanent);
    CHECK(w.peer->alive == 0);
}

TEST_CASE("a transient connect error is tried again, in time", "[pool]")
{
    plain_pool w;
    w.peer->connects.fails(net::connection_refused).fails(net::connection_refused).succeeds();
    auto a = w.acquire();
    CHECK_FALSE(a.done());
    w.time.advance(1s);

    REQUIRE(a.ok());
    CHECK(w.peer->connects.starts() == 3);
    CHECK(w.seen().open_failed == 2);
}

TEST_CASE("an acquire that timed out tells the last connect error", "[pool]")
{
    plain_pool w({.acquire_timeout = 100ms, .connect_failures_to_trip = 0});
    w.peer->connects.fails(net::connection_refused);
    resil::failure told;
    w.pool->async_acquire(resil::as_result(
        asio::bind_executor(w.context, [&](resil::result<resil::lease<scripted_connector>> r) {
            REQUIRE(!r);
            told = r.error();
        })));
    w.time.advance(100ms);

    CHECK(told.code() == errc::pool_timed_out);
    CHECK(told.last_error() == net::connection_refused);
}

TEST_CASE("once connecting has failed too often, acquires fail at once", "[pool]")
{
    plain_pool w({.acquire_timeout = 60s, .connect_failures_to_trip = 2});
    w.peer->connects.fails(net::connection_refused);
    auto patient = w.acquire();
    w.time.advance(1s);
    auto newcomer = w.acquire();

    CHECK_FALSE(patient.done());
    CHECK(newcomer.code() == errc::pool_unavailable);
    w.leaves_work();
}

TEST_CASE("T5: a connect outlives the acquire that asked for it", "[pool][T5]")
{
    plain_pool w({.acquire_timeout = 10ms});
    w.peer->connects.succeeds().after(50ms);
    auto hasty = w.acquire();
    w.time.advance(10ms);
    CHECK(hasty.code() == errc::pool_timed_out);
    w.time.advance(40ms);

    CHECK(w.seen().idle == 1);
    CHECK(w.acquire().ok());
    CHECK(w.peer->made == 1);
}

TEST_CASE("T5b: a connect that never ends is ended, and its place is free again", "[pool][T5]")
{
    plain_pool w({.max_size = 1, .acquire_timeout = 10s, .connect_timeout = 5s});
    w.peer->connects.hangs().succeeds();
    auto a = w.acquire();
    w.time.advance(6s);

    CHECK(a.ok());
    CHECK(w.peer->alive == 1);
    CHECK(w.seen().last_connect_error == errc::timed_out);
}

TEST_CASE("T5b: the acquire ends in time while its connect cannot be stopped", "[pool][T5]")
{
    plain_pool w({.max_size = 1, .acquire_timeout = 1s, .connect_timeout = 500ms});
    w.peer->connects.succeeds().after(5s).ignores_cancellation();
    auto a = w.acquire();
    w.time.advance(1s);
    CHECK(a.code() == errc::pool_timed_out);
    w.time.advance(4s);

    CHECK(w.seen().idle == 1);
    CHECK(w.peer->alive == 1);
}

TEST_CASE("at most max_connecting connections are opened at once", "[pool]")
{
    plain_pool w({.max_size = 10, .max_connecting = 3});
    w.peer->connects.succeeds().after(10ms);
    auto all = w.acquire_many(8);
    CHECK(w.peer->connects.in_flight() == 3);
    w.time.advance(30ms);

    CHECK(w.peer->connects.peak() == 3);
    for (auto const& each : all) {
        CHECK(each.ok());
    }
}

TEST_CASE("what comes back serves a waiter whose own connect is not done", "[pool]")
{
    plain_pool w({.max_size = 2});
    auto holder = w.acquire();
    w.peer->connects.succeeds().after(1s);
    auto waiter = w.acquire();
    holder.release();
    w.time.run_ready();

    CHECK(waiter.ok());
    CHECK(waiter.number() == 1);
    w.time.advance(1s);
    CHECK(w.seen().idle == 1);
}

TEST_CASE("min_idle connections are opened before anybody asks, and kept", "[pool]")
{
    plain_pool w({.max_size = 5, .min_idle = 2});
    w.time.run_ready();
    CHECK(w.seen().idle == 2);
    auto a = w.pool->try_acquire();
    REQUIRE(a);
    a.mark_broken();
    a.release();
    w.time.run_ready();

    CHECK(w.seen().idle == 2);
}

TEST_CASE("a retry repeats an acquire that failed, whatever the operation is", "[pool][retry]")
{
    plain_pool w({.max_size = 1, .acquire_timeout = 50ms});
    auto holder = w.acquire();
    resil::retry const again{{.max_attempts = 3,
                              .backoff = resil::backoff::fixed(10ms),
                              .jitter = resil::jitter::none}};
    error_code got = errc::pool_draining;
    again.async_call(
        [&](resil::attempt const& attempt, auto token) {
            return w.pool->async_acquire(resil::within(attempt), std::move(token));
        },
        asio::bind_executor(
            w.context, [&](error_code ec, resil::lease<scripted_connector>) { got = ec; }));
    w.time.advance(70ms);
    holder.release();
    w.time.run_ready();

    CHECK(got == error_code());
    CHECK(w.seen().count(resil::pool_failure::timed_out) == 1);
}

TEST_CASE("an acquire knows the attempt that it is part of", "[pool]")
{
    plain_pool w({.max_size = 1, .acquire_timeout = 10s});
    auto holder = w.acquire();
    resil::timeout const bound{50ms};
    error_code got;
    bound.async_call(
        [&](auto token) { return w.pool->async_acquire(std::move(token)); },
        asio::bind_executor(
            w.context, [&](error_code ec, resil::lease<scripted_connector>) { got = ec; }));
    w.time.advance(50ms);

    CHECK(got);
    CHECK(w.seen().waiters == 0);
}

TEST_CASE("an acquire whose time is over gets nothing, idle or not", "[pool]")
{
    plain_pool w;
    w.acquire().release();
    auto late = w.acquire({.deadline = w.time.now() - 1ms});

    CHECK(late.code() == errc::pool_timed_out);
    CHECK(w.seen().idle == 1);
}
