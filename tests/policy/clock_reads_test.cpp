// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/bulkhead.hpp>
#include <resil/circuit_breaker.hpp>
#include <resil/deadline.hpp>
#include <resil/fallback.hpp>
#include <resil/pipeline.hpp> // self-contained
#include <resil/retry.hpp>
#include <resil/timeout.hpp>

#include "support/steady_retry.hpp"
#include "support/world.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstddef>
#include <utility>

using namespace support;

namespace {

/// Runs one call, and returns how often it read the clock.
template <class Policy>
std::size_t reads_of(Policy const& policy, scripted_operation<int> op)
{
    world w;
    auto const before = w.time.reads();
    auto const call = w.call(policy, std::move(op));
    w.time.advance(1h);
    CHECK(call.done());
    return w.time.reads() - before;
}

auto full_stack(resil::duration delay)
{
    return resil::pipeline{resil::deadline{10min}, resil::retry{steady(5, delay)}, resil::circuit_breaker{},
                           resil::bulkhead{}, resil::timeout{1min}};
}

} // namespace

TEST_CASE("a whole stack reads the clock twice for a first attempt that succeeds", "[clock]")
{
    CHECK(reads_of(full_stack(10ms), scripted_operation<int>().succeeds(1)) <= 2);
}

TEST_CASE("a whole stack reads the clock twice more for each further attempt", "[clock]")
{
    scripted_operation<int> twice, five_times;
    twice.fails(net::eof).succeeds(1);
    five_times.fails(net::eof);

    CHECK(reads_of(full_stack(10ms), twice) <= 4);
    CHECK(reads_of(full_stack(0ms), scripted_operation<int>().fails(net::eof).succeeds(1)) <=
          4);
    CHECK(reads_of(full_stack(10ms), five_times) <= 10);
}

TEST_CASE("policies that need no time for a success read no clock", "[clock]")
{
    scripted_operation<int> op;
    op.succeeds(1);

    CHECK(reads_of(resil::bulkhead{}, op) == 0);
    CHECK(reads_of(resil::retry{}, op) == 0);
    CHECK(reads_of(resil::fallback{1}, op) == 0);
}

TEST_CASE("policies that need to know when something began read the clock once", "[clock]")
{
    scripted_operation<int> op;
    op.succeeds(1);

    CHECK(reads_of(resil::timeout{1s}, op) == 1);
    CHECK(reads_of(resil::deadline{1s}, op) == 1);
    CHECK(reads_of(resil::circuit_breaker{}, op) <= 1);
}

TEST_CASE("a call that is rejected reads the clock once", "[clock]")
{
    resil::circuit_breaker const breaker;
    breaker.force_open();

    CHECK(reads_of(breaker, scripted_operation<int>()) == 1);
}

TEST_CASE("who observes how long calls take costs a read at their ends, shared with the policies", "[clock]")
{
    scripted_operation<int> op;
    op.succeeds(1);
    auto const timed = resil::observe{[](auto const&) {}};
    auto const untimed = resil::observe{[](resil::call_started const&) {}};

    CHECK(reads_of(resil::pipeline{untimed}, op) == 0);
    CHECK(reads_of(resil::pipeline{timed}, op) == 2);
    CHECK(reads_of(resil::pipeline{timed, resil::deadline{10min}, resil::retry{steady(5, 10ms)},
                                   resil::circuit_breaker{}, resil::bulkhead{}, resil::timeout{1min}},
                   op) == 2);
}
