// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Messages for which there is no memory.

#include <resil/core/pool_machine.hpp> // self-contained

#include <catch2/catch_test_macros.hpp>

#include <core/pool_rig.hpp>
#include <vector>

using namespace resil;
using namespace resil::tests;

TEST_CASE("a waiter that cannot be told of its connection is the next again, with the same one",
          "[pool]")
{
    pool_rig r(plain_pool(2));
    auto lent = r.leases(2);
    auto& a = r.wait();
    auto& b = r.wait();
    r.pass(3s);
    r.give_back(*lent[0]);
    REQUIRE(r.served(a));
    auto const before = r.seen();

    REQUIRE(r.machine.handover_failed(a));
    r.follow();
    CHECK((a.queued && a.slot == nullptr && b.queued));
    CHECK(r.seen().waiters == 2);
    CHECK((r.seen().idle == 1 && r.seen().in_use == 1));
    CHECK(r.seen().acquired_waiting == before.acquired_waiting - 1);
    CHECK(r.machine.waits_served().count() == before.acquired_waiting - 1);
    CHECK(lent[0]->uses == 1);
    CHECK(r.told.back() == &a); // and nobody was told meanwhile
    CHECK(r.machine.poke_at() == r.now + 10ms);
    CHECK(r.machine.next_due() == r.now + 10ms);

    r.told.clear();
    r.poke();
    CHECK(r.served(a));
    CHECK(a.slot == lent[0]);
    CHECK(b.queued);
    CHECK_FALSE(r.machine.poke_at());
    CHECK(r.seen().acquired_waiting == before.acquired_waiting);
    CHECK(r.machine.waits_served().count() == before.acquired_waiting);
}

TEST_CASE("waiters that cannot be told keep their order", "[pool]")
{
    pool_rig r(plain_pool(2));
    auto lent = r.leases(2);
    auto& a = r.wait();
    auto& b = r.wait();
    auto& c = r.wait();
    r.machine.pause();
    r.give_back(*lent[0]);
    r.give_back(*lent[1]);
    r.machine.resume(r.now);
    r.follow();
    REQUIRE((r.served(a) && r.served(b)));

    REQUIRE(r.machine.handover_failed(a));
    REQUIRE(r.machine.handover_failed(b));
    r.told.clear();
    r.poke();

    CHECK(r.told == std::vector{&a, &b});
    CHECK(c.queued);
}

TEST_CASE("a waiter that could not be told may still be cancelled; its connection goes on",
          "[pool]")
{
    pool_rig r(plain_pool(1));
    auto& lent = r.lease();
    auto& a = r.wait();
    auto& b = r.wait();
    r.give_back(lent);
    REQUIRE(r.machine.handover_failed(a));

    CHECK(r.abandon(a));
    CHECK(r.served(b));
    CHECK_FALSE(r.machine.handover_failed(a));
}

TEST_CASE("a failure that could not be told is told again, the same one", "[pool]")
{
    pool_rig r(plain_pool(1));
    auto& a = r.wait();
    auto& b = r.wait();
    error_code const refused = boost::asio::error::no_permission;
    r.fail_open(true, refused);
    REQUIRE(r.failed(a) == pool_failure::connect_failed);

    REQUIRE(r.machine.handover_failed(a));
    CHECK(r.seen().count(pool_failure::connect_failed) == 0);
    CHECK(r.machine.waits_failed().count() == 0);
    CHECK(r.seen().waiters == 2);
    r.told.clear();
    r.poke();

    CHECK(r.told == std::vector{&a});
    CHECK(a.why == pool_failure::connect_failed);
    CHECK(a.error == refused);
    CHECK(b.queued);
    CHECK(r.seen().count(pool_failure::connect_failed) == 1);
    CHECK(r.seen().count(pool_failure::timed_out) == 0);
    CHECK(r.machine.waits_failed().count() == 1);
}

TEST_CASE("a handover that was none cannot fail", "[pool]")
{
    pool_rig r(plain_pool(1));
    auto& granted = r.ask();
    CHECK_FALSE(r.machine.handover_failed(granted)); // queued
    r.open();
    r.give_back(*granted.slot);
    CHECK_FALSE(r.machine.handover_failed(granted)); // given back already
    auto& at_once = r.ask();
    REQUIRE(r.entry == pool_entry::granted);
    CHECK_FALSE(r.machine.handover_failed(at_once));
    auto& rejected = r.ask(0s);
    REQUIRE(r.entry == pool_entry::rejected);
    CHECK_FALSE(r.machine.handover_failed(rejected));
    CHECK(r.seen().waiters == 0);
    CHECK(r.seen().in_use == 1);
}

TEST_CASE("a failed handover is harmless to what its connection has become meanwhile", "[pool]")
{
    pool_rig r(plain_pool(1));
    auto& lent = r.lease();
    auto& a = r.wait();
    r.give_back(lent);
    SECTION("the pool drains")
    {
        r.drain();
        REQUIRE(r.machine.handover_failed(a));
        r.told.clear();
        r.poke();
        CHECK(r.served(a)); // it was promised
        r.give_back(*a.slot);
        r.close();
        CHECK(r.machine.drained());
    }
    SECTION("the connection is dead")
    {
        r.machine.invalidate(r.now);
        REQUIRE(r.machine.handover_failed(a));
        r.told.clear();
        r.poke();
        CHECK(r.close() == std::vector{pool_close::generation});
        r.open();
        CHECK(r.served(a));
    }
}
