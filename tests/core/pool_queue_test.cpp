// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// How many may wait, and for how long; and pauses.

#include <resil/core/pool_machine.hpp> // self-contained

#include <catch2/catch_test_macros.hpp>

#include <core/pool_rig.hpp>

using namespace resil;
using namespace resil::tests;

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
