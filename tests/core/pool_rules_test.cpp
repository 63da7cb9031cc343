// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/pool_rules.hpp> // self-contained

#include <catch2/catch_test_macros.hpp>

#include <core/words.hpp>

using namespace resil;
using namespace resil::core;
using namespace resil::tests;

TEST_CASE("a lifetime is shortened by its jitter, never lengthened", "[pool]")
{
    connection_pool_options options;
    options.max_lifetime = 100s;
    options.lifetime_jitter_ratio = 0.2;
    CHECK(draw_expiry(options, at(0s), 0.0) == at(100s));
    CHECK(draw_expiry(options, at(0s), 0.5) == at(90s));
    options.lifetime_jitter_ratio = 0.0;
    CHECK(draw_expiry(options, at(0s), 0.9) == at(100s));
    options.max_lifetime = 1ns;
    CHECK(draw_expiry(options, at(0s), 0.0) == at(1ns));
    options.max_lifetime = duration::max();
    CHECK(draw_expiry(options, at(0s), 0.0) == time_point::max());
    options.max_lifetime = 0s;
    CHECK(draw_expiry(options, at(0s), 0.5) == time_point::max());
}

TEST_CASE("a number of uses is lowered by its jitter, but not below one", "[pool]")
{
    connection_pool_options options;
    CHECK(draw_last_use(options, 0.5) == 0);
    options.max_uses = 1000;
    CHECK(draw_last_use(options, 0.0) == 1000);
    CHECK(draw_last_use(options, 0.5) == 950);
    options.uses_jitter_ratio = 0.9;
    options.max_uses = 2;
    CHECK(draw_last_use(options, 0.999) == 1);
    options.max_uses = 1;
    CHECK(draw_last_use(options, 0.999) == 1);
    options.max_uses = UINT64_MAX;
    CHECK(draw_last_use(options, 0.0) == UINT64_MAX);
}

TEST_CASE("a connection is used up at its last use", "[pool]")
{
    pool_slot slot;
    slot.uses = 1'000'000;
    CHECK_FALSE(used_up(slot));
    slot.last_use = 1'000'001;
    CHECK_FALSE(used_up(slot));
    ++slot.uses;
    CHECK(used_up(slot));
    ++slot.uses;
    CHECK(used_up(slot));
}

TEST_CASE("a connection is trusted up to the end of the window after it was last alive",
          "[pool]")
{
    connection_pool_options options;
    pool_slot slot;
    slot.alive_at = at(0s);
    CHECK_FALSE(stale(options, slot, at(500ms)));
    CHECK(stale(options, slot, at(500ms) + 1ns));
}

TEST_CASE("a connection is unused from its timeout on, if there is one", "[pool]")
{
    connection_pool_options options;
    pool_slot slot;
    slot.idle_since = at(0s);
    CHECK(unused_at(options, slot) == at(10min));
    options.idle_timeout = 0s;
    CHECK(unused_at(options, slot) == time_point::max());
}

TEST_CASE("a keepalive comes at its interval or up to a tenth before, if there is any",
          "[pool]")
{
    connection_pool_options options;
    options.keepalive_interval = 10s;
    CHECK(draw_keepalive(options, 0.0) == 10s);
    CHECK(draw_keepalive(options, 0.5) == 9500ms);
    pool_slot slot;
    slot.alive_at = at(0s);
    CHECK(keepalive_at(slot) == time_point::max());
    slot.keepalive = 9500ms;
    CHECK(keepalive_at(slot) == at(9500ms));
    options.keepalive_interval = 0s;
    CHECK(draw_keepalive(options, 0.5) == 0s);
}

TEST_CASE("a ping leaves half of the time", "[pool]")
{
    connection_pool_options options;
    CHECK(ping_patience(options, at(0s), at(10s)) == 1s);
    CHECK(ping_patience(options, at(0s), at(2s)) == 1s);
    CHECK(ping_patience(options, at(0s), at(1s)) == 500ms);
    CHECK(ping_patience(options, at(0s), time_point::max()) == 1s);
}
