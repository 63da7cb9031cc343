// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/pool_machine.hpp> // self-contained

#include <catch2/catch_test_macros.hpp>

#include <core/pool_rig.hpp>
#include <vector>

using namespace resil;
using namespace resil::tests;

namespace {

error_code const denied = boost::asio::error::access_denied;

/// Begins a warm-up.
pool_entry begin(pool_rig& r, pool_warm_up& one)
{
    auto const entry = r.machine.warm_up(one, r.now);
    r.follow();
    return entry;
}

} // namespace

TEST_CASE("a warm-up opens what is missing, and is over when the last one is there", "[pool]")
{
    pool_rig r(plain_pool(5));
    auto& lent = r.lease(); // counts
    pool_warm_up one{.wanted = 3};
    REQUIRE(begin(r, one) == pool_entry::queued);
    CHECK(one.queued);
    CHECK(r.pending(pool_task::open) == 2);
    r.open();
    CHECK(r.warmed_up.empty());
    r.open();
    CHECK(r.warmed_up == std::vector{&one});
    CHECK_FALSE(one.queued);
    CHECK(one.why == pool_failure::none);
    CHECK(r.seen().idle == 2);
    CHECK(r.pending(pool_task::open) == 0);
    r.give_back(lent);
    CHECK_FALSE(r.machine.abandon(one, pool_failure::cancelled, r.now));
}

TEST_CASE("a warm-up for which all are there is over at once", "[pool]")
{
    pool_rig r(plain_pool(5));
    r.idle(3);
    pool_warm_up one{.wanted = 3};
    CHECK(begin(r, one) == pool_entry::granted);
    CHECK_FALSE(one.queued);
    pool_warm_up nothing{.wanted = 0};
    CHECK(begin(r, nothing) == pool_entry::granted);
    CHECK(r.pending(pool_task::open) == 0);
}

TEST_CASE("connections that are reset or tested count for a warm-up, closing ones do not",
          "[pool]")
{
    auto options = plain_pool(4);
    options.ping_after_idle = 0s;
    pool_rig r(options);
    auto const lent = r.leases(3);
    r.give_back(*lent[0], pool_return::dirty);
    r.give_back(*lent[1], pool_return::broken);
    r.give_back(*lent[2]);
    r.pass(1s);
    r.wait(); // for the one that is tested
    CHECK((r.seen().resetting == 1 && r.seen().closing == 1 && r.seen().pinging == 1));
    pool_warm_up two{.wanted = 2};
    CHECK(begin(r, two) == pool_entry::granted);
    pool_warm_up three{.wanted = 3};
    CHECK(begin(r, three) == pool_entry::queued);
    CHECK(r.pending(pool_task::open) == 1);
    r.open();
    CHECK(three.why == pool_failure::none);
    CHECK_FALSE(three.queued);
}

TEST_CASE("a warm-up that wants more than can be idle is rejected", "[pool]")
{
    auto options = plain_pool(5);
    pool_rig r(options);
    pool_warm_up six{.wanted = 6};
    CHECK(begin(r, six) == pool_entry::rejected);
    CHECK(six.why == pool_failure::too_many);
    CHECK(r.pending(pool_task::open) == 0);

    options.max_idle = 2; // more would be closed as soon as they were there, and opened again
    pool_rig few(options);
    pool_warm_up three{.wanted = 3};
    CHECK(begin(few, three) == pool_entry::rejected);
    pool_warm_up two{.wanted = 2};
    CHECK(begin(few, two) == pool_entry::queued);
    CHECK(r.seen().count(pool_failure::too_many) == 0); // acquires are counted, not these
}

TEST_CASE("a warm-up fails when the pool becomes too small for it", "[pool]")
{
    pool_rig r(plain_pool(5));
    pool_warm_up two{.wanted = 2};
    pool_warm_up three{.wanted = 3};
    begin(r, two);
    begin(r, three);
    r.resize(2);
    CHECK(r.warmed_up == std::vector{&three});
    CHECK(three.why == pool_failure::too_many);
    CHECK(two.queued);
}

TEST_CASE("a warm-up learns of a permanent error at once, and of a transient one in the end",
          "[pool]")
{
    pool_rig r(plain_pool(5));
    pool_warm_up a{.wanted = 1};
    pool_warm_up b{.wanted = 2, .deadline = r.now + 10s};
    begin(r, a);
    begin(r, b);
    SECTION("permanent")
    {
        auto& waiter = r.wait();
        r.fail_open(true, denied);
        CHECK(r.warmed_up == std::vector{&a, &b});
        CHECK((a.why == pool_failure::connect_failed && a.error == denied));
        CHECK((b.why == pool_failure::connect_failed && b.error == denied));
        CHECK(r.failed(waiter) == pool_failure::connect_failed);
    }
    SECTION("transient")
    {
        r.fail_open();
        CHECK(r.warmed_up.empty());
        REQUIRE(r.machine.poke_at()); // it goes on trying
        r.now = *r.machine.poke_at();
        r.poke();
        r.open();
        CHECK(r.warmed_up == std::vector{&a});
        r.fail_open();
        r.now = at(10s);
        r.poke();
        CHECK(r.warmed_up == std::vector{&a, &b});
        CHECK(b.why == pool_failure::timed_out);
        CHECK(b.error == error_code(boost::asio::error::connection_refused));
    }
}

TEST_CASE("a warm-up ends at its deadline, and one without time is rejected", "[pool]")
{
    pool_rig r(plain_pool(2));
    pool_warm_up one{.wanted = 1, .deadline = r.now + 1s};
    begin(r, one);
    r.pass(1s - 1ns);
    r.poke();
    CHECK(one.queued);
    r.pass(1ns);
    r.poke();
    CHECK(r.warmed_up == std::vector{&one});
    CHECK(one.why == pool_failure::timed_out);
    CHECK_FALSE(one.error);
    pool_warm_up late{.wanted = 1, .deadline = r.now};
    CHECK(begin(r, late) == pool_entry::rejected);
    CHECK(late.why == pool_failure::timed_out);
    r.open(); // what it began is not lost
    CHECK(r.seen().idle == 1);
}

TEST_CASE("a warm-up that is cancelled wants nothing more", "[pool]")
{
    auto options = plain_pool(4);
    options.max_connecting = 1;
    pool_rig r(options);
    pool_warm_up one{.wanted = 4};
    begin(r, one);
    CHECK(r.followed(r.machine.abandon(one, pool_failure::cancelled, r.now)));
    CHECK(one.why == pool_failure::cancelled);
    CHECK_FALSE(one.queued);
    r.open();
    CHECK(r.pending(pool_task::open) == 0);
    CHECK(r.warmed_up.empty());
    CHECK_FALSE(r.machine.abandon(one, pool_failure::cancelled, r.now));
}

TEST_CASE("a drain ends warm-ups, and lets none begin", "[pool]")
{
    pool_rig r(plain_pool(4));
    pool_warm_up one{.wanted = 4};
    begin(r, one);
    r.drain();
    CHECK(r.warmed_up == std::vector{&one});
    CHECK(one.why == pool_failure::draining);
    pool_warm_up late{.wanted = 1};
    CHECK(begin(r, late) == pool_entry::rejected);
    CHECK(late.why == pool_failure::draining);
}

TEST_CASE("the largest of several warm-ups says how many are opened, and connections that are "
          "opened for a waiter count",
          "[pool]")
{
    auto options = plain_pool(5);
    options.max_connecting = 5;
    pool_rig r(options);
    pool_warm_up two{.wanted = 2};
    pool_warm_up three{.wanted = 3};
    begin(r, two);
    begin(r, three);
    r.wait();
    CHECK(r.pending(pool_task::open) == 3);
    r.open();
    r.open();
    CHECK(r.warmed_up == std::vector{&two});
    r.open();
    CHECK(r.warmed_up == std::vector{&two, &three});
}

TEST_CASE("a connection that is lost during a warm-up is opened again", "[pool]")
{
    pool_rig r(plain_pool(3));
    auto& lent = r.lease();
    pool_warm_up one{.wanted = 3};
    begin(r, one);
    r.open();
    r.give_back(lent, pool_return::broken);
    r.close();
    CHECK(r.pending(pool_task::open) == 2);
    r.open();
    CHECK(one.queued);
    r.open();
    CHECK_FALSE(one.queued);
}

TEST_CASE("a warm-up that could not be told is told at the next event", "[pool]")
{
    pool_rig r(plain_pool(3));
    pool_warm_up one{.wanted = 1};
    pool_warm_up two{.wanted = 2};
    begin(r, one);
    begin(r, two);
    CHECK_FALSE(r.machine.handover_failed(one));
    r.open();
    REQUIRE(r.warmed_up == std::vector{&one});
    REQUIRE(r.machine.handover_failed(one));
    CHECK(one.queued);
    CHECK(r.machine.poke_at() == r.now + 10ms);
    r.fail_open(true, denied);
    CHECK(r.warmed_up == std::vector{&one, &one, &two});
    CHECK(one.why == pool_failure::none);
    CHECK(two.why == pool_failure::connect_failed);

    REQUIRE(r.machine.handover_failed(two));
    r.warmed_up.clear();
    r.poke();
    CHECK(r.warmed_up == std::vector{&two});
    CHECK(two.why == pool_failure::connect_failed);
    CHECK(two.error == denied);
}

TEST_CASE("a warm-up may be begun again, and forgets how it failed", "[pool]")
{
    pool_rig r(plain_pool(3));
    pool_warm_up one{.wanted = 1};
    begin(r, one);
    r.fail_open(true, denied);
    REQUIRE(one.why == pool_failure::connect_failed);
    REQUIRE(begin(r, one) == pool_entry::queued);
    CHECK(one.why == pool_failure::none);
    CHECK_FALSE(one.error);
}

TEST_CASE("the beginning and the end of a warm-up are events like all others", "[pool]")
{
    pool_rig r(plain_pool(3));
    pool_warm_up one{.wanted = 1};
    auto& late = r.wait(1s);
    r.pass(1s);
    SECTION("beginning")
    {
        begin(r, one);
        CHECK(r.failed(late) == pool_failure::timed_out);
    }
    SECTION("beginning in vain")
    {
        one.wanted = 4;
        begin(r, one);
        CHECK(r.failed(late) == pool_failure::timed_out);
    }
    SECTION("end")
    {
        r.now -= 1s;
        begin(r, one);
        r.pass(1s);
        r.followed(r.machine.abandon(one, pool_failure::cancelled, r.now));
        CHECK(r.failed(late) == pool_failure::timed_out);
    }
}
