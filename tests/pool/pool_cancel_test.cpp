// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/connection_pool.hpp>
#include <resil/error.hpp>

#include "support/scripted_connector.hpp"
#include "support/world.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <cstddef>

using namespace support;

TEST_CASE("a cancelled waiter leaves the queue at once", "[pool][cancel]")
{
    auto const type =
        GENERATE(asio::cancellation_type::terminal, asio::cancellation_type::partial,
                 asio::cancellation_type::total);
    plain_pool w({.max_size = 1});
    auto holder = w.acquire();
    auto waiter = w.acquire();
    waiter.cancel(type);
    CHECK_FALSE(waiter.done());
    w.time.run_ready();

    CHECK(waiter.code() == net::operation_aborted);
    CHECK(w.seen().waiters == 0);
    CHECK(w.seen().count(resil::pool_failure::cancelled) == 1);
}

TEST_CASE("T1: what comes back after a waiter was cancelled is not lost", "[pool][cancel][T1]")
{
    plain_pool w({.max_size = 1});
    auto holder = w.acquire();
    auto first = w.acquire();
    auto second = w.acquire();
    first.cancel();
    holder.release();
    w.time.run_ready();

    CHECK(first.code() == net::operation_aborted);
    CHECK(second.ok());
}

TEST_CASE("T2: a cancel that comes after the hand-off neither leaks nor lends twice",
          "[pool][cancel][T2]")
{
    plain_pool w({.max_size = 1});
    auto holder = w.acquire();
    auto first = w.acquire();
    auto second = w.acquire();
    holder.release();
    first.cancel(); // its handler has not run yet
    w.time.run_ready();

    CHECK(first.ok());
    CHECK_FALSE(second.done());
    first.release();
    w.time.run_ready();
    CHECK(second.ok());
}

TEST_CASE("T3: cancelling who asked for a connect does not keep its place taken",
          "[pool][cancel][T3]")
{
    plain_pool w({.max_size = 1});
    w.peer->connects.succeeds().after(10ms);
    auto hasty = w.acquire();
    hasty.cancel();
    w.time.run_ready();
    CHECK(hasty.code() == net::operation_aborted);
    auto next = w.acquire();
    w.time.advance(10ms);

    CHECK(next.ok());
    CHECK(w.peer->made == 1);
}

TEST_CASE("T4: a cancel during a ping neither leaks the connection nor lends it untested",
          "[pool][cancel][T4]")
{
    plain_pool w({.max_size = 1, .ping_after_idle = 0ms});
    w.acquire().release();
    w.peer->pings.succeeds().after(20ms);
    w.time.advance(1ms);
    auto hasty = w.acquire();
    hasty.cancel();
    w.time.run_ready();
    CHECK(w.seen().pinging == 1);
    auto next = w.acquire();
    CHECK_FALSE(next.done());
    w.time.advance(20ms);

    CHECK(next.ok());
    CHECK(w.peer->pings.starts() == 1);
}

TEST_CASE("T4: a reset goes on when whoever waits for it gives up", "[pool][cancel][T4]")
{
    resetting_pool w({.max_size = 1});
    w.peer->resets.succeeds().after(20ms);
    auto holder = w.acquire();
    holder.release();
    auto hasty = w.acquire();
    hasty.cancel();
    w.time.run_ready();
    auto next = w.acquire();
    CHECK_FALSE(next.done());
    w.time.advance(20ms);

    CHECK(next.ok());
    CHECK(w.peer->resets.cancellations().empty());
    CHECK(w.peer->made == 1);
}

TEST_CASE("T6: a waiter that gave up after its connection was on its way passes it on",
          "[pool][cancel][T6]")
{
    plain_pool w({.max_size = 1});
    auto holder = w.acquire();
    auto first = w.acquire();
    auto second = w.acquire();
    holder.release();
    first.cancel();
    w.time.run_ready();
    first.to->lease = {}; // whoever cancelled has no use for it
    w.time.run_ready();

    CHECK(second.ok());
}

TEST_CASE("a waiter may be cancelled in the moment in which its time is up", "[pool][cancel]")
{
    plain_pool w({.max_size = 1, .acquire_timeout = 10ms});
    auto holder = w.acquire();
    auto waiter = w.acquire();
    w.time.advance(10ms);
    CHECK(waiter.code() == errc::pool_timed_out);
    waiter.cancel();
    w.time.run_ready();

    CHECK(waiter.done());
}

TEST_CASE("a waiter's slot holds nothing once it is done", "[pool][cancel]")
{
    plain_pool w({.max_size = 1});
    auto holder = w.acquire();
    auto waiter = w.acquire();
    CHECK(waiter.to->signal.slot().has_handler());
    holder.release();
    w.time.run_ready();

    CHECK_FALSE(waiter.to->signal.slot().has_handler());
}

TEST_CASE("a cancelled warm-up ends; what it had opened stays", "[pool][cancel]")
{
    plain_pool w({.max_connecting = 1});
    w.peer->connects.succeeds().after(10ms);
    asio::cancellation_signal signal;
    error_code got;
    w.pool->async_warm_up(
        3, 1s,
        asio::bind_cancellation_slot(
            signal.slot(),
            asio::bind_executor(w.context, [&](error_code ec, std::size_t) { got = ec; })));
    w.time.advance(15ms);
    signal.emit(asio::cancellation_type::total);
    w.time.advance(100ms);

    CHECK(got == net::operation_aborted);
    CHECK(w.seen().idle == 2);
    CHECK(w.peer->made == 2);
}

TEST_CASE("a cancelled drain is not taken back", "[pool][cancel][drain]")
{
    plain_pool w({.max_size = 1});
    auto holder = w.acquire();
    asio::cancellation_signal signal;
    error_code got;
    w.pool->async_drain(
        1s, asio::bind_cancellation_slot(
                signal.slot(),
                asio::bind_executor(w.context,
                                    [&](error_code ec, resil::drain_report) { got = ec; })));
    w.time.run_ready();
    signal.emit(asio::cancellation_type::terminal);
    w.time.run_ready();

    CHECK(got == net::operation_aborted);
    CHECK(w.seen().draining);
    CHECK(w.acquire().code() == errc::pool_draining);
}
