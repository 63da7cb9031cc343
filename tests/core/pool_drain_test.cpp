// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// The end of a pool. T<n> is a bug of another pool.

#include <resil/core/pool_machine.hpp> // self-contained

#include <catch2/catch_test_macros.hpp>

#include <core/pool_rig.hpp>
#include <vector>

using namespace resil;
using namespace resil::tests;

namespace {

/// Says that a pool that is drained stays so, whatever comes.
void stays_empty(pool_rig& r)
{
    REQUIRE(r.machine.drained());
    CHECK((r.seen().size == 0 && r.seen().waiters == 0));
    for (int i = 0; i < 10; ++i) {
        r.pass(1min);
        r.sweep();
        r.poke();
        r.resize(5);
        r.machine.pause();
        r.machine.resume(r.now);
        r.machine.invalidate(r.now);
        r.follow();
        auto& late = r.ask();
        CHECK(r.entry == pool_entry::rejected);
        CHECK(late.why == pool_failure::draining);
        CHECK(r.machine.try_acquire(r.now) == nullptr);
    }
    for (auto const task : {pool_task::open, pool_task::ping, pool_task::reset}) {
        CHECK(r.pending(task) == 0);
    }
    CHECK(r.close().empty());
    CHECK_FALSE(r.machine.next_due());
    CHECK_FALSE(r.machine.poke_at());
    CHECK(r.machine.drained());
}

} // namespace

TEST_CASE("a drain closes idle connections politely, and is over when they are closed",
          "[pool]")
{
    pool_rig r(plain_pool(3), 5);
    r.idle(3);
    r.drain();
    CHECK(r.seen().draining);
    CHECK(r.pending(pool_task::close) == 3);
    CHECK_FALSE(r.machine.drained());
    CHECK(r.close() == std::vector(3, pool_close::drain));
    stays_empty(r);
}

TEST_CASE("a pool that never opened anything is drained at once", "[pool]")
{
    pool_rig r(plain_pool(3), 5);
    CHECK_FALSE(r.machine.drained());
    r.drain();
    stays_empty(r);
}

TEST_CASE("T33: a drain does not end while leases are out, and takes each as it comes back",
          "[pool][T33]")
{
    pool_rig r(plain_pool(4), 5);
    auto const lent = r.leases(4);
    r.drain();
    CHECK(r.seen().in_use == 4); // nothing is torn out of its user's hands
    r.give_back(*lent[0]);
    r.give_back(*lent[1], pool_return::dirty);
    r.give_back(*lent[2], pool_return::broken);
    CHECK_FALSE(r.machine.drained());
    REQUIRE(r.machine.detach(*lent[3], r.now));
    CHECK(r.seen().resetting == 0); // for whom?
    CHECK(r.close().size() == 3);
    stays_empty(r);
}

TEST_CASE("T34: a connect that ends after the drain began is closed and counted, not lent",
          "[pool][T34]")
{
    pool_rig r(plain_pool(2), 5);
    r.wait();
    r.wait();
    r.drain();
    CHECK(r.seen().opening == 2);
    CHECK_FALSE(r.machine.drained());
    r.open();
    CHECK(r.close() == std::vector{pool_close::drain});
    r.fail_open(true, boost::asio::error::operation_aborted);
    CHECK(r.told.size() == 2);
    stays_empty(r);
}

TEST_CASE("T34: a ping that ends after the drain began lends nothing", "[pool][T34]")
{
    auto options = plain_pool(2);
    options.ping_after_idle = 0s;
    pool_rig r(options, 5);
    r.idle(2);
    r.pass(1s);
    r.wait();
    r.wait();
    r.drain();
    r.answer(true);
    r.answer(false);
    auto const reasons = r.close();
    CHECK(reasons == std::vector{pool_close::drain, pool_close::ping});
    stays_empty(r);
}

TEST_CASE("T35: no connect begins after a drain began, for whomever and whatever fails",
          "[pool][T35]")
{
    auto options = plain_pool(3);
    options.min_idle = 2;
    pool_rig r(options, 5);
    r.open();
    r.open();
    auto const lent = r.leases(2);
    r.fail_open();
    REQUIRE(r.machine.poke_at()); // min_idle is missing
    r.drain(drain_waiters::serve_until_deadline);
    CHECK_FALSE(r.machine.poke_at());
    r.give_back(*lent[0], pool_return::disconnected);
    r.pass(1min);
    r.poke();
    r.give_back(*lent[1], pool_return::broken);
    r.close();
    r.resize(5);
    CHECK(r.pending(pool_task::open) == 0);
    stays_empty(r);
}

TEST_CASE("T36: everybody who waits when a drain begins is told so, at once", "[pool][T36]")
{
    pool_rig r(plain_pool(1), 5);
    auto& lent = r.lease();
    auto& a = r.wait();
    auto& b = r.wait();
    pool_warm_up one{.wanted = 1};
    REQUIRE(r.machine.warm_up(one, r.now) == pool_entry::granted);
    r.drain();
    CHECK(r.failed(a) == pool_failure::draining);
    CHECK(r.failed(b) == pool_failure::draining);
    CHECK(r.seen().count(pool_failure::draining) == 2);
    CHECK_FALSE(r.abandon(a));
    r.give_back(lent);
    r.close();
    stays_empty(r);
}

TEST_CASE("T36: who waits when a drain begins may still be served, while anything is out",
          "[pool][T36]")
{
    pool_rig r(plain_pool(1), 5);
    auto& lent = r.lease();
    auto& a = r.wait();
    auto& b = r.wait();
    auto& c = r.wait();
    auto& impatient = r.wait(1s);
    r.drain(drain_waiters::serve_until_deadline);
    r.ask();
    CHECK(r.entry == pool_entry::rejected); // newcomers are not

    r.give_back(lent);
    CHECK(r.served(a));
    r.pass(1s);
    r.give_back(*a.slot);
    CHECK(r.served(b));
    CHECK(r.failed(impatient) == pool_failure::timed_out);
    SECTION("up to the deadline, when the rest fails")
    {
        r.drain(drain_waiters::fail);
        CHECK(r.failed(c) == pool_failure::draining);
        r.give_back(*b.slot);
    }
    SECTION("until the last one is lost")
    {
        r.give_back(*b.slot, pool_return::broken);
        CHECK(r.failed(c) == pool_failure::draining);
    }
    SECTION("until all are served")
    {
        r.give_back(*b.slot);
        CHECK(r.served(c));
        r.give_back(*c.slot);
    }
    r.close();
    stays_empty(r);
}

TEST_CASE("who waits in a draining pool is served by connections that must be tested first",
          "[pool]")
{
    auto options = plain_pool(1);
    options.ping_after_idle = 0s;
    pool_rig r(options, 5);
    r.idle(1);
    r.pass(1s);
    auto& a = r.wait();
    r.drain(drain_waiters::serve_until_deadline);
    CHECK(a.queued);
    r.answer(true);
    CHECK(r.served(a));
    r.give_back(*a.slot);
    r.close();
    stays_empty(r);
}

TEST_CASE("a drain ends a pause, and cannot be paused", "[pool]")
{
    pool_rig r(plain_pool(1), 5);
    auto& lent = r.lease();
    auto& a = r.wait();
    r.machine.pause();
    r.drain(drain_waiters::serve_until_deadline);
    CHECK_FALSE(r.seen().paused);
    r.machine.pause();
    CHECK_FALSE(r.seen().paused);
    r.give_back(lent);
    CHECK(r.served(a));
    r.give_back(*a.slot);
    r.close();
    stays_empty(r);
}
