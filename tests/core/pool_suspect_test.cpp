// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// What the death of one connection says of others.

#include <resil/core/pool_machine.hpp> // self-contained

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <core/pool_rig.hpp>
#include <vector>

using namespace resil;
using namespace resil::tests;

TEST_CASE(
    "one loss makes others suspect, a second one with no proof of life between kills them",
    "[pool]")
{
    pool_rig r(pinging_pool(4));
    auto const lent = r.leases(4);
    r.give_back(*lent[0]);
    r.give_back(*lent[1], pool_return::disconnected);
    CHECK(r.suspected);
    CHECK(r.seen().idle == 1);

    SECTION("no proof")
    {
        r.give_back(*lent[2], pool_return::disconnected);
        CHECK(r.invalidated);
        CHECK(r.seen().idle == 0);
        r.give_back(*lent[3]);
        auto const reasons = r.close();
        CHECK(std::count(reasons.begin(), reasons.end(), pool_close::generation) == 2);
    }
    SECTION("a suspect one answered")
    {
        r.wait();
        r.answer(true);
        r.give_back(*lent[2], pool_return::disconnected);
        CHECK_FALSE(r.invalidated);
        CHECK(r.seen().count(pool_close::generation) == 0);
        r.give_back(*lent[3], pool_return::disconnected);
        CHECK(r.invalidated);
        CHECK(r.seen().count(pool_close::generation) == 0); // who answered is of a later time
    }
}

TEST_CASE("what connections of an earlier time report says nothing of those opened after it",
          "[pool]")
{
    pool_rig r(pinging_pool(6));
    auto const old = r.leases(4);
    r.give_back(*old[0], pool_return::disconnected);
    r.give_back(*old[1], pool_return::disconnected);
    REQUIRE(r.invalidated);
    auto const generation = r.seen().generation;
    r.close();
    auto const fresh = r.idle(2);

    r.give_back(*old[2], pool_return::disconnected);
    r.give_back(*old[3], pool_return::disconnected);
    CHECK_FALSE(r.invalidated);
    CHECK(r.seen().generation == generation);
    CHECK(r.seen().idle == 2);
    r.ask();
    CHECK(r.entry == pool_entry::granted); // not even suspect
}

TEST_CASE("many who notice one outage invalidate once, by the generation they saw", "[pool]")
{
    pool_rig r(pinging_pool(4));
    auto const lent = r.leases(2);
    auto const seen = lent[0]->generation;
    CHECK(seen == r.seen().generation);
    CHECK(r.followed(r.machine.invalidate(seen, r.now)));
    CHECK(r.invalidated);
    CHECK_FALSE(r.followed(r.machine.invalidate(seen, r.now)));
    CHECK_FALSE(r.invalidated);
    CHECK(r.seen().generation == seen + 1);
}

TEST_CASE("invalidation closes idle connections now, those in use as they come back, and those "
          "being opened or tested as they are done",
          "[pool]")
{
    pool_rig r(pinging_pool(4));
    auto const all = r.leases(3);
    r.give_back(*all[0]);
    r.pass(1min);
    r.wait();
    REQUIRE(r.pending(pool_task::ping) == 1);
    r.give_back(*all[1], pool_return::dirty);
    r.wait();
    REQUIRE(r.pending(pool_task::open) == 1);
    r.machine.invalidate(r.now);
    r.follow();

    r.answer(true);
    CHECK(r.close() == std::vector{pool_close::generation});
    r.reset(true);
    CHECK(r.close() == std::vector{pool_close::generation});
    r.open(); // its connect began before
    CHECK(r.close() == std::vector{pool_close::generation});
    r.give_back(*all[2]);
    CHECK(r.close() == std::vector{pool_close::generation});
    r.open();
    r.open();
    CHECK(r.told.size() == 3 + 2);
    CHECK(r.seen().in_use == 2);
}

TEST_CASE("that somebody had no time for an answer says nothing of other connections", "[pool]")
{
    pool_rig r(pinging_pool(3));
    r.idle(3);
    r.pass(1min);
    r.wait(4ms);
    CHECK(r.first(pool_task::ping).patience == 2ms);
    SECTION("the time was up")
    {
        r.pass(2ms);
        r.answer(false);
        CHECK_FALSE(r.suspected);
    }
    SECTION("it failed before")
    {
        r.pass(1ms);
        r.answer(false);
        CHECK(r.suspected);
    }
    CHECK(r.seen().pings_failed == 1);
}

TEST_CASE("what an invalidation closes is replaced at once where there is room", "[pool]")
{
    auto options = pinging_pool(4);
    options.min_idle = 2;
    pool_rig r(options);
    r.open();
    r.open();
    r.machine.invalidate(r.now);
    r.follow();
    CHECK(r.pending(pool_task::cut) == 2);
    CHECK(r.pending(pool_task::open) == 2);
}
