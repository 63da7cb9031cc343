// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// How many connections there are, and how many may wait for them. T<n> is a bug of another pool.

#include <resil/core/pool_machine.hpp> // self-contained

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <core/pool_rig.hpp>
#include <string>
#include <vector>

using namespace resil;
using namespace resil::tests;

// ----- every event that frees something is noticed -----------------------------------------------

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

// ----- never too many ----------------------------------------------------------------------------

TEST_CASE("T15: failed resets neither lift the number of connections above its limit nor lose "
          "places",
          "[pool][T15]")
{
    pool_rig r(plain_pool(2));
    for (int round = 0; round < 50; ++round) {
        auto lent = r.leases(2);
        r.wait();
        for (auto* slot : lent) {
            r.give_back(*slot, pool_return::dirty);
        }
        CHECK(r.seen().resetting == 2);
        r.reset(false);
        r.reset(false);
        CHECK(r.seen().size == 2);
        CHECK(r.pending(pool_task::open) == 0); // closing ones keep their places
        r.close();
        REQUIRE(r.pending(pool_task::open) == 1);
        r.open();
        r.give_back(*r.told.back()->slot);
        CHECK(r.seen().size == 1);
    }
    CHECK(r.seen().count(pool_close::reset_failed) == 100);
}

TEST_CASE("T15: a pool that is made small and large again has neither too many connections nor "
          "too few",
          "[pool][T15]")
{
    pool_rig r(plain_pool(4));
    auto lent = r.leases(4);
    r.give_back(*lent[0]);

    r.resize(2);
    CHECK(r.close() == std::vector{pool_close::overflow});
    CHECK(r.seen().size == 3);
    auto& a = r.wait();
    CHECK(r.pending(pool_task::open) == 0);
    r.give_back(*lent[1]); // still one too many
    CHECK(a.queued);
    CHECK(r.close() == std::vector{pool_close::overflow});
    r.resize(4);
    CHECK(r.pending(pool_task::open) == 1);
    r.open();
    CHECK(r.served(a));
    CHECK(r.seen().size == 3);
    r.leases(1);
    CHECK(r.seen().size == 4);
    CHECK(r.seen().max_size == 4);
}

TEST_CASE(
    "a smaller pool closes what is being opened or reset beyond its size, when it is done",
    "[pool]")
{
    pool_rig r(plain_pool(3));
    auto lent = r.leases(2);
    r.wait();
    r.give_back(*lent[0], pool_return::dirty);
    r.resize(1);
    r.open();
    CHECK(r.close() == std::vector{pool_close::overflow});
    r.reset(true);
    CHECK(r.close() == std::vector{pool_close::overflow});
    CHECK(r.seen().size == 1);
    r.give_back(*lent[1]);
    CHECK(r.seen().waiters == 0);
}

TEST_CASE("T16: a filler of idle connections and those who acquire do not exceed the size "
          "together",
          "[pool][T16]")
{
    auto options = plain_pool(5);
    options.min_idle = 5;
    options.max_connecting = 100;
    pool_rig r(options);
    CHECK(r.pending(pool_task::open) == 5);
    pool_warm_up all{.wanted = 5};
    r.machine.warm_up(all, r.now);
    for (int i = 0; i < 20; ++i) {
        r.wait();
        CHECK(r.seen().size == 5);
    }
    for (int i = 0; i < 5; ++i) {
        r.open();
        CHECK(r.seen().size == 5);
    }
    CHECK(r.pending(pool_task::open) == 0);
    CHECK(r.seen().in_use == 5);
}

TEST_CASE("T16: the largest sizes do not overflow", "[pool][T16]")
{
    auto options = plain_pool(connection_pool_options::largest_size);
    options.min_idle = connection_pool_options::largest_size;
    options.max_connecting = connection_pool_options::largest_size;
    options.max_waiters = 8 * connection_pool_options::largest_size;
    options.validate();
    core::pool_machine machine(options);
    std::vector<pool_slot> slots(3);
    for (auto& slot : slots) {
        machine.supply(slot);
    }
    machine.poke(at(0s));
    CHECK(machine.snapshot().opening == 3); // no more than there are places for
    pool_waiter waiter;
    CHECK(machine.acquire(waiter, at(0s), at(1s)) == pool_entry::queued);
    machine.abandon(waiter, pool_failure::cancelled, at(0s));
}

TEST_CASE("T17: a connection cannot be given back twice, or without being lent", "[pool][T17]")
{
    pool_rig r(plain_pool(2));
    auto& lent = r.lease();
    r.give_back(lent);
    auto const before = r.seen();

    CHECK_FALSE(r.machine.give_back(lent, pool_return::clean, r.now));
    CHECK_FALSE(r.machine.give_back(lent, pool_return::broken, r.now));
    CHECK_FALSE(r.machine.detach(lent, r.now));

    CHECK(r.machine.take_actions().empty());
    CHECK((r.seen().idle == before.idle && r.seen().size == before.size));
    CHECK(r.machine.holds().count() == 1);
}

TEST_CASE("a report that does not fit changes nothing", "[pool]")
{
    pool_rig r(plain_pool(2));
    r.wait();
    auto& slot = r.first(pool_task::open);
    auto refuses_all_but = [&](std::string const& right) {
        auto check = [&](std::string const& name, auto report) {
            if (name != right) {
                INFO(name);
                CHECK_FALSE(report());
                CHECK(r.machine.take_actions().empty());
            }
        };
        check("opened", [&] { return r.machine.opened(slot, r.now, 0.0); });
        check("opened", [&] { return r.machine.open_failed(slot, true, {}, r.now, 0.0); });
        check("pinged", [&] { return r.machine.pinged(slot, false, r.now); });
        check("give_back",
              [&] { return r.machine.give_back(slot, pool_return::broken, r.now); });
        check("give_back", [&] { return r.machine.detach(slot, r.now); });
        check("reset", [&] { return r.machine.reset_done(slot, false, r.now); });
        check("closed", [&] { return r.machine.closed(slot, r.now); });
    };
    refuses_all_but("opened");
    r.open();
    refuses_all_but("give_back");
    r.give_back(slot, pool_return::dirty);
    refuses_all_but("reset");
    r.reset(true);
    refuses_all_but("nothing"); // idle
    r.drain();
    refuses_all_but("closed");
    r.close();
    refuses_all_but("nothing"); // vacant
    CHECK(r.machine.drained());
}

// ----- places -------------------------------------------------------------------------------------

TEST_CASE("T18: a connection that is replaced in the background does not keep capacity",
          "[pool][T18]")
{
    auto options = plain_pool(2);
    options.max_lifetime = 1min;
    options.min_idle = 2;
    pool_rig r(options);
    r.open();
    r.pass(30s);
    r.open();
    r.pass(30s);
    r.sweep();                              // the first one is too old
    CHECK(r.pending(pool_task::open) == 0); // its place is freed before the connect begins
    r.close();
    REQUIRE(r.pending(pool_task::open) == 1);

    auto& lent = r.lease(); // the other one is not held up by it
    auto& a = r.wait();
    r.give_back(lent);
    CHECK(r.served(a));
    CHECK(r.pending(pool_task::open) == 1);
}

TEST_CASE("T19: a dead connection frees its place when it is cut, not after a polite close",
          "[pool][T19]")
{
    pool_rig r(plain_pool(1));
    auto how_closed = [&](pool_return how) {
        auto& lent = r.lease();
        r.give_back(lent, how);
        return lent.task;
    };
    CHECK(how_closed(pool_return::broken) == pool_task::cut);
    r.close();
    CHECK(how_closed(pool_return::disconnected) == pool_task::cut);
    r.close();
    r.give_back(r.lease(), pool_return::dirty);
    CHECK(r.reset(false).task == pool_task::cut);
    r.close();
    r.give_back(r.lease());
    r.machine.invalidate(r.now);
    r.follow();
    CHECK(r.pending(pool_task::cut) == 1);
}

TEST_CASE("T19: a connection that is closed politely keeps its place until it is closed",
          "[pool][T19]")
{
    pool_rig r(plain_pool(2));
    auto lent = r.leases(2);
    r.resize(1);
    r.give_back(*lent[0]);
    REQUIRE(r.pending(pool_task::close) == 1);
    r.resize(2);
    r.wait();
    CHECK(r.pending(pool_task::open) == 0); // or the server would count three
    CHECK(r.seen().closing == 1);
    r.close();
    CHECK(r.pending(pool_task::open) == 1);
}

TEST_CASE("T21: no gauge goes below nothing, whatever is taken and returned at one moment",
          "[pool][T21]")
{
    pool_rig r(plain_pool(3));
    for (int i = 0; i < 100; ++i) {
        auto lent = r.idle(3);
        for (int k = 0; k < 3; ++k) {
            auto* const slot = r.machine.try_acquire(r.now);
            REQUIRE(slot != nullptr);
            CHECK(r.seen().idle == static_cast<std::size_t>(2 - k));
        }
        CHECK(r.machine.try_acquire(r.now) == nullptr);
        CHECK(r.seen().idle == 0);
        for (auto* slot : lent) {
            r.give_back(*slot);
        }
    }
}

TEST_CASE("idle connections above max_idle are closed when they come back", "[pool]")
{
    auto options = plain_pool(4);
    options.max_idle = 2;
    pool_rig r(options);
    auto lent = r.leases(4);
    r.give_back(*lent[0]);
    r.pass(1s);
    r.give_back(*lent[1]);
    CHECK(r.pending(pool_task::close) == 0);
    r.pass(1s);
    r.give_back(*lent[2]); // the one that was used longest ago goes
    CHECK(lent[0]->state == pool_slot_state::closing);
    CHECK(r.close() == std::vector{pool_close::overflow});
    CHECK(r.seen().idle == 2);
}

TEST_CASE("min_idle connections are opened at once, and again when they are lent", "[pool]")
{
    auto options = plain_pool(4);
    options.min_idle = 2;
    pool_rig r(options);
    REQUIRE(r.pending(pool_task::open) == 2);
    r.open();
    r.open();
    CHECK(r.pending(pool_task::open) == 0);

    r.ask();
    CHECK(r.entry == pool_entry::granted);
    CHECK(r.pending(pool_task::open) == 1);
    r.ask();
    CHECK(r.pending(pool_task::open) == 2);
    r.ask(); // takes the place of nobody: what is opened first is for it
    CHECK(r.entry == pool_entry::queued);
    CHECK(r.seen().size == 4);
}

// ----- the queue ----------------------------------------------------------------------------------

TEST_CASE("as many may wait as max_waiters says; the next is rejected at once", "[pool]")
{
    auto options = plain_pool(1);
    options.max_waiters = 2;
    pool_rig r(options);
    auto& lent = r.lease();
    r.wait();
    r.wait();
    auto& c = r.ask();
    CHECK(r.entry == pool_entry::rejected);
    CHECK(c.why == pool_failure::queue_full);
    CHECK_FALSE(c.queued);
    CHECK(r.seen().count(pool_failure::queue_full) == 1);

    r.give_back(lent);
    r.wait();
}

TEST_CASE("without a queue, who needs a connection opened waits for it, and nobody else",
          "[pool]")
{
    auto options = plain_pool(2);
    options.max_waiters = 0;
    pool_rig r(options);
    auto& a = r.wait();
    auto& b = r.wait();
    r.ask();
    CHECK(r.entry == pool_entry::rejected);
    r.open();
    r.open();
    CHECK((r.served(a) && r.served(b)));
    r.ask();
    CHECK(r.entry == pool_entry::rejected);
}

TEST_CASE("the queue cannot grow without end, whatever connects do", "[pool]")
{
    auto options = plain_pool(3);
    options.max_waiters = 4;
    options.connect_failures_to_trip = 0;
    pool_rig r(options);
    for (int i = 0; i < 1'000; ++i) {
        r.ask(1h);
        r.pass(20ms);
        r.poke();
        if (r.pending(pool_task::open) > 0 && i % 3 != 0) {
            r.fail_open();
        }
        REQUIRE(r.seen().waiters <= 4 + 3);
    }
}

TEST_CASE("expired waiters keep nobody out of the queue", "[pool]")
{
    auto options = plain_pool(1);
    options.max_waiters = 2;
    pool_rig r(options);
    r.lease();
    r.wait(1h);
    r.wait(10ms);
    r.pass(10ms);
    r.ask();
    CHECK(r.entry == pool_entry::queued);
}

TEST_CASE("an acquire without any time left is not queued", "[pool]")
{
    pool_rig r(plain_pool(1));
    r.idle(1);
    auto& late = r.ask(0s);
    CHECK(r.entry == pool_entry::rejected);
    CHECK(late.why == pool_failure::timed_out);
    CHECK(r.seen().idle == 1);
    r.ask(1ns);
    CHECK(r.entry == pool_entry::granted);
}

TEST_CASE("a paused pool lends and opens nothing, and goes on afterwards", "[pool]")
{
    auto options = plain_pool(3);
    options.max_waiters = 1;
    options.min_idle = 1;
    pool_rig r(options);
    r.open();
    auto& lent = r.lease();
    r.open();
    r.machine.pause();
    CHECK(r.seen().paused);

    CHECK(r.machine.try_acquire(r.now) == nullptr);
    auto& a = r.wait();
    r.ask();
    CHECK(r.entry == pool_entry::rejected); // the queue is bounded as ever
    r.sweep();
    CHECK(r.pending(pool_task::open) == 0);
    r.give_back(lent);
    CHECK(r.seen().idle == 2);
    CHECK(a.queued);

    r.machine.resume(r.now);
    r.follow();
    CHECK(r.served(a));
    CHECK_FALSE(r.seen().paused);
}

TEST_CASE("who waits in a paused pool fails at the deadline", "[pool]")
{
    pool_rig r(plain_pool(1));
    r.idle(1);
    r.machine.pause();
    auto& a = r.wait(1s);
    r.pass(1s);
    r.poke();
    CHECK(r.failed(a) == pool_failure::timed_out);
    r.machine.resume(r.now);
    r.follow();
    CHECK_FALSE(r.served(a));
}

TEST_CASE("a connection taken out of the pool is not counted any more", "[pool]")
{
    pool_rig r(plain_pool(1));
    auto& lent = r.lease();
    r.pass(3s);
    REQUIRE(r.machine.detach(lent, r.now));
    CHECK(r.seen().size == 0);
    CHECK(r.seen().detached == 1);
    CHECK(r.machine.holds().max() == 3s);
    CHECK(r.lease().id == 2);
}
