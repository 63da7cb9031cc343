// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// When a breaker needs the time, and which moment an outcome belongs to.

#include <resil/circuit_breaker.hpp>
#include <resil/error.hpp>

#include "support/world.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <chrono>
#include <cstddef>
#include <utility>

using namespace support;
using resil::circuit_state;
using resil::circuit_window;

namespace {

scripted_operation<int> succeeds(resil::duration after = 0s)
{
    scripted_operation<int> op;
    op.succeeds(1).after(after);
    return op;
}

scripted_operation<int> fails(resil::duration after = 0s)
{
    scripted_operation<int> op;
    op.fails(net::connection_reset).after(after);
    return op;
}

/// Runs one call, and returns how often it read the clock.
std::size_t reads_of(world& w, resil::circuit_breaker const& b, scripted_operation<int> op)
{
    auto const before = w.time.reads();
    auto const call = w.call(b, std::move(op));
    CHECK(call.done());
    return w.time.reads() - before;
}

} // namespace

TEST_CASE("a success is counted without a clock, unless the window is one of time",
          "[circuit_breaker][clock]")
{
    world w;
    resil::circuit_breaker const count{{.window = circuit_window::count(10)}};
    resil::circuit_breaker const row{{.window = circuit_window::consecutive(3)}};
    resil::circuit_breaker const time;

    for (int i = 0; i < 2; ++i) {
        CHECK(reads_of(w, count, succeeds()) == 0);
        CHECK(reads_of(w, row, succeeds()) == 0);
        CHECK(reads_of(w, time, succeeds()) == 1);
    }
    CHECK(count.snapshot().calls == 2);
    CHECK(row.snapshot().calls == 2);
    CHECK(time.snapshot().calls == 2);
    CHECK(time.snapshot().admitted == 2);
}

TEST_CASE("what may be slow, or failed, is timed", "[circuit_breaker][clock]")
{
    world w;
    resil::circuit_breaker const count{{.window = circuit_window::count(10)}};
    resil::circuit_breaker const slow{
        {.window = circuit_window::count(10), .slow_call_duration = 1s}};

    CHECK(reads_of(w, count, fails()) == 1);
    CHECK(reads_of(w, slow, succeeds()) == 2);
    CHECK(slow.snapshot().calls == 1);
}

TEST_CASE("a probe is timed, for it has a lease", "[circuit_breaker][clock]")
{
    world w;
    resil::circuit_breaker const b{{.window = circuit_window::consecutive(1)}};
    (void)w.call(b, fails());
    w.time.advance(10s);

    CHECK(reads_of(w, b, succeeds()) == 2);
    CHECK(b.snapshot().probe_successes == 1);
}

TEST_CASE("a success belongs to the moment of its admission, a failure to that of its end",
          "[circuit_breaker]")
{
    world w;
    resil::circuit_breaker const b{{.window = circuit_window::time(10s, 10)}};
    (void)w.call(b, succeeds(5s));
    (void)w.call(b, fails(5s));
    w.time.advance(5s);
    auto const ended = b.snapshot();
    w.time.advance(6s);
    (void)w.call(b, fails()); // eleven seconds after the admission, six after the end

    CHECK(ended.calls == 2);
    CHECK(b.snapshot().calls == 2);
    CHECK(b.snapshot().failures == 2);
}

TEST_CASE("a call that was admitted without a time is counted in a window of time",
          "[circuit_breaker][reconfigure]")
{
    world w;
    resil::circuit_breaker const b{{.window = circuit_window::count(10)}};
    bool const good = GENERATE(true, false);
    (void)w.call(b, good ? succeeds(1s) : fails(1s));
    auto options = b.options();
    options.window = circuit_window::time(10s, 10);
    options.slow_call_duration = GENERATE(0ms, 100ms);
    b.reconfigure(options);

    w.time.advance(1s);

    CHECK(b.snapshot().calls == 1);
    CHECK(b.snapshot().failures == !good);
    CHECK(b.snapshot().slow == 0); // nobody knows for how long it ran
}
