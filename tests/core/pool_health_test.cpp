// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/pool_health.hpp>
#include <resil/core/pool_health_machine.hpp>

#include <boost/asio/error.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstdint>

namespace {

using namespace std::chrono_literals;
using resil::pool_health;
using resil::pool_snapshot;
using resil::time_point;
using resil::core::pool_health_machine;

constexpr time_point start{1h};
resil::pool_health_options const defaults;

pool_snapshot lent(std::size_t n, std::uint64_t loans)
{
    return {.max_size = 4, .size = 4, .idle = 4 - n, .in_use = n, .acquired_at_once = loans / 2,
            .acquired_waiting = loans - loans / 2};
}

} // namespace

TEST_CASE("a pool of which nothing is known is well", "[core][pool][health]")
{
    CHECK(pool_health_machine(defaults).look({.max_size = 4}, start) == pool_health::ok);
}

TEST_CASE("a pool that is full is busy as long as loans end", "[core][pool][health]")
{
    pool_health_machine machine(defaults);
    for (int i = 0; i < 100; ++i) {
        CHECK(machine.look(lent(4, static_cast<std::uint64_t>(i)), start + 3s * i) == pool_health::busy);
    }
    CHECK(machine.look(lent(4, 99), start + 297s + 10s - 1ns) == pool_health::busy);
    CHECK(machine.look(lent(4, 99), start + 297s + 10s) == pool_health::stuck);
    CHECK(machine.look(lent(4, 100), start + 1000s) == pool_health::busy); // one came back
    CHECK(machine.look(lent(3, 100), start + 1001s) == pool_health::ok);
}

TEST_CASE("loans of both kinds are signs of life, however many there are of each", "[core][pool][health]")
{
    pool_health_machine machine(defaults);
    for (std::uint64_t i = 0; i < 10; ++i) {
        pool_snapshot seen = lent(4, 0);
        seen.acquired_at_once = i;
        seen.acquired_waiting = i;
        CHECK(machine.look(seen, start + 11s * i) == pool_health::busy);
    }
}

TEST_CASE("the time that a pool was not full does not count as stuck", "[core][pool][health]")
{
    pool_health_machine machine(defaults);
    CHECK(machine.look(lent(3, 7), start) == pool_health::ok);
    CHECK(machine.look(lent(4, 8), start + 1h) == pool_health::busy);
    CHECK(machine.look(lent(3, 8), start + 1h + 9s) == pool_health::ok);
    CHECK(machine.look(lent(4, 8), start + 1h + 11s) == pool_health::busy);
}

TEST_CASE("a pool that was made smaller than what it has lent is full", "[core][pool][health]")
{
    pool_health_machine machine(defaults);
    pool_snapshot seen = lent(4, 4);
    seen.max_size = 2;
    CHECK(machine.look(seen, start) == pool_health::busy);
}

TEST_CASE("a pool without a connection that cannot open one is unreachable", "[core][pool][health]")
{
    pool_snapshot seen{.max_size = 4, .connect_failures = 1};
    CHECK(pool_health_machine(defaults).look(seen, start) == pool_health::unreachable);
    for (auto const live : {&pool_snapshot::idle, &pool_snapshot::pinging, &pool_snapshot::in_use,
                            &pool_snapshot::resetting}) {
        pool_snapshot alive = seen;
        alive.*live = 1;
        CHECK(pool_health_machine(defaults).look(alive, start) == pool_health::ok);
    }
    seen.opening = 1; // tries, but has not got it yet
    CHECK(pool_health_machine(defaults).look(seen, start) == pool_health::unreachable);
}

TEST_CASE("a pool that lends nothing is closed, whatever it has", "[core][pool][health]")
{
    pool_snapshot draining = lent(4, 4);
    draining.draining = true;
    CHECK(pool_health_machine(defaults).look(draining, start) == pool_health::closed);
    pool_snapshot paused = lent(0, 0);
    paused.paused = true;
    CHECK(pool_health_machine(defaults).look(paused, start) == pool_health::closed);
}

TEST_CASE("options of a pool's health that make no sense are refused", "[core][pool][health]")
{
    CHECK_NOTHROW(defaults.validate());
    CHECK_THROWS_AS((resil::pool_health_options{.stuck_after = 0s}.validate()), resil::invalid_option);
    CHECK_THROWS_AS((resil::pool_health_options{.reconnect_within = 0s}.validate()), resil::invalid_option);
}

TEST_CASE("words of a pool's health are spelt as in the enumeration", "[core][pool][health]")
{
    CHECK(to_string(pool_health::ok) == "ok");
    CHECK(to_string(pool_health::busy) == "busy");
    CHECK(to_string(pool_health::stuck) == "stuck");
    CHECK(to_string(pool_health::unreachable) == "unreachable");
    CHECK(to_string(pool_health::closed) == "closed");
}
