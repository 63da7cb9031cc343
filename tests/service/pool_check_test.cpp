// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/service/health.hpp>
#include <resil/service/pool_check.hpp>

#include "support/scripted_connector.hpp"
#include "support/world.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace {

using namespace std::chrono_literals;
using namespace support;
using resil::criticality;
using resil::pool_health;
using resil::service::pool_check;

/// A pool, and a service that needs it.
struct watched_pool : plain_pool
{
    explicit watched_pool(resil::connection_pool_options options)
        : plain_pool(std::move(options)), check(*pool), checked(context.get_executor(), {.seed = 1})
    {
        checked.add("database", criticality::hard, check);
        checked.set_lifecycle(resil::lifecycle::ready);
        checked.start();
        time.run_ready();
    }

    resil::error_code error() const { return checked.report().checks.at(0).error; }

    pool_check<scripted_connector> check;
    resil::service::health checked;
};

} // namespace

TEST_CASE("a check never borrows: a busy pool is well, and is not made busier", "[service][health]")
{
    watched_pool w({.max_size = 2, .acquire_timeout = 1h});
    auto const held = w.acquire_many(2);
    auto const waits = w.acquire();
    REQUIRE(held[1].ok());
    std::uint64_t const loans = w.seen().acquired_at_once + w.seen().acquired_waiting;
    for (int i = 0; i < 3; ++i) {
        w.time.advance(3s);
        CHECK(w.checked.ready());
        CHECK(w.check.look() == pool_health::busy);
    }
    CHECK(w.seen().acquired_at_once + w.seen().acquired_waiting == loans);
    CHECK(w.seen().waiters == 1);
    CHECK(w.peer->made == 2);
}

TEST_CASE("a pool that gets nothing back is stuck, until something comes back", "[service][health]")
{
    watched_pool w({.max_size = 1, .acquire_timeout = 1h});
    auto const held = w.acquire();
    auto const waits = w.acquire();
    w.time.advance(9s);
    CHECK(w.checked.ready());
    w.time.advance(5s);
    CHECK_FALSE(w.checked.ready());
    CHECK(w.check.look() == pool_health::stuck);
    CHECK(w.error() == resil::errc::pool_timed_out);
    held.release();
    w.time.advance(3s);
    CHECK(waits.ok());
    CHECK(w.checked.ready());
}

TEST_CASE("a pool that cannot connect is unreachable, and is asked to try again though nobody uses it",
          "[service][health]")
{
    watched_pool w({.max_size = 2, .acquire_timeout = 1s});
    CHECK(w.checked.ready());
    {
        auto const held = w.acquire();
        w.peer->connects = scripted_operation<>().fails(net::connection_refused);
        held.lease().mark_broken(net::connection_reset);
        held.release();
    }
    auto const refused = w.acquire(); // learns that it is down
    w.time.advance(3s);
    CHECK_FALSE(w.checked.ready());
    CHECK(w.check.look() == pool_health::unreachable);
    CHECK(w.error() == net::connection_refused);
    auto const tried = w.peer->connects.starts();
    w.time.advance(60s);
    CHECK_FALSE(w.checked.ready());
    CHECK(w.peer->connects.starts() > tried + 10);
    CHECK(w.seen().waiters == 0);
    w.peer->connects = scripted_operation<>();
    w.time.advance(8s); // a pause after so many failures, and a check
    CHECK(w.checked.ready());
    CHECK(w.check.look() == pool_health::ok);
    CHECK(w.seen().in_use == 0);
}

TEST_CASE("a pool that is paused or drains is closed", "[service][health]")
{
    watched_pool w({.max_size = 2});
    w.pool->pause();
    w.time.advance(3s);
    CHECK_FALSE(w.checked.ready());
    CHECK(w.error() == resil::errc::pool_unavailable);
    w.pool->resume();
    w.time.advance(3s);
    CHECK(w.checked.ready());
    w.pool->async_drain(1s, [](resil::error_code, resil::drain_report const&) {});
    w.time.advance(3s);
    CHECK_FALSE(w.checked.ready());
    CHECK(w.error() == resil::errc::pool_draining);
}
