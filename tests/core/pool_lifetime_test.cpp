// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// How long connections are kept. T<n> is a bug of another pool.

#include <resil/core/pool_machine.hpp> // self-contained
#include <resil/core/random.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <core/pool_rig.hpp>
#include <set>
#include <vector>

using namespace resil;
using namespace resil::tests;

namespace {

connection_pool_options ageing_pool(std::size_t max_size, duration max_lifetime)
{
    auto options = plain_pool(max_size);
    options.max_lifetime = max_lifetime;
    return options;
}

connection_pool_options idling_pool(std::size_t max_size, duration idle_timeout)
{
    auto options = plain_pool(max_size);
    options.idle_timeout = idle_timeout;
    return options;
}

} // namespace

// ----- age -----------------------------------------------------------------------------------

TEST_CASE("T22: a connection that is busy at every sweep is retired all the same",
          "[pool][T22]")
{
    pool_rig r(ageing_pool(1, 1min));
    auto* slot = &r.lease();
    for (int i = 0; i < 59; ++i) {
        r.pass(1s);
        r.sweep();
        r.give_back(*slot);
        slot = &r.lease();
        CHECK(slot->id == 1);
    }
    r.pass(1s);
    r.sweep();
    CHECK(slot->state == pool_slot_state::leased); // in use it is left alone
    SECTION("when it comes back clean")
    {
        r.give_back(*slot);
    }
    SECTION("when it comes back dirty")
    {
        r.give_back(*slot, pool_return::dirty);
    }
    CHECK(r.close() == std::vector{pool_close::expired});
}

TEST_CASE("a connection is too old at its lifetime, not before: at an acquire", "[pool]")
{
    pool_rig r(ageing_pool(1, 1min));
    r.idle(1);
    r.pass(1min - 1ns);
    CHECK(r.machine.try_acquire(r.now)->id == 1);
    r.give_back(*r.told.front()->slot);
    r.pass(1ns);
    CHECK(r.machine.try_acquire(r.now) == nullptr);
    r.follow();
    CHECK(r.close() == std::vector{pool_close::expired});
}

TEST_CASE("a connection is too old at its lifetime, not before: in a sweep", "[pool]")
{
    pool_rig r(ageing_pool(1, 1min));
    r.idle(1);
    CHECK(r.machine.next_due() == r.now + 1min);
    r.pass(1min - 1ns);
    r.sweep();
    CHECK(r.seen().idle == 1);
    r.pass(1ns);
    r.sweep();
    CHECK(r.close() == std::vector{pool_close::expired});
    CHECK_FALSE(r.machine.next_due());
}

TEST_CASE("a connection that grows too old while it is reset or tested is not lent", "[pool]")
{
    auto options = ageing_pool(1, 1min);
    options.ping_after_idle = 1s;
    pool_rig r(options);
    auto& slot = r.lease();
    SECTION("reset")
    {
        r.pass(59s);
        r.give_back(slot, pool_return::dirty);
        r.pass(1s);
        r.reset(true);
    }
    SECTION("tested")
    {
        r.give_back(slot);
        r.pass(59s);
        r.wait();
        r.pass(1s);
        r.answer(true);
    }
    CHECK(r.close() == std::vector{pool_close::expired});
}

TEST_CASE("T23: connections that were opened together do not end together, and none lives too "
          "long",
          "[pool][T23]")
{
    for (auto const lifetime : {duration(30min), duration(500ms)}) { // parts of seconds, too
        pool_rig r(ageing_pool(100, lifetime));
        core::generator draw(1);
        for (int i = 0; i < 100; ++i) {
            r.wait(1h);
        }
        while (r.pending(pool_task::open) > 0) {
            r.open(draw.unit());
        }
        std::vector<duration> lives;
        for (auto* waiter : r.told) {
            lives.push_back(waiter->slot->expires_at - r.now);
        }
        std::sort(lives.begin(), lives.end());
        CHECK(lives.back() <= lifetime);
        CHECK(lives.front() >= core::scaled(lifetime, 0.9) - 1us);
        CHECK(std::set(lives.begin(), lives.end()).size() == 100);
        // In each tenth of the window there are some.
        for (int tenth = 0; tenth < 10; ++tenth) {
            auto const from = core::scaled(lifetime, 0.9 + 0.01 * tenth);
            auto const to = core::scaled(lifetime, 0.91 + 0.01 * tenth);
            CHECK(std::any_of(lives.begin(), lives.end(),
                              [&](duration life) { return life >= from && life <= to; }));
        }
    }
}

TEST_CASE("T24: a lifetime of zero is no limit", "[pool][T24]")
{
    pool_rig r(ageing_pool(1, 0s));
    auto& slot = *r.idle(1).front();
    CHECK(slot.expires_at == time_point::max());
    r.pass(1000h);
    r.sweep();
    CHECK(r.seen().idle == 1);
    CHECK_FALSE(r.machine.next_due());
    r.ask();
    CHECK(r.entry == pool_entry::granted);
}

TEST_CASE(
    "T11: a pool is refilled when its connections have grown too old, and never stays empty",
    "[pool][T11]")
{
    auto options = ageing_pool(3, 1min);
    options.min_idle = 3;
    pool_rig r(options);
    for (int i = 0; i < 3; ++i) {
        r.open();
    }
    for (int lives = 0; lives < 10; ++lives) {
        r.pass(1min);
        r.sweep();
        r.close();
        REQUIRE(r.pending(pool_task::open) == 3);
        if (lives % 2 == 1) { // also when the server refuses at first
            r.fail_open();
            r.fail_open();
            r.fail_open();
            CHECK(r.seen().size == 0);
            r.now = r.machine.next_due().value();
            r.sweep();
            REQUIRE(r.pending(pool_task::open) == 3);
        }
        for (int i = 0; i < 3; ++i) {
            r.open();
        }
        CHECK(r.seen().idle == 3);
    }
}

TEST_CASE("T11: a waiter gets a connection although all have just grown too old", "[pool][T11]")
{
    pool_rig r(ageing_pool(1, 1min));
    r.idle(1);
    r.pass(1min);
    auto& a = r.wait();
    r.close();
    r.open();
    CHECK(r.served(a));
}

// ----- use -----------------------------------------------------------------------------------

TEST_CASE("a connection is closed after its last use", "[pool]")
{
    auto options = plain_pool(1);
    options.max_uses = 10;
    pool_rig r(options);
    auto& slot = *r.idle(1).front();
    for (int i = 2; i <= 10; ++i) {
        CHECK(&r.lease() == &slot);
        CHECK(slot.uses == static_cast<std::uint64_t>(i));
        r.give_back(slot);
    }
    CHECK(r.close() == std::vector{pool_close::max_uses});
}

TEST_CASE("a connection that may be used once is used once", "[pool]")
{
    auto options = plain_pool(1);
    options.max_uses = 1;
    options.uses_jitter_ratio = 0.9;
    pool_rig r(options);
    auto& first = r.lease();
    CHECK(first.last_use == 1);
    r.give_back(first, pool_return::dirty); // a reset would be for nobody
    CHECK(r.close() == std::vector{pool_close::max_uses});
}

// ----- idleness ------------------------------------------------------------------------------

TEST_CASE("T20: idle connections at or below min_idle are not closed for being idle",
          "[pool][T20]")
{
    auto options = idling_pool(4, 1min);
    options.min_idle = 2;
    pool_rig r(options);
    r.open();
    r.open();
    auto const lent = r.leases(4);
    for (auto* slot : lent) {
        r.give_back(*slot);
    }
    auto const opened = r.seen().opened;
    CHECK(r.machine.next_due() == r.now + 1min);

    r.sweep_for(24h);

    CHECK(r.seen().idle == 2);
    CHECK(r.seen().opened == opened); // none is closed only to be opened again
    CHECK(r.seen().count(pool_close::idle) == 2);
    CHECK_FALSE(r.machine.next_due());
}

TEST_CASE("idle connections go at their time, the one unused longest first", "[pool]")
{
    pool_rig r(idling_pool(3, 1min));
    auto const lent = r.leases(3);
    for (auto* slot : lent) {
        r.give_back(*slot);
        r.pass(1s);
    }
    r.pass(57s - 1ns);
    r.sweep();
    CHECK(r.seen().idle == 3);
    r.pass(1ns);
    r.sweep();
    CHECK(lent[0]->state == pool_slot_state::closing);
    CHECK(r.seen().idle == 2);
    CHECK(r.machine.next_due() == r.now + 1s);
    r.sweep_for(2s);
    CHECK(r.seen().idle == 0);
    CHECK(r.seen().count(pool_close::idle) == 3);
}

TEST_CASE("T25: under a light load the connections that nobody needs grow idle and go",
          "[pool][T25]")
{
    auto light_load = [](pool_rig& r) {
        r.idle(5);
        for (int i = 0; i < 600; ++i) { // ten minutes, a call a second
            auto& slot = r.lease();
            r.pass(10ms);
            r.give_back(slot);
            r.sweep_for(990ms);
        }
        return r.seen().idle;
    };
    auto options = idling_pool(5, 1min);
    pool_rig lifo(options);
    CHECK(light_load(lifo) == 1);

    options.idle_order = idle_order::fifo; // all of them are used in turn
    pool_rig fifo(options);
    CHECK(light_load(fifo) == 5);
}

TEST_CASE("the connection used last is lent first, or the one idle longest", "[pool]")
{
    auto options = plain_pool(3);
    auto order_of = [&](idle_order order) {
        options.idle_order = order;
        pool_rig r(options);
        auto const lent = r.leases(3);
        for (auto const i : {1, 0, 2}) {
            r.give_back(*lent[static_cast<std::size_t>(i)]);
            r.pass(1ms);
        }
        std::vector<std::uint64_t> ids;
        for (int i = 0; i < 3; ++i) {
            ids.push_back(r.lease().id);
        }
        return ids;
    };
    CHECK(order_of(idle_order::lifo) == std::vector<std::uint64_t>{3, 1, 2});
    CHECK(order_of(idle_order::fifo) == std::vector<std::uint64_t>{2, 1, 3});
}

TEST_CASE("time that goes back counts as standing still", "[pool]")
{
    pool_rig r(idling_pool(1, 1min));
    auto& lent = r.lease();
    r.pass(10s);
    r.give_back(lent);
    r.pass(-1h);
    r.sweep();
    auto& a = r.ask(2h);
    CHECK(r.entry == pool_entry::granted);
    r.give_back(*a.slot);
    CHECK(r.machine.holds().max() == 10s);
    CHECK(r.machine.next_due() == at(10s) + 1min);
}

TEST_CASE("a clock that jumps far ahead only makes connections old", "[pool]")
{
    auto options = plain_pool(2);
    options.max_lifetime = 30min;
    options.min_idle = 1;
    pool_rig r(options);
    r.open();
    r.pass(100h);
    r.sweep();
    CHECK(r.close() == std::vector{pool_close::expired});
    r.open();
    CHECK(r.seen().idle == 1);
}
