// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Every event that frees something is noticed. T<n> is a bug of another pool.

#include <resil/core/pool_machine.hpp> // self-contained

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <core/pool_rig.hpp>

using namespace resil;
using namespace resil::tests;

TEST_CASE("T10: a waiter is served by whatever frees a connection or a place for one",
          "[pool][T10]")
{
    auto options = plain_pool(1);
    options.max_connecting = 1;
    pool_rig r(options, 2);
    auto& lent = r.lease();
    auto& a = r.wait();
    auto served_by_a_new_one = [&] {
        r.close();
        r.open();
    };

    SECTION("a connection comes back")
    {
        r.give_back(lent);
    }
    SECTION("a connection comes back and is reset")
    {
        r.give_back(lent, pool_return::dirty);
        CHECK(a.queued);
        r.reset(true);
    }
    SECTION("a connection cannot be reset")
    {
        r.give_back(lent, pool_return::dirty);
        r.reset(false);
        served_by_a_new_one();
    }
    SECTION("a connection comes back broken")
    {
        r.give_back(lent, pool_return::broken);
        served_by_a_new_one();
    }
    SECTION("a connection comes back disconnected")
    {
        r.give_back(lent, pool_return::disconnected);
        served_by_a_new_one();
    }
    SECTION("a connection comes back dead")
    {
        r.machine.invalidate(r.now);
        r.give_back(lent);
        served_by_a_new_one();
    }
    SECTION("a connection is taken out of the pool")
    {
        REQUIRE(r.followed(r.machine.detach(lent, r.now)));
        r.open();
    }
    SECTION("the pool may become larger")
    {
        r.resize(2);
        r.open();
    }
    SECTION("a connect fails, and the pause is over")
    {
        r.resize(2);
        r.fail_open();
        REQUIRE(r.machine.poke_at());
        r.now = *r.machine.poke_at();
        r.poke();
        r.open();
    }
    SECTION("a pause by hand ends")
    {
        r.machine.pause();
        r.give_back(lent);
        CHECK(a.queued);
        r.machine.resume(r.now);
        r.follow();
    }
    SECTION("the waiter before is cancelled")
    {
        auto& b = r.wait();
        r.abandon(a);
        r.give_back(lent);
        CHECK(r.served(b));
        return;
    }
    CHECK(r.served(a));
}

TEST_CASE("T10: the pool grows with those who wait, up to its size", "[pool][T10]")
{
    auto options = plain_pool(3);
    options.max_connecting = 8;
    pool_rig r(options);
    for (std::size_t i = 1; i <= 5; ++i) {
        r.wait();
        CHECK(r.pending(pool_task::open) == std::min<std::size_t>(i, 3));
    }
    for (int i = 0; i < 3; ++i) {
        r.open();
    }
    CHECK((r.seen().in_use == 3 && r.seen().waiters == 2 && r.seen().size == 3));
}

TEST_CASE("at most max_connecting connections are opened at once, and the next as one is done",
          "[pool]")
{
    auto options = plain_pool(8);
    options.max_connecting = 3;
    pool_rig r(options);
    for (int i = 0; i < 6; ++i) {
        r.wait();
    }
    CHECK(r.pending(pool_task::open) == 3);
    r.open();
    CHECK(r.pending(pool_task::open) == 3);
    r.open();
    CHECK(r.pending(pool_task::open) == 3);
    r.open();
    CHECK(r.pending(pool_task::open) == 3);
    r.open();
    CHECK(r.pending(pool_task::open) == 2); // nobody else waits
}
