// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Whether a connection is still alive, and what its death says of others. T<n> is a bug of
// another pool.

#include <resil/core/pool_machine.hpp> // self-contained

#include <catch2/catch_test_macros.hpp>

#include <core/pool_rig.hpp>
#include <vector>

using namespace resil;
using namespace resil::tests;

namespace {

constexpr auto window = 500ms; // the default of ping_after_idle

} // namespace

// ----- when there is a ping ------------------------------------------------------------------

TEST_CASE("a connection is pinged before it is lent when it has been idle for longer than the "
          "window",
          "[pool]")
{
    pool_rig r(pinging_pool(1));
    auto& slot = *r.idle(1).front();

    r.pass(window);
    r.ask();
    CHECK(r.entry == pool_entry::granted);
    CHECK(r.seen().pings_skipped == 1);
    r.give_back(slot);

    r.pass(window + 1ns);
    CHECK(r.machine.try_acquire(r.now) == nullptr);
    auto& a = r.wait();
    REQUIRE(r.pending(pool_task::ping) == 1);
    CHECK(r.first(pool_task::ping).patience == 1s);
    CHECK(r.seen().pinging == 1);
    r.answer(true);
    CHECK(r.served(a));
    CHECK(r.seen().pings_ok == 1);
    CHECK(r.seen().pings_skipped == 1);
}

TEST_CASE("a window of zero pings always, and never is never", "[pool]")
{
    auto options = pinging_pool(1);
    options.ping_after_idle = 0s;
    pool_rig always(options);
    always.idle(1);
    always.pass(1ns);
    always.wait();
    CHECK(always.pending(pool_task::ping) == 1);

    options.ping_after_idle = connection_pool_options::never;
    pool_rig never(options);
    never.idle(1);
    never.pass(9min);
    never.ask();
    CHECK(never.entry == pool_entry::granted);
}

TEST_CASE("a connection that needs no ping is lent before one that does, and none is pinged",
          "[pool]")
{
    auto options = pinging_pool(2);
    options.idle_order = idle_order::fifo;
    pool_rig r(options);
    auto const all = r.leases(2);
    r.give_back(*all[0]);
    r.pass(window + 1ns);
    r.give_back(*all[1]);
    auto& a = r.ask();
    CHECK(r.entry == pool_entry::granted);
    CHECK(a.slot == all[1]);
    CHECK(r.pending(pool_task::ping) == 0);
}

TEST_CASE("a ping takes at most half of the time that is left, each for its own waiter",
          "[pool]")
{
    pool_rig r(pinging_pool(2));
    r.idle(2);
    r.pass(1min);
    r.wait(10s);
    r.wait(300ms);
    REQUIRE(r.pending(pool_task::ping) == 2);
    CHECK(r.answer(true).patience == 1s);
    CHECK(r.answer(true).patience == 150ms);
}

TEST_CASE("a ping that is answered serves who waits longest", "[pool]")
{
    pool_rig r(pinging_pool(1));
    r.idle(1);
    r.pass(1min);
    auto& a = r.wait();
    auto& b = r.wait();
    CHECK(r.pending(pool_task::ping) == 1);
    auto& slot = r.answer(true);
    CHECK(a.slot == &slot);
    r.give_back(slot);
    CHECK(b.slot == &slot); // it was used just now
}

TEST_CASE("while a ping is under way, no connection is opened for its waiter, but for the next",
          "[pool]")
{
    pool_rig r(pinging_pool(3));
    r.idle(1);
    r.pass(1min);
    r.wait();
    CHECK(r.pending(pool_task::open) == 0);
    r.wait();
    CHECK(r.pending(pool_task::open) == 1);
}

// ----- who leaves in the middle --------------------------------------------------------------

TEST_CASE("T4: a cancelled acquire leaves its ping to the pool, and the connection is neither "
          "lost nor lent untested",
          "[pool][T4]")
{
    pool_rig r(pinging_pool(1));
    r.idle(1);
    r.pass(1min);
    REQUIRE(r.abandon(r.wait()));
    CHECK(r.seen().pinging == 1);
    CHECK(r.machine.try_acquire(r.now) == nullptr);

    SECTION("it is answered")
    {
        r.answer(true);
        CHECK(r.seen().idle == 1);
        CHECK(r.machine.try_acquire(r.now) != nullptr);
    }
    SECTION("it is not answered")
    {
        r.answer(false);
        CHECK(r.close() == std::vector{pool_close::ping});
        CHECK(r.seen().size == 0);
    }
    SECTION("somebody else comes meanwhile")
    {
        auto& b = r.wait();
        CHECK(r.pending(pool_task::ping) == 1);
        CHECK(r.pending(pool_task::open) == 0);
        r.answer(true);
        CHECK(r.served(b));
    }
}

TEST_CASE("T4: a connection whose reset fails is neither lost nor lent dirty", "[pool][T4]")
{
    pool_rig r(pinging_pool(1));
    r.give_back(r.lease(), pool_return::dirty);
    CHECK(r.seen().resetting == 1);
    CHECK(r.seen().idle == 0);
    CHECK(r.machine.try_acquire(r.now) == nullptr);
    auto& a = r.wait();
    CHECK(r.pending(pool_task::open) == 0); // it has its place
    r.abandon(a);
    auto& b = r.wait();

    r.reset(false);
    CHECK(b.queued);
    CHECK(r.close() == std::vector{pool_close::reset_failed});
    CHECK(r.open().uses == 1);
    CHECK(r.served(b));
}

// ----- half-open peers -----------------------------------------------------------------------

TEST_CASE(
    "T26: a connection whose peer is gone without a word is discarded in time for a fresh "
    "one",
    "[pool][T26]")
{
    pool_rig r(pinging_pool(1));
    r.idle(1);
    r.pass(1min);
    auto& a = r.wait(800ms);
    r.pass(r.first(pool_task::ping).patience);
    r.answer(false);
    CHECK(r.close() == std::vector{pool_close::ping});
    REQUIRE(r.pending(pool_task::open) == 1);
    CHECK(core::until(r.now, a.deadline) >= 400ms);
    r.open();
    CHECK(r.served(a));
}

TEST_CASE("T26: of many connections whose peer is gone, a waiter pays for two pings at most",
          "[pool][T26]")
{
    pool_rig r(pinging_pool(10));
    r.idle(10);
    r.pass(1min);
    auto& a = r.wait(5s);
    int pings = 0;
    for (; r.pending(pool_task::ping) > 0; ++pings) {
        r.pass(r.first(pool_task::ping).patience);
        r.answer(false);
    }
    CHECK(pings == 2);
    CHECK(r.invalidated);
    r.close();
    r.open();
    CHECK(r.served(a));
    CHECK(a.waited == 2s);
    CHECK(r.seen().count(pool_close::ping) == 2);
    CHECK(r.seen().count(pool_close::generation) == 8);
}

TEST_CASE("T27: a ping that always fails neither spins nor outlasts the waiter's deadline",
          "[pool][T27]")
{
    auto options = pinging_pool(3);
    options.ping_after_idle = 0s;
    pool_rig r(options);
    r.idle(3);
    r.pass(1min);
    auto& a = r.wait(4s);
    int events = 0;
    for (; a.queued && events < 1'000; ++events) {
        if (r.pending(pool_task::ping) > 0) {
            r.pass(r.first(pool_task::ping).patience);
            r.answer(false);
        } else if (r.pending(pool_task::open) > 0) {
            r.pass(100ms);
            r.open();
        } else {
            r.close();
        }
    }
    CHECK(events <= 8);
    CHECK(r.served(a)); // a fresh connection is not pinged
    CHECK(r.now < a.deadline);
}

TEST_CASE("T29: pings that always fail are seen in the numbers, not only in the load",
          "[pool][T29]")
{
    pool_rig r(pinging_pool(1));
    for (std::uint64_t i = 1; i <= 20; ++i) {
        r.idle(1);
        r.pass(1s);
        auto& a = r.wait();
        r.answer(false);
        r.close();
        r.open();
        REQUIRE(r.served(a));
        r.give_back(*a.slot);
        r.pass(1ms);
        CHECK(r.seen().pings_failed == i);
        CHECK(r.seen().count(pool_close::ping) == i);
    }
    CHECK(r.seen().pings_ok == 0);
}

TEST_CASE("T31: a connection that is too old, used up or dead is dropped without a ping",
          "[pool][T31]")
{
    auto options = pinging_pool(1);
    options.max_lifetime = 1min;
    options.idle_timeout = 0s;
    options.max_uses = 2;
    options.uses_jitter_ratio = 0.0;
    pool_rig r(options);
    r.idle(1);
    auto reason = pool_close::idle;
    SECTION("too old")
    {
        r.pass(1min);
        reason = pool_close::expired;
    }
    SECTION("dead, while it was lent")
    {
        auto& slot = r.lease();
        r.machine.invalidate(r.now);
        r.give_back(slot);
        reason = pool_close::generation;
    }
    SECTION("used up")
    {
        r.give_back(r.lease());
        reason = pool_close::max_uses;
    }
    r.wait();
    CHECK(r.pending(pool_task::ping) == 0);
    CHECK(r.close() == std::vector{reason});
    CHECK(r.pending(pool_task::open) == 1);
}

TEST_CASE(
    "T32: after a connection turned out to be closed by the server, others of its time are "
    "not lent without a ping",
    "[pool][T32]")
{
    pool_rig r(pinging_pool(3));
    auto const all = r.leases(3);
    for (auto* slot : all) {
        r.give_back(*slot);
    }
    auto& unlucky = r.lease(); // used just now: lent without a ping
    r.give_back(unlucky, pool_return::disconnected);
    CHECK(r.suspected);
    CHECK_FALSE(r.invalidated);

    auto& a = r.wait();
    CHECK(r.pending(pool_task::ping) == 1);
    r.answer(true);
    CHECK(r.served(a));
    CHECK(r.seen().count(pool_close::generation) == 0);
}
