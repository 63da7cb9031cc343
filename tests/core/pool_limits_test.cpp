// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// How many connections there are. T<n> is a bug of another pool.

#include <resil/core/pool_machine.hpp> // self-contained

#include <catch2/catch_test_macros.hpp>

#include <core/pool_rig.hpp>
#include <string>
#include <vector>

using namespace resil;
using namespace resil::tests;

// ----- never too many ------------------------------------------------------------------------

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

// ----- places --------------------------------------------------------------------------------

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
