// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/pool_generations.hpp> // self-contained

#include <catch2/catch_test_macros.hpp>

using namespace resil::core;

TEST_CASE("nothing is dead or suspect in the beginning", "[pool]")
{
    pool_generations const g;
    CHECK_FALSE(g.dead(g.current()));
    CHECK_FALSE(g.suspect(g.current()));
    CHECK(g.trusted_from() == g.current());
}

TEST_CASE("the first loss makes its time suspect, the second one dead", "[pool]")
{
    pool_generations g;
    auto const first = g.current();
    CHECK(g.lost(first) == pool_alarm::suspect);
    CHECK(g.suspect(first));
    CHECK_FALSE(g.dead(first));
    auto const second = g.current();
    CHECK(second == first + 1);
    CHECK_FALSE(g.suspect(second));
    CHECK(g.trusted_from() == second);

    CHECK(g.lost(first) == pool_alarm::dead);
    CHECK(g.dead(first));
    CHECK_FALSE(g.dead(second));
    CHECK(g.current() == second); // those opened since are not touched
    CHECK(g.lost(first) == pool_alarm::none);
    CHECK(g.lost(first) == pool_alarm::none);
    CHECK_FALSE(g.suspect(second));
}

TEST_CASE("a proof of life between two losses saves the others", "[pool]")
{
    pool_generations g;
    auto const first = g.current();
    g.lost(first);
    g.answered();
    CHECK(g.lost(first) == pool_alarm::none);
    CHECK_FALSE(g.dead(first));
    CHECK(g.lost(first) == pool_alarm::dead);
}

TEST_CASE("a death ends the accusation: later ones begin anew", "[pool]")
{
    pool_generations g;
    g.lost(g.current());
    g.lost(1);
    auto const next = g.current();
    CHECK(g.lost(next) == pool_alarm::suspect);
    CHECK_FALSE(g.dead(next));
    CHECK(g.lost(next) == pool_alarm::dead);
}

TEST_CASE("the loss of a later one makes all before it suspect, too", "[pool]")
{
    pool_generations g;
    auto const first = g.current();
    g.lost(first);
    auto const second = g.current();
    CHECK(g.lost(second) == pool_alarm::suspect);
    CHECK((g.suspect(first) && g.suspect(second)));
    CHECK_FALSE((g.dead(first) || g.dead(second)));
    CHECK(g.lost(first) == pool_alarm::dead);
    CHECK(g.dead(second));
}

TEST_CASE("an invalidation counts for the current generation only", "[pool]")
{
    pool_generations g;
    auto const first = g.current();
    CHECK(g.invalidate(first));
    CHECK(g.dead(first));
    CHECK(g.suspect(first));
    CHECK(g.current() == first + 1);
    CHECK_FALSE(g.dead(g.current()));
    CHECK_FALSE(g.invalidate(first));
    CHECK_FALSE(g.invalidate(g.current() + 1));
    CHECK(g.current() == first + 1);
}

TEST_CASE("an invalidation forgets an accusation", "[pool]")
{
    pool_generations g;
    g.lost(g.current());
    g.invalidate(g.current());
    auto const next = g.current();
    CHECK(g.lost(next) == pool_alarm::suspect);
    g.answered();
    g.invalidate(g.current());
    CHECK(g.lost(g.current()) == pool_alarm::suspect);
    CHECK(g.lost(g.current() - 1) == pool_alarm::dead);
}
