// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/circuit_breaker.hpp> // self-contained
#include <resil/error.hpp>
#include <resil/verdict.hpp>

#include "support/world.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <chrono>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

using namespace support;
using resil::circuit_state;

static_assert(std::is_aggregate_v<resil::circuit_breaker_options>);
static_assert(std::is_nothrow_move_constructible_v<resil::circuit_breaker>);

namespace {

/// Opens at the second failure in a row, for exactly a second; one probe decides.
resil::circuit_breaker_options touchy()
{
    return {.window = resil::circuit_window::consecutive(2),
            .open_duration = 1s,
            .open_jitter_ratio = 0.0,
            .half_open_max_calls = 1,
            .half_open_required_successes = 1};
}

/// A world with a breaker in it, and operations that fail or succeed at once.
struct circuit_world : world
{
    explicit circuit_world(resil::circuit_breaker_options options = touchy())
        : breaker(std::move(options))
    {
        good.succeeds(1);
        bad.fails(net::connection_reset);
        hanging.hangs();
    }

    watched<int> run(scripted_operation<int> op) { return call(breaker, std::move(op)); }

    void fail(int times = 1)
    {
        for (int i = 0; i < times; ++i) {
            (void)run(bad);
        }
    }

    void open() { fail(2); }

    void half_open()
    {
        open();
        time.advance(1s);
    }

    resil::circuit_breaker breaker;
    scripted_operation<int> good, bad, hanging;
};

/// Returns why options are refused; empty if they are not.
std::string refusal(resil::circuit_breaker_options options)
{
    try {
        resil::circuit_breaker{std::move(options)};
        return {};
    } catch (resil::invalid_option const& e) {
        return e.what();
    }
}

} // namespace

TEST_CASE("a closed circuit passes everything on", "[circuit_breaker]")
{
    circuit_world w;

    CHECK(w.run(w.good).value() == 1);
    auto const failed = w.run(w.bad);

    CHECK(failed.code() == net::connection_reset);
    CHECK(failed.reason() == reason::none);
    CHECK(w.breaker.state() == circuit_state::closed);
    CHECK(w.breaker.snapshot().calls == 2);
    CHECK(w.breaker.snapshot().failures == 1);
}

TEST_CASE("an open circuit rejects without an attempt, and says when to come back",
          "[circuit_breaker]")
{
    circuit_world w;
    w.open();
    w.time.advance(400ms);

    auto const call = w.run(w.good);

    CHECK(call.code() == errc::circuit_open);
    CHECK(call.reason() == reason::circuit_open);
    CHECK(call.failure().retry_after() == 600ms);
    CHECK(call.attempts() == 0);
    CHECK(call.last_error() == error_code());
    CHECK(w.good.starts() == 0);
    CHECK(w.breaker.state() == circuit_state::open);
}

TEST_CASE("after the open time a probe that succeeds closes the circuit", "[circuit_breaker]")
{
    circuit_world w;
    w.open();
    w.time.advance(999ms);
    CHECK(w.run(w.good).code() == errc::circuit_open);
    w.time.advance(1ms);

    CHECK(w.run(w.good).value() == 1);
    CHECK(w.breaker.state() == circuit_state::closed);
}

TEST_CASE("after the open time a probe that fails opens the circuit, for longer",
          "[circuit_breaker]")
{
    circuit_world w;
    w.half_open();

    w.fail();
    CHECK(w.breaker.state() == circuit_state::open);
    CHECK(w.run(w.good).failure().retry_after() == 2s);
}

TEST_CASE("while the probes are in flight, others are rejected, and told so",
          "[circuit_breaker]")
{
    circuit_world w;
    w.half_open();
    auto const probe = w.run(w.hanging);

    auto const other = w.run(w.good);

    CHECK(other.code() == errc::circuit_open);
    CHECK(other.reason() == reason::probes_busy);
    CHECK(other.failure().retry_after() == 10s);
    CHECK(w.breaker.state() == circuit_state::half_open);
    probe.cancel();
}

TEST_CASE("never more probes are in flight than there may be", "[circuit_breaker]")
{
    auto options = touchy();
    options.half_open_max_calls = 3;
    circuit_world w{options};
    w.half_open();

    for (int i = 0; i < 20; ++i) {
        (void)w.run(w.hanging);
    }

    CHECK(w.hanging.starts() == 3);
    CHECK(w.breaker.snapshot().probes_in_flight == 3);
    w.leaves_work();
}

TEST_CASE("a cancelled probe is neither, and its place is free at once", "[circuit_breaker]")
{
    auto const type =
        GENERATE(asio::cancellation_type::terminal, asio::cancellation_type::partial,
                 asio::cancellation_type::total);
    circuit_world w;
    w.half_open();
    auto const probe = w.run(w.hanging);

    probe.cancel(type);
    w.time.run_ready();

    CHECK(probe.code() == net::operation_aborted);
    CHECK(w.breaker.state() == circuit_state::half_open);
    CHECK(w.run(w.good).ok());
    CHECK(w.breaker.state() == circuit_state::closed);
}

TEST_CASE("a probe that never answers loses its lease, and cannot wedge the circuit",
          "[circuit_breaker]")
{
    circuit_world w;
    w.half_open();
    auto const probe = w.run(w.hanging);

    w.time.advance(10s + 1999ms); // the lease, and an open time that began with its end
    CHECK(w.run(w.good).reason() == reason::circuit_open);
    w.time.advance(1ms);
    CHECK(w.run(w.good).ok());
    CHECK(w.breaker.state() == circuit_state::closed);
    probe.cancel();
    w.time.run_ready();
    CHECK(w.breaker.state() == circuit_state::closed);
}

TEST_CASE("the late result of a probe whose lease ended is ignored", "[circuit_breaker]")
{
    circuit_world w;
    scripted_operation<int> late;
    late.fails(net::eof).after(12s + 500ms);
    w.half_open();
    auto const probe = w.run(late);

    w.time.advance(12s);
    CHECK(w.run(w.good).ok());
    w.time.advance(500ms);

    CHECK(probe.code() == net::eof);
    CHECK(w.breaker.state() == circuit_state::closed);
    CHECK(w.breaker.snapshot().failures == 0);
}

TEST_CASE("the results of calls from before the circuit changed change nothing",
          "[circuit_breaker]")
{
    bool const succeeds = GENERATE(true, false);
    circuit_world w;
    scripted_operation<int> old;
    old.completes(succeeds ? error_code() : net::eof, 1).after(2s);
    auto const overhanging = w.run(old);
    w.half_open();
    auto const probe = w.run(w.hanging);
    REQUIRE(w.breaker.state() == circuit_state::half_open);

    w.time.advance(1s);

    CHECK(overhanging.ok() == succeeds);
    CHECK(w.breaker.state() == circuit_state::half_open);
    CHECK(w.run(w.good).reason() == reason::probes_busy);
    probe.cancel();
}

TEST_CASE("an old call that is cancelled while half-open frees no probe's place",
          "[circuit_breaker]")
{
    circuit_world w;
    auto const old = w.run(w.hanging);
    w.half_open();
    auto const probe = w.run(w.hanging);

    old.cancel();
    w.time.run_ready();

    CHECK(old.done());
    CHECK(w.run(w.good).reason() == reason::probes_busy);
    probe.cancel();
}

TEST_CASE("a context that dies gives back the places of its probes", "[circuit_breaker]")
{
    circuit_world w;
    w.half_open();
    {
        world other;
        other.time.advance(1s);
        (void)other.call(w.breaker, w.hanging);
        CHECK(w.breaker.snapshot().probes_in_flight == 1);
        other.leaves_work();
    }

    CHECK(w.breaker.snapshot().probes_in_flight == 0);
    CHECK(w.run(w.good).ok());
}

TEST_CASE("throttled, ignored and cancelled calls are neither success nor failure",
          "[circuit_breaker]")
{
    auto const error =
        GENERATE(error_code(errc::rate_limited), error_code(net::operation_aborted),
                 error_code(errc::bulkhead_full), error_code(errc::circuit_open),
                 error_code(errc::deadline_exceeded));
    circuit_world w;
    scripted_operation<int> op;
    op.fails(error);

    CHECK(w.run(op).code() == error);
    CHECK(w.breaker.snapshot().calls == 0);
}

TEST_CASE("transient and permanent failures count, and so does an operation that throws",
          "[circuit_breaker]")
{
    circuit_world w;
    scripted_operation<int> op;
    op.fails(net::eof).fails(net::access_denied).throws();
    auto options = touchy();
    options.window = resil::circuit_window::count(10);
    w.breaker.reconfigure(options);

    CHECK(w.run(op).code() == net::eof);
    CHECK(w.run(op).code() == net::access_denied);
    CHECK(w.run(op).code() == errc::operation_threw);
    CHECK(w.breaker.snapshot().failures == 3);
}

TEST_CASE("a share of failures opens the circuit, once there are enough calls",
          "[circuit_breaker]")
{
    auto const window =
        GENERATE(resil::circuit_window::time(30s), resil::circuit_window::count(100));
    circuit_world w{{.failure_ratio = 0.5, .window = window, .minimum_calls = 10}};

    w.fail(9);
    CHECK(w.breaker.state() == circuit_state::closed);
    w.fail();
    CHECK(w.breaker.state() == circuit_state::open);
}

TEST_CASE("failures that have left the time window do not count", "[circuit_breaker]")
{
    circuit_world w{{.window = resil::circuit_window::time(10s), .minimum_calls = 4}};

    w.fail(3);
    w.time.advance(11s);
    w.fail(3);

    CHECK(w.breaker.state() == circuit_state::closed);
    CHECK(w.breaker.snapshot().failures == 3);
}

TEST_CASE("slow successes open the circuit, and are delivered all the same",
          "[circuit_breaker]")
{
    circuit_world w{{.minimum_calls = 2, .slow_call_duration = 100ms, .slow_ratio = 1.0}};
    scripted_operation<int> slow;
    slow.succeeds(1).after(100ms);

    auto const first = w.run(slow);
    auto const second = w.run(slow);
    w.time.advance(100ms);

    CHECK(first.value() == 1);
    CHECK(second.value() == 1);
    CHECK(w.breaker.state() == circuit_state::open);
    CHECK(w.breaker.snapshot().slow == 2);
}

TEST_CASE("a failure that opens the circuit may ask for a longer open time",
          "[circuit_breaker]")
{
    world w;
    auto const asks = [](error_code ec, int) {
        return ec ? resil::judgement(resil::verdict::transient, 20s)
                  : resil::judgement(resil::verdict::success);
    };
    resil::basic_circuit_breaker const breaker(touchy(), asks);
    scripted_operation<int> bad;
    bad.fails(net::eof);

    (void)w.call(breaker, bad);
    (void)w.call(breaker, bad);

    CHECK(w.call(breaker, bad).failure().retry_after() == 20s);
}

TEST_CASE("the open time is spread at random, and grows to its maximum", "[circuit_breaker]")
{
    auto options = touchy();
    options.open_jitter_ratio = 0.1;
    options.max_open_duration = 3s;
    circuit_world w{options};
    w.open();
    auto const first = *w.run(w.good).failure().retry_after();
    CHECK((first >= 900ms && first <= 1100ms));
    for (int i = 0; i < 5; ++i) {
        w.time.advance(3s);
        w.fail();
    }

    auto const last = *w.run(w.good).failure().retry_after();
    CHECK((last >= 2400ms && last <= 3s));
}

TEST_CASE("options out of range are refused, by name, value and range", "[circuit_breaker]")
{
    double const nan = std::numeric_limits<double>::quiet_NaN();

    CHECK(refusal({.failure_ratio = 1.5}) ==
          "circuit_breaker.failure_ratio is 1.5, but must be more than 0 and at most 1");
    CHECK(refusal({.slow_ratio = nan}) ==
          "circuit_breaker.slow_ratio is nan, but must be more than 0 and at most 1");
    CHECK(refusal({.minimum_calls = 0}) ==
          "circuit_breaker.minimum_calls is 0, but must be at least 1");
    CHECK(refusal({.open_duration = 0s}) ==
          "circuit_breaker.open_duration is 0s, but must be more than 0s");
    CHECK(refusal({.half_open_required_successes = 4}) ==
          "circuit_breaker.half_open_required_successes is 4, but must be between 1 and 3");
}
