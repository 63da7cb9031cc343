// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/pool_lane.hpp> // self-contained
#include <resil/core/pool_machine.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <set>
#include <type_traits>
#include <utility>

using namespace resil;
using namespace resil::core;
using namespace std::chrono_literals;

static_assert(!std::is_copy_constructible_v<pool_lane>);
static_assert(noexcept(std::declval<pool_lane&>().take()));

namespace {

/// A pool whose connections are open and idle, and their lane.
struct quiet_pool
{
    explicit quiet_pool(std::size_t size, connection_pool_options o = {})
        : options((o.max_size = size, o.max_connecting = size, o)), machine(options), lane(true)
    {
        for (std::size_t i = 0; i < size; ++i) {
            lane_slot& slot = slots.emplace_back();
            lane.learn(slot);
            machine.supply(slot);
        }
        event([&] {
            pool_warm_up all;
            all.wanted = size;
            machine.warm_up(all, now);
            auto actions = machine.take_actions();
            while (pool_slot* const slot = actions.next_slot()) {
                machine.opened(*slot, now, 0.0);
            }
            machine.take_actions();
        });
    }

    template <class Event>
    void event(Event happens)
    {
        lane.shut(machine);
        happens();
        lane.open(machine, now);
    }

    lane_slot* borrow()
    {
        lane_slot* const slot = lane.take();
        if (slot != nullptr) {
            REQUIRE(pool_lane::fit(*slot, now));
            pool_lane::lend(*slot, now);
        }
        return slot;
    }

    time_point now{1h};
    connection_pool_options options;
    pool_machine machine;
    pool_lane lane;
    std::deque<lane_slot> slots;
};

} // namespace

TEST_CASE("the lane lends what was put into it last", "[pool][lane]")
{
    quiet_pool p(3);
    CHECK(p.lane.idle() == 3);
    lane_slot* const a = p.borrow();
    lane_slot* const b = p.borrow();
    CHECK(p.lane.put(*a, p.options, p.now));
    CHECK(p.lane.put(*b, p.options, p.now));

    CHECK(p.borrow() == b);
    CHECK(p.borrow() == a);
    CHECK(p.borrow() != nullptr);
    CHECK(p.borrow() == nullptr);
    CHECK(p.lane.lends() == 5);
}

TEST_CASE("a lane that is shut neither lends nor takes", "[pool][lane]")
{
    quiet_pool p(2);
    lane_slot* const a = p.borrow();
    p.lane.shut(p.machine);

    CHECK(p.lane.take() == nullptr);
    CHECK_FALSE(p.lane.put(*a, p.options, p.now));
    CHECK(p.machine.snapshot().idle == 1);
    CHECK(p.machine.snapshot().in_use == 1);
}

TEST_CASE("what lies in the lane is idle in the machine, in the order of its use",
          "[pool][lane]")
{
    quiet_pool p(3);
    lane_slot* const a = p.borrow();
    lane_slot* const b = p.borrow();
    p.now += 1ms;
    CHECK(p.lane.put(*b, p.options, p.now));
    p.now += 1ms;
    CHECK(p.lane.put(*a, p.options, p.now));
    p.lane.shut(p.machine);

    CHECK(p.machine.try_acquire(p.now) == a);
    CHECK(p.machine.try_acquire(p.now) == b);
}

TEST_CASE("the lane stays shut while somebody waits", "[pool][lane]")
{
    quiet_pool p(1);
    lane_slot* const a = p.borrow();
    pool_waiter waiter;
    p.event([&] { CHECK(p.machine.acquire(waiter, p.now, p.now + 1s) == pool_entry::queued); });
    CHECK_FALSE(p.lane.put(*a, p.options, p.now));
    p.event([&] { p.machine.give_back(*a, pool_return::clean, p.now); });

    CHECK(waiter.slot == a);
    CHECK(p.lane.take() == nullptr);
}

TEST_CASE("the lane does not lend without a ping what has been idle for long", "[pool][lane]")
{
    quiet_pool p(1, {.ping_after_idle = 500ms});
    p.now += 501ms;
    lane_slot* const stale = p.lane.take();
    REQUIRE(stale != nullptr);
    CHECK_FALSE(pool_lane::fit(*stale, p.now));
    p.lane.shut(p.machine);
    p.machine.take_in(*stale);
    p.lane.open(p.machine, p.now);

    CHECK(p.lane.take() == nullptr); // the machine keeps it, to ping it
    CHECK(p.machine.snapshot().idle == 1);
}

TEST_CASE("the lane does not take back what is too old, used up, or suspect", "[pool][lane]")
{
    connection_pool_options options;
    options.max_lifetime = 1min;
    options.lifetime_jitter_ratio = 0.0;
    options.max_uses = 2;
    options.uses_jitter_ratio = 0.0;
    quiet_pool p(3, options);

    lane_slot* const used = p.borrow();
    CHECK(p.lane.put(*used, p.options, p.now));
    CHECK(p.borrow() == used);
    CHECK_FALSE(p.lane.put(*used, p.options, p.now));

    lane_slot* const suspect = p.borrow();
    lane_slot* const lost = p.borrow();
    p.event([&] { p.machine.give_back(*lost, pool_return::disconnected, p.now); });
    CHECK_FALSE(p.lane.put(*suspect, p.options, p.now));

    quiet_pool q(1, options);
    lane_slot* const old = q.borrow();
    q.now += 61s;
    CHECK_FALSE(q.lane.put(*old, q.options, q.now));
}

TEST_CASE("the lane knows how many lie in it", "[pool][lane]")
{
    quiet_pool p(3);
    lane_slot* const a = p.borrow();
    lane_slot* const b = p.borrow();
    CHECK(p.lane.idle() == 1);
    CHECK(p.lane.put(*a, p.options, p.now));
    CHECK(p.lane.idle() == 2);
    CHECK(p.lane.put(*b, p.options, p.now));
    CHECK(p.lane.idle() == 3);
    p.lane.shut(p.machine);
    CHECK(p.lane.idle() == 0);
}

TEST_CASE("the lane knows all connections of a pool that grew", "[pool][lane]")
{
    std::size_t const many = 100;
    quiet_pool p(many);
    std::set<lane_slot*> lent;
    for (std::size_t i = 0; i < many; ++i) {
        lent.insert(p.borrow());
    }
    CHECK(lent.size() == many);
    CHECK_FALSE(lent.contains(nullptr));
    CHECK(p.borrow() == nullptr);
    CHECK(p.lane.lends() == many);
    for (lane_slot* const each : lent) {
        CHECK(p.lane.put(*each, p.options, p.now));
    }
    CHECK(p.lane.idle() == many);
}

TEST_CASE("a pool with more slots than a lane can name has none", "[pool][lane]")
{
    quiet_pool p(1);
    std::deque<lane_slot> others(pool_lane::most_slots - 1);
    for (lane_slot& each : others) {
        p.lane.learn(each);
    }
    p.event([] {});
    CHECK(p.lane.idle() == 1);

    lane_slot one_too_many;
    p.lane.learn(one_too_many);
    p.event([] {});
    CHECK(p.lane.idle() == 0);
}

TEST_CASE("what is put into the lane is alive from then on, and idle", "[pool][lane]")
{
    quiet_pool p(1, {.ping_after_idle = 500ms});
    lane_slot* const a = p.borrow();
    CHECK(a->since == p.now);
    p.now += 400ms;
    CHECK(p.lane.put(*a, p.options, p.now));
    CHECK(a->idle_since == p.now);
    p.now += 499ms;
    CHECK(p.borrow() == a);
    CHECK(a->since == p.now);
    CHECK(p.lane.put(*a, p.options, p.now));
    p.now += 500ms;
    CHECK_FALSE(pool_lane::fit(*a, p.now));
}

TEST_CASE("a connection is too old for the lane at the moment at which it expires", "[pool][lane]")
{
    connection_pool_options options;
    options.max_lifetime = 1min;
    options.lifetime_jitter_ratio = 0.0;
    quiet_pool p(1, options);
    lane_slot* const a = p.borrow();
    p.now = a->expires_at - 1ns;
    CHECK(p.lane.put(*a, p.options, p.now));
    CHECK(p.borrow() == a);
    p.now += 1ns;
    CHECK_FALSE(p.lane.put(*a, p.options, p.now));
}

TEST_CASE("a pool that lends in order of age, or keeps few idle, has no lane", "[pool][lane]")
{
    CHECK(quiet_pool(2, {.idle_order = idle_order::fifo}).lane.idle() == 0);
    connection_pool_options few;
    few.max_idle = 1;
    quiet_pool p(1, few);
    CHECK(p.lane.idle() == 1);
}

TEST_CASE("a lane that is not used stays shut", "[pool][lane]")
{
    pool_machine machine(connection_pool_options{});
    pool_lane lane(false);
    lane_slot slot;
    lane.learn(slot);
    machine.supply(slot);
    lane.shut(machine);
    lane.open(machine, time_point(1h));

    CHECK(lane.take() == nullptr);
    CHECK_FALSE(lane.put(slot, machine.options(), time_point(1h)));
}
