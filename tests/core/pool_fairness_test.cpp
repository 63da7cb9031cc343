// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Who gets a connection, and who does not lose it to whom. T<n> is a bug of another pool.

#include <resil/core/pool_machine.hpp> // self-contained

#include <catch2/catch_test_macros.hpp>

#include <core/pool_rig.hpp>
#include <ctime>
#include <deque>
#include <vector>

using namespace resil;
using namespace resil::tests;

TEST_CASE("a connection that comes back goes to who has waited longest, in the same step",
          "[pool]")
{
    pool_rig r(plain_pool(1));
    auto& lent = r.lease();
    auto& a = r.wait();
    auto& b = r.wait();

    r.give_back(lent);

    CHECK(r.served(a));
    CHECK(a.slot == &lent);
    CHECK(b.queued);
    CHECK((r.seen().idle == 0 && r.seen().in_use == 1 && r.seen().waiters == 1));
}

TEST_CASE("T1: a connection that comes back is not lost to a waiter that was cancelled",
          "[pool][T1]")
{
    pool_rig r(plain_pool(1));
    auto& lent = r.lease();
    auto& a = r.wait();
    auto& b = r.wait();

    REQUIRE(r.abandon(a));
    r.give_back(lent);

    CHECK(r.served(b));
    CHECK_FALSE(r.served(a));
}

TEST_CASE(
    "T2: a cancellation after the hand-off neither leaks the connection nor lends it twice",
    "[pool][T2]")
{
    pool_rig r(plain_pool(1));
    auto& lent = r.lease();
    auto& a = r.wait();
    auto& b = r.wait();
    r.give_back(lent);
    REQUIRE(r.served(a));

    CHECK_FALSE(r.abandon(a)); // too late: it has the connection, and gives it back
    CHECK(r.seen().count(pool_failure::cancelled) == 0);
    r.give_back(*a.slot);

    CHECK(r.served(b));
    CHECK(r.seen().in_use == 1);
}

TEST_CASE(
    "T6: a waiter that was cancelled after the hand-off does not keep the next one waiting",
    "[pool][T6]")
{
    pool_rig r(plain_pool(1));
    auto& lent = r.lease();
    auto& a = r.wait();
    auto& b = r.wait();
    r.give_back(lent);

    // A's handler finds that it was cancelled and drops its lease: B has it at this moment.
    auto const before = r.now;
    r.give_back(*a.slot);

    CHECK(r.served(b));
    CHECK(r.now == before);
    CHECK(r.seen().idle == 0);
}

TEST_CASE("T7: a waiter is not parked beside a connection that came back just before",
          "[pool][T7]")
{
    pool_rig r(plain_pool(1));
    auto& lent = r.lease();
    auto& a = r.ask(); // finds nothing, and is in the queue before anything else can happen
    REQUIRE(r.entry == pool_entry::queued);
    r.give_back(lent);
    CHECK(r.served(a));

    r.give_back(*a.slot);
    auto& b = r.ask();
    CHECK(r.entry == pool_entry::granted);
    CHECK(b.slot == &lent);
}

TEST_CASE("T9: events without news open no connection, and end nobody's wait", "[pool][T9]")
{
    pool_rig r(plain_pool(4));
    auto& a = r.wait();
    REQUIRE(r.pending(pool_task::open) == 1);

    for (int i = 0; i < 100; ++i) {
        r.poke();
        r.sweep();
    }

    CHECK(r.pending(pool_task::open) == 1);
    CHECK((a.queued && r.told.empty()));
    CHECK_FALSE(r.machine.poke_at());
    CHECK_FALSE(r.machine.next_due());
}

TEST_CASE("T9: of two waiters, one of whom left, only one connection is opened", "[pool][T9]")
{
    auto options = plain_pool(4);
    options.max_connecting = 1;
    pool_rig r(options);
    auto& a = r.wait();
    auto& b = r.wait();
    REQUIRE(r.abandon(a));

    r.open();

    CHECK(r.served(b));
    CHECK(r.pending(pool_task::open) == 0);
    CHECK(r.seen().size == 1);
}

TEST_CASE("T13: at an event all expired waiters fail, not the first of them", "[pool][T13]")
{
    pool_rig r(plain_pool(1));
    auto& lent = r.lease();
    auto& patient = r.wait(1h);
    auto& a = r.wait(10ms);
    auto& b = r.wait(30ms);
    auto& c = r.wait(20ms);

    r.pass(30ms);
    SECTION("in a sweep")
    {
        r.sweep();
    }
    SECTION("when asked")
    {
        r.machine.expire(r.now), r.follow();
    }
    SECTION("when a connection comes back")
    {
        r.give_back(lent);
    }
    SECTION("while the pool is paused")
    {
        r.machine.pause();
        r.poke();
    }
    SECTION("when somebody else comes")
    {
        r.ask();
    }

    for (auto* late : {&a, &b, &c}) {
        CHECK(r.failed(*late) == pool_failure::timed_out);
        CHECK(late->slot == nullptr);
    }
    CHECK(r.failed(patient) == pool_failure::none);
    CHECK(r.seen().count(pool_failure::timed_out) == 3);
}

TEST_CASE("T12: ten thousand waiters that expire together do not stop ten connections from "
          "being lent, and get none",
          "[pool][T12]")
{
    constexpr std::size_t crowd = 10'000;
    auto options = plain_pool(10);
    options.max_waiters = 2 * crowd;
    pool_rig r(options);
    auto lent = r.leases(10);
    std::vector<pool_waiter*> late;
    for (std::size_t i = 0; i < crowd; ++i) {
        late.push_back(&r.wait(1s));
    }
    std::vector<pool_waiter*> good;
    for (std::size_t i = 0; i < 10; ++i) {
        good.push_back(&r.wait(1h));
    }

    r.pass(1s);
    r.told.clear();
    r.give_back(*lent.front()); // one event ends all of them

    CHECK(r.told.size() == crowd + 1);
    CHECK(r.served(*good.front()));
    CHECK(r.seen().waiters == 9);
    CHECK(r.seen().count(pool_failure::timed_out) == crowd);
    for (auto* waiter : late) {
        REQUIRE(waiter->slot == nullptr);
    }
    for (std::size_t i = 1; i < 10; ++i) {
        r.give_back(*lent[i]);
        CHECK(r.served(*good[i]));
    }
}

TEST_CASE("T12: waiters that expire one by one do not cost a look at all the others",
          "[pool][T12]")
{
    // A look at each of the others at each of these events would be 10^10 looks: minutes.
    constexpr std::size_t crowd = 100'000;
    auto options = plain_pool(1);
    options.max_waiters = crowd;
    core::pool_machine machine(options);
    pool_slot slot;
    machine.supply(slot);
    std::vector<pool_waiter> waiters(crowd);
    auto const begin = std::clock();
    for (std::size_t i = 0; i < crowd; ++i) { // deadlines in no order
        auto const patience = std::chrono::microseconds(1 + i * 7919 % crowd);
        REQUIRE(machine.acquire(waiters[i], at(0s), at(patience)) == pool_entry::queued);
    }
    std::size_t told = 0;
    for (std::size_t i = 1; i <= crowd; ++i) {
        machine.poke(at(std::chrono::microseconds(i)));
        auto actions = machine.take_actions();
        while (actions.next_waiter() != nullptr) {
            ++told;
        }
        REQUIRE(told == i);
    }
    CHECK((std::clock() - begin) / CLOCKS_PER_SEC < 20);
}

TEST_CASE("T14: a newcomer does not overtake those who wait", "[pool][T14]")
{
    pool_rig r(plain_pool(1));
    auto& lent = r.lease();
    auto& b = r.wait();
    auto& a = r.wait();
    r.give_back(lent); // B has been told, but has not yet noticed
    auto& c = r.wait();

    CHECK(r.machine.try_acquire(r.now) == nullptr);
    r.give_back(*b.slot);
    CHECK(r.served(a));
    r.give_back(*a.slot);
    CHECK(r.served(c));
}

TEST_CASE("T14: at ten users for each connection, nobody waits longer than his turn",
          "[pool][T14]")
{
    constexpr std::size_t connections = 4;
    constexpr std::size_t users = 40;
    auto options = plain_pool(connections);
    options.max_waiters = users;
    pool_rig r(options);
    std::deque<pool_slot*> lent;
    for (auto* slot : r.leases(connections)) {
        lent.push_back(slot);
    }
    std::deque<pool_waiter*> expected;
    while (expected.size() < users - connections) {
        expected.push_back(&r.wait(1h));
    }
    for (int round = 0; round < 2'000; ++round) {
        r.pass(1ms);
        r.give_back(*lent.front());
        lent.pop_front();
        REQUIRE(r.served(*expected.front()));
        lent.push_back(expected.front()->slot);
        expected.pop_front();
        expected.push_back(&r.wait(1h));
    }
    auto const longest = r.machine.waits_served().max();
    CHECK(longest == std::chrono::milliseconds(users - connections));
}
