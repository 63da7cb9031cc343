// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/pool_gate.hpp> // self-contained

#include <catch2/catch_test_macros.hpp>

#include <core/words.hpp>

using namespace resil;
using namespace resil::core;
using namespace resil::tests;

namespace {

connection_pool_options steps(duration first, duration longest, std::size_t to_trip)
{
    connection_pool_options options;
    options.connect_backoff = first;
    options.max_connect_backoff = longest;
    options.connect_failures_to_trip = to_trip;
    return options;
}

} // namespace

TEST_CASE("a new gate is open", "[pool]")
{
    pool_gate const gate;
    CHECK(gate.open(time_point::min()));
    CHECK(gate.failures() == 0);
    CHECK_FALSE(gate.tripped(steps(1ms, 1s, 1)));
}

TEST_CASE("a failure shuts the gate for a part of the pause, then it is open again", "[pool]")
{
    auto const options = steps(100ms, 1s, 5);
    pool_gate gate;
    gate.failed(gate.wave(), options, at(0s), 0.5);
    CHECK(gate.until() == at(50ms));
    CHECK_FALSE(gate.open(at(50ms) - 1ns));
    CHECK(gate.open(at(50ms)));
    CHECK(gate.failures() == 1);
}

TEST_CASE("only the first failure of a wave lengthens the pause, but each is counted", "[pool]")
{
    auto const options = steps(100ms, 1s, 3);
    pool_gate gate;
    auto const wave = gate.wave();
    gate.failed(wave, options, at(0s), 0.5);
    gate.failed(wave, options, at(10ms), 0.5);
    CHECK(gate.until() == at(50ms));
    CHECK_FALSE(gate.tripped(options));
    gate.failed(wave, options, at(20ms), 0.5);
    CHECK(gate.until() == at(50ms));
    CHECK(gate.tripped(options));

    gate.failed(gate.wave(), options, at(50ms), 0.5);
    CHECK(gate.until() == at(150ms)); // twice as long
    gate.failed(gate.wave(), options, at(150ms), 0.5);
    CHECK(gate.until() == at(350ms));
}

TEST_CASE(
    "a success opens the gate wide, and a failure of an attempt before it does not shut it",
    "[pool]")
{
    auto const options = steps(100ms, 1s, 1);
    pool_gate gate;
    auto const before = gate.wave();
    gate.failed(before, options, at(0s), 0.5);
    gate.failed(gate.wave(), options, at(50ms), 0.5);
    auto const late = gate.wave();
    CHECK(gate.tripped(options));
    gate.succeeded();
    CHECK(gate.open(at(0s)));
    CHECK(gate.failures() == 0);
    CHECK_FALSE(gate.tripped(options));

    gate.failed(late, options, at(60ms), 0.5);
    CHECK(gate.open(at(60ms)));
    CHECK(gate.failures() == 1);
    gate.failed(gate.wave(), options, at(60ms), 0.5);
    CHECK(gate.until() == at(110ms)); // the pauses start over
}

TEST_CASE("pauses stay at the cap, however many fail, and a gate without a limit never trips",
          "[pool]")
{
    auto const options = steps(100ms, 1s, 0);
    pool_gate gate;
    for (int i = 0; i < 2'000; ++i) {
        gate.failed(gate.wave(), options, at(0s), 0.5);
    }
    CHECK(gate.until() == at(500ms));
    CHECK(gate.failures() == 2'000);
    CHECK_FALSE(gate.tripped(options));
}
