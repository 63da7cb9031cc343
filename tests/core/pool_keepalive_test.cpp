// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Pings that nobody waits for. T<n> is a bug of another pool.

#include <resil/core/pool_machine.hpp> // self-contained

#include <catch2/catch_test_macros.hpp>

#include <core/pool_rig.hpp>
#include <vector>

using namespace resil;
using namespace resil::tests;

TEST_CASE(
    "idle connections are pinged in the background when they gave no proof of life for long",
    "[pool]")
{
    auto options = pinging_pool(2);
    options.keepalive_interval = 10s;
    pool_rig r(options);
    auto const all = r.idle(2);
    CHECK(r.machine.next_due() == r.now + 10s);
    r.pass(5s);
    auto& used = r.lease(); // it is pinged for this
    r.give_back(used);

    r.pass(5s);
    r.sweep();
    REQUIRE(r.pending(pool_task::ping) == 1);
    auto& pinged = r.answer(true);
    CHECK(&pinged != &used);
    CHECK(pinged.patience == 1s);
    CHECK(r.seen().idle == 2);
    CHECK(r.machine.next_due() == r.now + 5s); // the one that was used
    r.pass(4s);
    r.sweep();
    CHECK(r.pending(pool_task::ping) == 0);
}

TEST_CASE("a keepalive is no use: idle connections grow old in spite of it", "[pool]")
{
    auto options = pinging_pool(1);
    options.keepalive_interval = 10s;
    options.idle_timeout = 15s;
    pool_rig r(options);
    r.idle(1);
    r.pass(10s);
    r.sweep();
    r.answer(true);
    CHECK(r.machine.next_due() == r.now + 5s);
    r.pass(5s);
    r.sweep();
    CHECK(r.close() == std::vector{pool_close::idle});
}

TEST_CASE(
    "T30: a keepalive neither touches a connection in use nor kills one that has just shown "
    "that it lives",
    "[pool][T30]")
{
    auto options = pinging_pool(2);
    options.keepalive_interval = 10s;
    pool_rig r(options);
    auto& busy = r.lease();
    r.pass(1h - 1s);
    r.sweep();
    CHECK(r.pending(pool_task::ping) == 0);
    CHECK(busy.state == pool_slot_state::leased);
    r.give_back(busy);
    CHECK(r.close() == std::vector{pool_close::expired});
    auto& fresh = r.lease();
    r.pass(1min);
    r.give_back(fresh);
    r.sweep();
    CHECK(r.pending(pool_task::ping) == 0);
}

TEST_CASE("a keepalive does not delay a waiter", "[pool]")
{
    auto options = pinging_pool(3);
    options.keepalive_interval = 10s;
    pool_rig r(options);
    SECTION("there is none while somebody waits")
    {
        auto const all = r.leases(2);
        r.give_back(*all[0]);
        r.machine.pause();
        r.wait(1min);
        r.pass(10s);
        r.sweep();
        CHECK(r.pending(pool_task::ping) == 0);
        CHECK(r.machine.next_due() == r.now + 1s); // to look whether somebody still waits
    }
    SECTION("another connection is opened meanwhile")
    {
        r.idle(1);
        r.pass(10s);
        r.sweep();
        REQUIRE(r.pending(pool_task::ping) == 1);
        auto& a = r.wait();
        CHECK(r.pending(pool_task::open) == 1);
        r.open();
        CHECK(r.served(a));
        r.answer(true);
        CHECK(r.seen().idle == 1);
    }
    SECTION("an answer serves it all the same")
    {
        r.idle(1);
        r.pass(10s);
        r.sweep();
        auto& a = r.wait();
        r.answer(true);
        CHECK(r.served(a));
    }
}

TEST_CASE("a keepalive makes room for no other idle connection", "[pool]")
{
    auto options = pinging_pool(3);
    options.keepalive_interval = 10s;
    options.min_idle = 2;
    pool_rig r(options);
    r.open();
    r.open();
    r.pass(10s);
    r.sweep();
    CHECK(r.pending(pool_task::ping) == 2);
    CHECK(r.pending(pool_task::open) == 0);
    r.answer(true);
    r.answer(false);
    r.close();
    CHECK(r.pending(pool_task::open) == 1);
}
