// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Opening connections: for whom, how many at once, and what follows when it fails. T<n> is a
// bug of another pool.

#include <resil/core/pool_machine.hpp> // self-contained

#include <catch2/catch_test_macros.hpp>

#include <core/pool_rig.hpp>
#include <vector>

using namespace resil;
using namespace resil::tests;

namespace {

error_code const refused = boost::asio::error::connection_refused;
error_code const denied = boost::asio::error::access_denied;

} // namespace

TEST_CASE("T3: a waiter that is cancelled while its connection is being opened takes no place "
          "with it",
          "[pool][T3]")
{
    pool_rig r(plain_pool(1));
    auto& a = r.wait();
    REQUIRE(r.abandon(a));
    CHECK(r.pending(pool_task::open) == 1); // the connect goes on

    SECTION("it succeeds, and is there for the next")
    {
        r.open();
        CHECK(r.seen().idle == 1);
        r.ask();
        CHECK(r.entry == pool_entry::granted);
    }
    SECTION("it succeeds for who came meanwhile")
    {
        auto& b = r.wait();
        CHECK(r.pending(pool_task::open) == 1);
        r.open();
        CHECK(r.served(b));
    }
    SECTION("it fails, and its place is free")
    {
        r.fail_open();
        CHECK(r.seen().size == 0);
        CHECK_FALSE(r.machine.poke_at()); // for nobody
        r.pass(1s);
        auto& b = r.wait();
        r.open();
        CHECK(r.served(b));
    }
}

TEST_CASE("T5: a pool whose users all give up before a connect is done comes to own one",
          "[pool][T5]")
{
    pool_rig r(plain_pool(1));
    for (int i = 0; i < 10; ++i) {
        auto& a = r.wait(10ms);
        r.pass(10ms);
        r.poke();
        CHECK(r.failed(a) == pool_failure::timed_out);
        CHECK(r.pending(pool_task::open) == 1); // always the same one
    }
    r.open();
    CHECK(r.seen().idle == 1);
    r.ask(10ms);
    CHECK(r.entry == pool_entry::granted);
    CHECK(r.seen().opened == 1);
    CHECK(r.machine.connects().max() == 100ms);
}

TEST_CASE("T5b: a connect that succeeds after its waiter's deadline is not lost", "[pool][T5b]")
{
    pool_rig r(plain_pool(2));
    auto& a = r.wait(10ms);
    r.pass(20ms);
    auto& slot = r.open(); // the first that is heard after the deadline
    CHECK(r.failed(a) == pool_failure::timed_out);
    CHECK(a.slot == nullptr);
    CHECK(slot.state == pool_slot_state::idle);
}

TEST_CASE("T8: when a broken connection is discarded, another one is opened for who waits",
          "[pool][T8]")
{
    pool_rig r(plain_pool(1));
    auto& lent = r.lease();
    auto& a = r.wait();
    auto& b = r.wait();

    r.give_back(lent, pool_return::broken);
    CHECK(r.close() == std::vector{pool_close::broken});
    r.open();
    CHECK(r.served(a));
    r.give_back(*a.slot, pool_return::disconnected);
    r.close();
    r.open();
    CHECK(r.served(b));
}

TEST_CASE("T8: a failed connect does not leave those who wait alone", "[pool][T8]")
{
    pool_rig r(plain_pool(2));
    auto& a = r.wait();
    auto& b = r.wait();
    r.fail_open();
    r.fail_open();
    CHECK(r.pending(pool_task::open) == 0);
    auto const when = r.machine.poke_at();
    REQUIRE(when);
    CHECK(*when > r.now);
    CHECK(r.machine.next_due() == when);

    r.now = *when;
    r.poke();
    r.open();
    r.open();
    CHECK((r.served(a) && r.served(b)));
}

TEST_CASE("a connection that comes back goes to who waits, although one is being opened for it",
          "[pool]")
{
    pool_rig r(plain_pool(2));
    auto& lent = r.lease();
    auto& a = r.wait();
    REQUIRE(r.pending(pool_task::open) == 1);
    r.give_back(lent);
    CHECK(r.served(a));
    r.open(); // a spare one now
    CHECK(r.seen().idle == 1);
}

TEST_CASE("connections are not opened for a demand that has vanished", "[pool]")
{
    auto options = plain_pool(50);
    options.max_connecting = 2;
    pool_rig r(options);
    auto& lent = r.lease();
    for (int i = 0; i < 20; ++i) {
        r.wait();
    }
    pool_slot* slot = &lent;
    for (std::size_t i = 0; i < 20; ++i) { // one quick connection serves all of them in turn
        r.told.clear();
        r.give_back(*slot);
        slot = r.told.front()->slot;
    }
    r.open();
    r.open();
    CHECK(r.pending(pool_task::open) == 0);
    CHECK(r.seen().size == 3);
}

// ----- errors --------------------------------------------------------------------------------

TEST_CASE("a permanent error reaches who waits longest at once, and nobody else", "[pool]")
{
    auto options = plain_pool(2);
    options.max_connecting = 1;
    pool_rig r(options);
    auto& a = r.wait();
    auto& b = r.wait();

    r.fail_open(true, denied);

    CHECK(r.failed(a) == pool_failure::connect_failed);
    CHECK(a.error == denied);
    CHECK(b.queued);
    CHECK(r.seen().last_connect_error == denied);
    CHECK(r.seen().count(pool_failure::connect_failed) == 1);
    CHECK(r.seen().open_failed == 1);
}

TEST_CASE("a permanent error that nobody waits for is remembered, and tells nobody", "[pool]")
{
    pool_rig r(plain_pool(1));
    r.abandon(r.wait());
    r.fail_open(true, denied);
    CHECK(r.told.empty());
    CHECK(r.seen().last_connect_error == denied);
}

TEST_CASE(
    "a transient error does not reach who waits until the time is up, and then as the cause",
    "[pool]")
{
    pool_rig r(plain_pool(1));
    auto& a = r.wait(1s);
    auto& b = r.wait(2s);
    auto& c = r.wait(3s);
    r.fail_open(false, refused);
    CHECK(a.queued);

    r.pass(1s);
    r.poke();
    CHECK(r.failed(a) == pool_failure::timed_out);
    CHECK(a.error == refused);
    CHECK(a.waited == 1s);
    CHECK(r.abandon(b, pool_failure::timed_out));
    CHECK(b.error == refused);

    r.open(); // poked at the end of the pause, it connects
    CHECK(r.served(c));
    CHECK_FALSE(c.error);
    auto& d = r.wait(1s);
    r.pass(1s);
    r.poke();
    CHECK(r.failed(d) == pool_failure::timed_out);
    CHECK_FALSE(d.error); // connects work: that was not the cause
    CHECK(r.seen().last_connect_error == refused);
}

TEST_CASE("pauses between failed connects double from the base to the cap, with full jitter",
          "[pool]")
{
    auto options = plain_pool(1);
    options.connect_backoff = 100ms;
    options.max_connect_backoff = 1s;
    options.connect_failures_to_trip = 0;
    for (double const unit : {0.0, 0.5, 0.999}) {
        pool_rig r(options);
        r.wait(1h);
        for (auto const longest : {100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms}) {
            r.fail_open(false, refused, unit);
            auto const when = r.machine.poke_at().value_or(r.now);
            auto const expected = core::scaled(longest, unit);
            CHECK(core::until(r.now, when) >= expected - 1us);
            CHECK(core::until(r.now, when) <= expected + 1us);
            r.now = when;
            r.poke();
            REQUIRE(r.pending(pool_task::open) == 1);
        }
        r.open();
        r.give_back(*r.told.back()->slot, pool_return::broken);
        r.close();
        r.wait(1h);
        r.fail_open(false, refused, 0.5);
        CHECK(r.machine.poke_at() == r.now + 50ms); // a success starts it over
    }
}

TEST_CASE("connects that fail side by side lengthen the pause once", "[pool]")
{
    auto options = plain_pool(4);
    options.connect_backoff = 100ms;
    pool_rig r(options);
    for (int i = 0; i < 4; ++i) {
        r.wait(1h);
    }
    for (int i = 0; i < 4; ++i) {
        r.fail_open(false, refused, 0.5);
    }
    CHECK(r.machine.poke_at() == r.now + 50ms);
    CHECK(r.seen().connect_failures == 4);
}

// ----- the breaker ---------------------------------------------------------------------------

TEST_CASE("after too many failures acquires fail at once, with the cause, but for one probe",
          "[pool]")
{
    auto options = plain_pool(4);
    options.connect_failures_to_trip = 3;
    pool_rig r(options);
    for (int i = 0; i < 3; ++i) {
        r.wait(1h);
    }
    r.fail_open(false, refused);
    r.fail_open(false, refused);
    r.ask();
    CHECK(r.entry == pool_entry::queued); // two are not too many
    r.fail_open(false, refused);

    auto& rejected = r.ask();
    CHECK(r.entry == pool_entry::rejected);
    CHECK(rejected.why == pool_failure::unavailable);
    CHECK(rejected.error == refused);
    CHECK(r.seen().count(pool_failure::unavailable) == 1);

    r.now = *r.machine.poke_at();
    r.poke();
    CHECK(r.pending(pool_task::open) == 1); // one, though four wait
    r.ask();
    CHECK(r.entry == pool_entry::rejected);

    r.open(); // and all is well
    CHECK(r.pending(pool_task::open) == 3);
    CHECK(r.seen().connect_failures == 0);
}

TEST_CASE("the first acquire after the pause is the probe of a tripped pool", "[pool]")
{
    auto options = plain_pool(2);
    options.connect_failures_to_trip = 1;
    pool_rig r(options);
    auto& first = r.wait(10ms);
    r.fail_open(false, refused);
    r.ask();
    CHECK(r.entry == pool_entry::rejected);
    r.pass(50ms); // the longest first pause
    r.poke();
    CHECK(r.failed(first) == pool_failure::timed_out);
    CHECK(r.pending(pool_task::open) == 0); // not without demand

    auto& probe = r.ask();
    CHECK(r.entry == pool_entry::queued);
    r.ask();
    CHECK(r.entry == pool_entry::rejected);
    r.open();
    CHECK(r.served(probe));
}

TEST_CASE("while any connection lives, a tripped pool lets acquires wait for it", "[pool]")
{
    auto options = plain_pool(2);
    options.connect_failures_to_trip = 1;
    pool_rig r(options);
    auto& lent = r.lease();
    auto& a = r.wait();
    r.fail_open(false, refused);
    auto& b = r.ask();
    CHECK(r.entry == pool_entry::queued);
    r.give_back(lent);
    CHECK(r.served(a));
    CHECK(b.queued);
    r.give_back(*a.slot, pool_return::broken);
    r.ask();
    CHECK(r.entry == pool_entry::rejected); // the last one is gone
}

TEST_CASE("a paused pool that is tripped lets acquires wait", "[pool]")
{
    auto options = plain_pool(1);
    options.connect_failures_to_trip = 1;
    pool_rig r(options);
    r.wait();
    r.fail_open();
    r.machine.pause();
    r.ask();
    CHECK(r.entry == pool_entry::queued);
    CHECK_FALSE(r.machine.poke_at());
}
