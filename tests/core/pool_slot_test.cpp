// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/pool_slot.hpp>

#include <catch2/catch_test_macros.hpp>

using namespace resil::core;

TEST_CASE("a slot that was never opened is no connection, and was never lent", "[pool]")
{
    pool_slot const slot;
    CHECK(slot.id == 0);
    CHECK(slot.generation == 0);
    CHECK(slot.asked_in == 0);
    CHECK(slot.wave == 0);
    CHECK(slot.uses == 0);
    CHECK(slot.last_use == 0);
}

TEST_CASE("who has not asked has no place in the order of arrival, and a warm-up wants one", "[pool]")
{
    CHECK(pool_waiter{}.ticket == 0);
    CHECK(pool_warm_up{}.wanted == 1);
}

TEST_CASE("a chain gives nodes back in the order in which they came, whatever they were linked to before", "[pool]")
{
    pool_waiter first;
    pool_waiter second;
    pool_waiter stranger;
    second.next = &stranger;
    pool_chain<pool_waiter> chain;
    CHECK(chain.empty());
    chain.push(first);
    chain.push(second);
    CHECK(chain.pop() == &first);
    CHECK(chain.pop() == &second);
    CHECK(chain.pop() == nullptr);
    CHECK(chain.empty());
}

TEST_CASE("there is something to do if there is one thing of any kind", "[pool]")
{
    CHECK(pool_actions{}.empty());

    pool_slot slot;
    pool_actions of_slot;
    of_slot.add(slot);
    CHECK_FALSE(of_slot.empty());
    CHECK(of_slot.next_slot() == &slot);
    CHECK(of_slot.empty());

    pool_waiter waiter;
    pool_actions of_waiter;
    of_waiter.add(waiter);
    CHECK_FALSE(of_waiter.empty());
    CHECK(of_waiter.next_waiter() == &waiter);
    CHECK(of_waiter.empty());

    pool_warm_up warm_up;
    pool_actions of_warm_up;
    of_warm_up.add(warm_up);
    CHECK_FALSE(of_warm_up.empty());
    CHECK(of_warm_up.next_warm_up() == &warm_up);
    CHECK(of_warm_up.empty());
}

TEST_CASE("suspicion and invalidation are each something to tell", "[pool]")
{
    pool_actions suspicion;
    suspicion.add_suspicion();
    CHECK(suspicion.suspected());
    CHECK_FALSE(suspicion.invalidated());
    CHECK_FALSE(suspicion.empty());

    pool_actions invalidation;
    invalidation.add_invalidation();
    CHECK(invalidation.invalidated());
    CHECK_FALSE(invalidation.suspected());
    CHECK_FALSE(invalidation.empty());
}
