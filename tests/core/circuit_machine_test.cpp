// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/circuit_machine.hpp> // self-contained

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <core/words.hpp>
#include <optional>
#include <utility>
#include <vector>

using namespace resil;
using namespace resil::core;
using namespace resil::tests;
using enum circuit_state;

static_assert(noexcept(std::declval<circuit_machine&>().abandon(circuit_permit())));
static_assert(noexcept(std::declval<circuit_machine&>().admit(std::declval<time_point>(),
                                                              0.0)));
static_assert(noexcept(std::declval<circuit_machine&>().snapshot(std::declval<time_point>())));

static_assert(circuit_permit().generation == 0);
static_assert(circuit_permit().probe == 0);
static_assert(!circuit_admission().admitted);

namespace {

constexpr auto good = circuit_outcome::success;
constexpr auto bad = circuit_outcome::failure;
constexpr auto neither = circuit_outcome::neither;
constexpr double no_jitter = 0.5; // the middle of every spread

/// Opens at half of two to four calls; 5 s open, 3 probes, 10 s leases.
circuit_breaker_options small()
{
    circuit_breaker_options options;
    options.window = circuit_window::count(4);
    options.minimum_calls = 2;
    options.open_jitter_ratio = 0.0;
    return options;
}

/// A machine, and a clock that moves only when told.
struct bench
{
    explicit bench(circuit_breaker_options options = small()) : machine(std::move(options)) {}

    circuit_admission ask() { return machine.admit(now, no_jitter); }

    circuit_permit enter()
    {
        auto const admission = ask();
        REQUIRE(admission.admitted);
        return admission.permit;
    }

    std::optional<circuit_transition> answer(circuit_permit permit, circuit_outcome outcome,
                                             duration hint = 0s)
    {
        return machine.record(permit, outcome, 10ms, now, no_jitter, hint);
    }

    std::optional<circuit_transition> call(circuit_outcome outcome)
    {
        return answer(enter(), outcome);
    }

    /// From closed to open at this moment.
    void trip()
    {
        REQUIRE(machine.state() == closed);
        while (machine.state() == closed) {
            call(bad);
        }
        REQUIRE(machine.state() == open);
    }

    /// From closed to half-open, with one probe in flight.
    circuit_permit probe_after_trip()
    {
        trip();
        now += 5s;
        auto const probe = enter();
        REQUIRE(machine.state() == half_open);
        return probe;
    }

    circuit_snapshot seen() const { return machine.snapshot(now); }

    circuit_machine machine;
    time_point now = at(0s);
};

} // namespace

TEST_CASE("a new circuit is closed and admits", "[circuit]")
{
    bench b;

    auto const admission = b.ask();

    CHECK(b.machine.state() == closed);
    CHECK(admission.admitted);
    CHECK(admission.permit.probe == 0);
    CHECK(admission.permit.generation == 0);
    CHECK(admission.why == reason::none);
    CHECK(admission.retry_after == 0s);
    CHECK_FALSE(admission.transition);
}

TEST_CASE("a circuit is not built from nonsense", "[circuit]")
{
    auto options = small();
    options.failure_ratio = 2.0;

    CHECK_THROWS_AS(circuit_machine(options), invalid_option);
}

TEST_CASE("enough failures open the circuit, and the transition says why", "[circuit]")
{
    bench b;

    CHECK_FALSE(b.call(bad));
    auto const change = b.call(bad);

    REQUIRE(change);
    CHECK(change->from == closed);
    CHECK(change->to == open);
    CHECK(change->cause == circuit_cause::failure_ratio);
    CHECK(change->open_for == 5s);
    CHECK(change->generation == 1);
    CHECK(change->snapshot.state == closed);
    CHECK(change->snapshot.calls == 2);
    CHECK(change->snapshot.failures == 2);
    CHECK(change->snapshot.failure_ratio == 1.0);
    CHECK(change->name.empty());
}

TEST_CASE("an open circuit rejects, and says until when", "[circuit]")
{
    bench b;
    b.trip();
    b.now += 2s;

    auto const admission = b.ask();

    CHECK_FALSE(admission.admitted);
    CHECK(admission.why == reason::circuit_open);
    CHECK(admission.retry_after == 3s);
    CHECK_FALSE(admission.transition);
    b.now = at(5s) - 1ns;
    CHECK(b.ask().retry_after == 1ns);
    CHECK(b.machine.state() == open);
}

TEST_CASE("the first call after the open time is a probe", "[circuit]")
{
    bench b;
    b.trip();
    b.now += 5s;

    auto const admission = b.ask();

    CHECK(admission.admitted);
    CHECK(admission.permit.probe != 0);
    CHECK(admission.permit.generation == 2);
    REQUIRE(admission.transition);
    CHECK(admission.transition->from == open);
    CHECK(admission.transition->to == half_open);
    CHECK(admission.transition->cause == circuit_cause::open_time_over);
    CHECK(admission.transition->open_for == 0s);
    CHECK(admission.transition->generation == 2);
    CHECK(admission.transition->snapshot.state == open);
    CHECK(admission.transition->snapshot.calls == 2);
}

TEST_CASE("two good probes of three close the circuit, with an empty window", "[circuit]")
{
    bench b;
    auto const first = b.probe_after_trip();
    auto const second = b.enter();

    CHECK_FALSE(b.answer(first, good));
    CHECK(b.machine.state() == half_open);
    auto const change = b.answer(second, good);

    REQUIRE(change);
    CHECK(change->from == half_open);
    CHECK(change->to == closed);
    CHECK(change->cause == circuit_cause::probes_succeeded);
    CHECK(change->generation == 3);
    CHECK(change->snapshot.probe_successes == 2);
    CHECK(b.machine.state() == closed);
    CHECK(b.seen().calls == 0);
    CHECK(b.seen().consecutive_failures == 0);
    CHECK_FALSE(b.call(bad)); // one failure of one call is too few again
}

TEST_CASE("one unlucky probe does not open the circuit again", "[circuit]")
{
    bench b;
    auto const first = b.probe_after_trip();

    CHECK_FALSE(b.answer(first, bad));
    CHECK(b.machine.state() == half_open);
    CHECK_FALSE(b.call(good));
    auto const change = b.call(good);

    REQUIRE(change);
    CHECK(change->to == closed);
}

TEST_CASE("two bad probes of three open it again, and longer", "[circuit]")
{
    bench b;
    auto const first = b.probe_after_trip();

    CHECK_FALSE(b.answer(first, bad));
    auto const change = b.call(bad);

    REQUIRE(change);
    CHECK(change->from == half_open);
    CHECK(change->to == open);
    CHECK(change->cause == circuit_cause::probes_failed);
    CHECK(change->open_for == 10s);
    CHECK(change->generation == 3);
    CHECK(change->snapshot.probe_failures == 2);
    CHECK(b.ask().retry_after == 10s);
}

TEST_CASE("a failed probe counts as a failure in a row", "[circuit]")
{
    bench b;
    auto const probe = b.probe_after_trip();

    CHECK(b.seen().consecutive_failures == 2);
    b.answer(probe, bad);
    CHECK(b.seen().consecutive_failures == 3);
    b.call(good);
    CHECK(b.seen().consecutive_failures == 0);
}

TEST_CASE("T1: a call from before the circuit opened cannot close it later", "[circuit][T1]")
{
    bench b;
    auto const old = b.enter();
    auto const older = b.enter();
    b.probe_after_trip();

    CHECK_FALSE(b.answer(old, good));
    CHECK_FALSE(b.answer(older, good));

    CHECK(b.machine.state() == half_open);
    CHECK(b.seen().probe_successes == 0);
}

TEST_CASE("T2: a call from before the circuit opened cannot open it again", "[circuit][T2]")
{
    bench b;
    auto const old = b.enter();
    auto const older = b.enter();
    b.probe_after_trip();

    CHECK_FALSE(b.answer(old, bad));
    CHECK_FALSE(b.answer(older, bad));

    CHECK(b.machine.state() == half_open);
    CHECK(b.seen().probe_failures == 0);
}

TEST_CASE("T3: an old call that is cancelled gives no additional probe", "[circuit][T3]")
{
    bench b;
    auto const old = b.enter();
    b.probe_after_trip();
    b.enter();
    b.enter();

    CHECK_FALSE(b.answer(old, neither));
    b.machine.abandon(old);

    CHECK_FALSE(b.ask().admitted);
    CHECK(b.seen().probes_in_flight == 3);
}

TEST_CASE("T4: a probe that never answers has failed when its lease ends", "[circuit][T4]")
{
    bench b;
    auto const hung = b.probe_after_trip();
    b.now += 10s - 1ns;
    CHECK(b.seen().probes_in_flight == 1);
    b.now += 1ns;
    CHECK(b.seen().probes_in_flight == 0);

    auto const next = b.enter(); // one may fail of three

    CHECK(b.machine.state() == half_open);
    CHECK(b.seen().probe_failures == 1);
    CHECK_FALSE(b.answer(hung, good)); // too late to matter
    CHECK(b.seen().probe_successes == 0);
    CHECK(b.seen().probes_in_flight == 1);
    CHECK_FALSE(b.answer(next, good));
    CHECK(b.seen().probe_successes == 1);
}

TEST_CASE("T4: hung probes open the circuit from the moment the deciding lease ended",
          "[circuit][T4]")
{
    bench b;
    b.probe_after_trip(); // at 5 s, leased until 15 s
    b.now += 1s;
    b.enter(); // until 16 s
    b.now += 1s;
    b.enter(); // until 17 s
    b.now = at(16s + 500ms);

    auto const admission = b.ask();

    CHECK_FALSE(admission.admitted);
    CHECK(admission.why == reason::circuit_open);
    CHECK(admission.retry_after == 9500ms); // 10 s from 16 s on
    REQUIRE(admission.transition);
    CHECK(admission.transition->from == half_open);
    CHECK(admission.transition->to == open);
    CHECK(admission.transition->cause == circuit_cause::probe_lease_ended);
    CHECK(admission.transition->open_for == 10s);
}

TEST_CASE("T4: long after hung probes, the next call is a probe at once", "[circuit][T4]")
{
    bench b;
    auto const hung = b.probe_after_trip();
    b.enter();
    b.enter();
    b.now += 1h;

    auto const admission = b.ask();

    CHECK(admission.admitted);
    CHECK(admission.permit.probe != 0);
    REQUIRE(admission.transition);
    CHECK(admission.transition->from == half_open);
    CHECK(admission.transition->to == half_open);
    CHECK(admission.transition->cause == circuit_cause::probe_lease_ended);
    CHECK(admission.transition->open_for == 0s);
    CHECK(admission.transition->generation == admission.permit.generation);
    CHECK(b.seen().generation == admission.permit.generation);
    CHECK(b.seen().probes_in_flight == 1);
    CHECK_FALSE(b.answer(hung, good));
    CHECK(b.seen().probe_successes == 0);
}

TEST_CASE("T4: leases that ended are noticed when another probe reports", "[circuit][T4]")
{
    bench b;
    b.probe_after_trip();
    b.enter();
    b.now += 9s;
    auto const third = b.enter();
    b.now += 2s;

    auto const change = b.answer(third, good);

    REQUIRE(change);
    CHECK(change->to == open);
    CHECK(change->cause == circuit_cause::probe_lease_ended);
    CHECK(b.ask().retry_after == 9s);
    CHECK(b.seen().consecutive_failures == 4);
}

TEST_CASE("T4: a probe whose own lease ended reports in vain", "[circuit][T4]")
{
    auto const outcome = GENERATE(good, bad, neither);
    bench b;
    auto const probe = b.probe_after_trip();
    b.now += 10s;

    CHECK_FALSE(b.answer(probe, outcome));

    CHECK(b.machine.state() == half_open);
    CHECK(b.seen().probe_failures == 1);
    CHECK(b.seen().probe_successes == 0);
}

TEST_CASE("T5: a cancelled probe says nothing, and its place is free at once", "[circuit][T5]")
{
    bench b;
    auto const first = b.probe_after_trip();
    b.enter();
    b.enter();
    CHECK_FALSE(b.ask().admitted);

    CHECK_FALSE(b.answer(first, neither));

    CHECK(b.machine.state() == half_open);
    CHECK(b.seen().probes_in_flight == 2);
    CHECK(b.ask().admitted);
    CHECK_FALSE(b.ask().admitted);
}

TEST_CASE("T5: an abandoned probe is a cancelled one", "[circuit][T5]")
{
    bench b;
    auto const probe = b.probe_after_trip();

    b.machine.abandon(probe);
    b.machine.abandon(probe);

    CHECK(b.machine.state() == half_open);
    CHECK(b.seen().probes_in_flight == 0);
    CHECK(b.seen().probe_failures == 0);
}

TEST_CASE("T6: at the moment of half-open, exactly the round of probes is admitted",
          "[circuit][T6]")
{
    auto options = small();
    options.half_open_max_calls = GENERATE(1, 2, 3, 10);
    options.half_open_required_successes = 1;
    bench b(options);
    b.trip();
    b.now += 5s;
    int admitted = 0;

    for (int i = 0; i < 100; ++i) {
        admitted += b.ask().admitted;
    }

    CHECK(admitted == options.half_open_max_calls);
}

TEST_CASE("T7: while probes hang, no more than a round of them is in flight", "[circuit][T7]")
{
    bench b;
    b.trip();
    for (int i = 0; i < 3000; ++i) { // five minutes
        b.now += 100ms;
        b.ask();
        REQUIRE(b.seen().probes_in_flight <= 3);
    }
    CHECK(b.seen().admitted < 30);
}

TEST_CASE("a rejection in half-open says when the next lease ends at the latest", "[circuit]")
{
    bench b;
    b.probe_after_trip();
    b.now += 4s;
    b.enter();
    b.enter();
    b.now += 1s;

    auto const admission = b.ask();

    CHECK_FALSE(admission.admitted);
    CHECK(admission.why == reason::probes_busy);
    CHECK(admission.retry_after == 5s);
    CHECK_FALSE(admission.transition);
}

TEST_CASE("a probe that reported keeps its place in the round", "[circuit]")
{
    bench b;
    auto const first = b.probe_after_trip();

    b.answer(first, good);
    b.enter();
    b.enter();
    CHECK_FALSE(b.ask().admitted);
}

TEST_CASE("a probe reports once", "[circuit]")
{
    bench b;
    auto const probe = b.probe_after_trip();

    b.answer(probe, good);
    CHECK_FALSE(b.answer(probe, good));
    CHECK(b.machine.state() == half_open);
    CHECK(b.seen().probe_successes == 1);
}

TEST_CASE("T9: the count window judges the last calls only", "[circuit][T9]")
{
    auto options = small();
    options.window = circuit_window::count(100);
    options.minimum_calls = 100;
    bench b(options);

    for (int i = 0; i < 100; ++i) {
        CHECK_FALSE(b.call(good));
    }
    for (int i = 0; i < 49; ++i) {
        CHECK_FALSE(b.call(bad));
    }
    CHECK(b.seen().failure_ratio == 0.49);
    CHECK(b.call(bad));
}

TEST_CASE("T11: calls that say nothing about the peer leave the circuit closed",
          "[circuit][T11]")
{
    bench b;
    for (int i = 0; i < 1000; ++i) {
        CHECK_FALSE(b.call(neither));
    }
    CHECK(b.machine.state() == closed);
    CHECK(b.seen().calls == 0);
    CHECK(b.seen().admitted == 1000);
}

TEST_CASE("a success never opens, the next failure or slow call does", "[circuit]")
{
    auto options = small();
    options.slow_call_duration = 1s;
    options.slow_ratio = 0.3;
    bench b(options);

    CHECK_FALSE(b.call(bad));
    CHECK_FALSE(b.call(good)); // one of two is a half
    CHECK(b.machine.state() == closed);

    SECTION("a failure")
    {
        auto const change = b.call(bad);
        REQUIRE(change);
        CHECK(change->cause == circuit_cause::failure_ratio);
        CHECK(change->snapshot.calls == 3);
    }
    SECTION("a slow success")
    {
        auto const change = b.machine.record(b.enter(), good, 1s, b.now, no_jitter);
        REQUIRE(change); // one of three
        CHECK(change->cause == circuit_cause::slow_ratio);
    }
}

TEST_CASE("successes told at once count like as many told one by one", "[circuit][lane]")
{
    auto const window =
        GENERATE(circuit_window::time(10s), circuit_window::count(6),
                 circuit_window::count(200), circuit_window::consecutive(3));
    auto options = small();
    options.window = window;
    options.minimum_calls = 100;
    bench one(options), many(options);
    for (auto* b : {&one, &many}) {
        b->call(bad);
        b->call(bad);
    }

    for (int i = 0; i < 5; ++i) {
        one.call(good);
    }
    many.machine.count_admitted(5);
    many.machine.record_successes(5);

    CHECK(many.seen().calls == one.seen().calls);
    CHECK(many.seen().failures == one.seen().failures);
    CHECK(many.seen().admitted == one.seen().admitted);
    CHECK(many.seen().consecutive_failures == 0);
    CHECK(many.machine.generation() == 0);
}

TEST_CASE("no successes told at once change nothing", "[circuit][lane]")
{
    bench b;
    b.call(bad);

    b.machine.record_successes(0);

    CHECK(b.seen().consecutive_failures == 1);
    CHECK(b.seen().calls == 1);
}

TEST_CASE("successes told at once count only where calls are measured", "[circuit][lane]")
{
    bench b;
    b.machine.metrics_only(b.now);
    b.machine.record_successes(1);
    CHECK(b.seen().calls == 1);

    b.machine.force_closed(b.now);
    b.machine.record_successes(1);
    CHECK(b.seen().calls == 1);

    b.machine.release_force(b.now);
    b.trip();
    b.machine.record_successes(1);
    CHECK(b.seen().calls == 2);
    CHECK(b.seen().consecutive_failures == 2);
}

TEST_CASE("successes told at once belong to the moment of the latest question",
          "[circuit][lane]")
{
    auto options = small();
    options.window = circuit_window::time(2s, 2);
    bench b(options);
    CHECK(b.machine.latest() == time_point::min());
    b.call(bad);
    CHECK(b.machine.latest() == b.now);
    CHECK(b.machine.bucket_end() == b.now + 1s);

    b.now += 999ms;
    b.machine.record_successes(3);

    CHECK(b.seen().calls == 4);
    b.now = at(2s);
    CHECK(b.seen().calls == 0);
}

TEST_CASE("all are admitted while closed, or only measured, or forced", "[circuit][lane]")
{
    bench b;
    CHECK(b.machine.admits_all());
    b.machine.metrics_only(b.now);
    CHECK(b.machine.admits_all());
    b.machine.force_closed(b.now);
    CHECK(b.machine.admits_all());
    b.machine.force_open(b.now);
    CHECK_FALSE(b.machine.admits_all());
    b.machine.release_force(b.now);
    b.trip();
    CHECK_FALSE(b.machine.admits_all());
    b.now += 5s;
    b.enter();
    CHECK_FALSE(b.machine.admits_all());
}

TEST_CASE("a row of failures opens, and a success ends the row", "[circuit]")
{
    auto options = small();
    options.window = circuit_window::consecutive(3);
    bench b(options);

    for (int i = 0; i < 10; ++i) {
        CHECK_FALSE(b.call(bad));
        CHECK_FALSE(b.call(bad));
        CHECK_FALSE(b.call(good));
    }
    b.call(bad);
    b.call(bad);
    b.call(neither); // neither ends nor lengthens the row
    auto const change = b.call(bad);
    REQUIRE(change);
    CHECK(change->cause == circuit_cause::consecutive_failures);
    CHECK(change->snapshot.consecutive_failures == 3);
    CHECK(change->snapshot.calls == 33);
}

TEST_CASE("slow calls open the circuit at their own ratio", "[circuit][slow]")
{
    auto options = small();
    options.slow_call_duration = 100ms;
    bench b(options);
    auto const call_for = [&](duration elapsed) {
        return b.machine.record(b.enter(), good, elapsed, b.now, no_jitter);
    };

    CHECK_FALSE(call_for(99ms));
    for (int i = 0; i < 3; ++i) {
        CHECK_FALSE(call_for(100ms));
    }
    auto const change = call_for(1s);
    REQUIRE(change);
    CHECK(change->cause == circuit_cause::slow_ratio);
    CHECK(change->snapshot.slow == 4);
    CHECK(change->snapshot.slow_ratio == 1.0);
    CHECK(change->snapshot.failures == 0);
    CHECK(change->snapshot.consecutive_failures == 0);
}

TEST_CASE("in a row, a slow call counts as a failure", "[circuit][slow]")
{
    auto options = small();
    options.window = circuit_window::consecutive(2);
    options.slow_call_duration = 100ms;
    bench b(options);

    b.machine.record(b.enter(), good, 1s, b.now, no_jitter);
    CHECK(b.seen().consecutive_failures == 1);
    CHECK(b.call(bad));
}

TEST_CASE("a slow probe has failed", "[circuit][slow]")
{
    auto options = small();
    options.slow_call_duration = 100ms;
    bench b(options);
    auto const probe = b.probe_after_trip();

    b.machine.record(probe, good, 100ms, b.now, no_jitter);

    CHECK(b.seen().probe_failures == 1);
    CHECK(b.seen().probe_successes == 0);
}

TEST_CASE("the peer's wait may lengthen the open time, up to the maximum", "[circuit]")
{
    bench b;
    b.call(bad);
    CHECK(b.answer(b.enter(), bad, 25s)->open_for == 25s);
    CHECK(b.ask().retry_after == 25s);

    bench c;
    c.call(bad);
    CHECK(c.answer(c.enter(), bad, 24h)->open_for == 60s);
}

TEST_CASE("the peer's wait after failed probes counts, too", "[circuit]")
{
    bench b;
    b.answer(b.probe_after_trip(), bad);

    CHECK(b.answer(b.enter(), bad, 33s)->open_for == 33s);
}

TEST_CASE("the open time is drawn when the circuit opens", "[circuit]")
{
    auto options = small();
    options.open_jitter_ratio = 0.1;
    bench b(options);
    b.call(bad);

    auto const change = b.machine.record(b.enter(), bad, 0s, b.now, 0.0);

    REQUIRE(change);
    CHECK(change->open_for <= 4500ms);
    CHECK(change->open_for > 4499ms);
}

TEST_CASE("a circuit that fails again soon after it closed stays open longer", "[circuit]")
{
    bench b;
    auto const close_again = [&] {
        b.call(good);
        b.call(good);
        REQUIRE(b.machine.state() == closed);
    };
    b.trip();
    b.now += 5s;
    close_again();

    b.now += 5s - 1ns; // as long as it was open, but for a moment
    b.trip();
    CHECK(b.ask().retry_after == 10s);
    b.now += 10s;
    close_again();

    b.now += 10s;
    b.trip();
    CHECK(b.ask().retry_after == 5s);
}

TEST_CASE("forced open rejects everything, until it is released", "[circuit][force]")
{
    bench b;
    auto const change = b.machine.force_open(b.now);

    REQUIRE(change);
    CHECK(change->from == closed);
    CHECK(change->to == forced_open);
    CHECK(change->cause == circuit_cause::by_hand);
    CHECK(change->generation == 1);
    b.now += 24h;
    auto const admission = b.ask();
    CHECK_FALSE(admission.admitted);
    CHECK(admission.why == reason::circuit_forced_open);
    CHECK(admission.retry_after == 0s);
    CHECK_FALSE(b.machine.force_open(b.now));
    CHECK(b.seen().generation == 1);
    CHECK(b.machine.release_force(b.now)->to == closed);
    CHECK(b.ask().admitted);
}

TEST_CASE("forced closed admits everything and measures nothing", "[circuit][force]")
{
    bench b;
    b.trip();

    CHECK(b.machine.force_closed(b.now)->from == open);
    for (int i = 0; i < 100; ++i) {
        CHECK_FALSE(b.call(bad));
    }
    CHECK(b.machine.state() == forced_closed);
    CHECK(b.seen().calls == 2);
    CHECK(b.seen().retry_after == 0s);
    CHECK(b.machine.release_force(b.now)->from == forced_closed);
    CHECK(b.seen().calls == 0);
}

TEST_CASE("metrics only admits everything and measures it", "[circuit][force]")
{
    bench b;

    CHECK(b.machine.metrics_only(b.now)->to == metrics_only);
    for (int i = 0; i < 10; ++i) {
        CHECK_FALSE(b.call(bad));
    }
    b.call(good);
    CHECK(b.machine.state() == metrics_only);
    CHECK(b.seen().calls == 4);
    CHECK(b.seen().failures == 3);
    CHECK(b.machine.release_force(b.now)->from == metrics_only);
    CHECK(b.machine.state() == closed);
    CHECK(b.seen().calls == 0);
}

TEST_CASE("a probe in flight means nothing any more once the state was forced",
          "[circuit][force]")
{
    bench b;
    auto const probe = b.probe_after_trip();
    b.machine.force_open(b.now);

    CHECK_FALSE(b.answer(probe, good));
    b.machine.release_force(b.now);
    CHECK_FALSE(b.answer(probe, bad));

    CHECK(b.seen().calls == 0);
    CHECK(b.seen().probes_in_flight == 0);
}

TEST_CASE("releasing what is not forced does nothing", "[circuit][force]")
{
    bench b;
    CHECK_FALSE(b.machine.release_force(b.now));
    CHECK(b.seen().generation == 0);

    b.trip();
    CHECK_FALSE(b.machine.release_force(b.now));
    CHECK(b.machine.state() == open);

    b.now += 5s;
    b.enter();
    CHECK_FALSE(b.machine.release_force(b.now));
    CHECK(b.machine.state() == half_open);
}

TEST_CASE("a reset circuit is as new, but for its totals", "[circuit][force]")
{
    bench b;
    b.trip();
    b.now += 5s;
    b.call(bad);
    b.call(bad); // open again, for 10 s

    auto const change = b.machine.reset(b.now);

    REQUIRE(change);
    CHECK(change->from == open);
    CHECK(change->to == closed);
    CHECK(change->cause == circuit_cause::by_hand);
    CHECK(b.seen().calls == 0);
    CHECK(b.seen().consecutive_failures == 0);
    CHECK(b.seen().admitted == 4);
    b.trip();
    CHECK(b.ask().retry_after == 5s);
}

TEST_CASE("resetting a closed circuit empties it without a transition", "[circuit][force]")
{
    bench b;
    auto const in_flight = b.enter();
    b.call(bad);

    CHECK_FALSE(b.machine.reset(b.now));
    CHECK(b.seen().calls == 0);
    CHECK_FALSE(b.answer(in_flight, bad)); // of the generation before
    CHECK(b.seen().calls == 0);
}

TEST_CASE("T33: new thresholds keep the window, and judge by it", "[circuit][T33]")
{
    auto options = small();
    options.window = circuit_window::count(10);
    options.minimum_calls = 10;
    bench b(options);
    for (int i = 0; i < 3; ++i) {
        b.call(bad);
    }

    options.minimum_calls = 4;
    b.machine.reconfigure(options, b.now);

    CHECK(b.seen().calls == 3);
    CHECK(b.machine.options().minimum_calls == 4);
    CHECK(b.call(bad));
}

TEST_CASE("T33: a window of another size holds as much as it should", "[circuit][T33]")
{
    auto options = small();
    options.window = circuit_window::count(10);
    options.minimum_calls = 10;
    bench b(options);
    for (int i = 0; i < 5; ++i) {
        b.call(good);
    }

    options.window = circuit_window::count(3);
    b.machine.reconfigure(options, b.now);

    CHECK(b.seen().calls == 3);
    b.call(bad);
    CHECK(b.seen().calls == 3);
    CHECK(b.seen().failures == 1);
}

TEST_CASE("T33: an open circuit stays open under new options", "[circuit][T33]")
{
    bench b;
    b.trip();
    b.now += 1s;
    auto options = small();
    options.open_duration = 1s;

    b.machine.reconfigure(options, b.now);

    CHECK(b.machine.state() == open);
    CHECK(b.ask().retry_after == 4s);
    CHECK(b.seen().calls == 2);
    CHECK(b.seen().generation == 1);
}

TEST_CASE("a new maximum cuts what is left of the open time", "[circuit][T33]")
{
    bench b;
    b.trip();
    b.now += 1s;
    auto options = small();
    options.open_duration = 1s;
    options.max_open_duration = 2s;

    b.machine.reconfigure(options, b.now);

    CHECK(b.ask().retry_after == 2s);
}

TEST_CASE("probes in flight survive new options, and their round starts anew", "[circuit][T33]")
{
    bench b;
    b.answer(b.probe_after_trip(), bad);
    auto const second = b.enter();
    auto options = small();
    options.half_open_max_calls = 1;
    options.half_open_required_successes = 1;

    b.machine.reconfigure(options, b.now);

    CHECK(b.seen().probe_failures == 0);
    CHECK(b.seen().probes_in_flight == 1);
    CHECK(b.ask().why == reason::probes_busy);
    CHECK(b.answer(second, good)->to == closed);
}

TEST_CASE("fewer probes than have reported do not wedge the circuit", "[circuit][T33]")
{
    bench b;
    auto const first = b.probe_after_trip();
    auto const second = b.enter();
    b.answer(first, good);
    b.answer(second, bad);
    auto options = small();
    options.half_open_max_calls = 1;
    options.half_open_required_successes = 1;

    b.machine.reconfigure(options, b.now);

    CHECK(b.call(good)->to == closed);
}

TEST_CASE("more probes fit after new options", "[circuit][T33]")
{
    bench b;
    b.probe_after_trip();
    auto options = small();
    options.half_open_max_calls = 5;

    b.machine.reconfigure(options, b.now);

    for (int i = 0; i < 4; ++i) {
        CHECK(b.ask().admitted);
    }
    CHECK_FALSE(b.ask().admitted);
}

TEST_CASE("refused options change nothing", "[circuit][T33]")
{
    bench b;
    b.trip();
    auto options = small();
    options.probe_lease = -1s;
    options.window = circuit_window::count(1);

    CHECK_THROWS_AS(b.machine.reconfigure(options, b.now), invalid_option);

    CHECK(b.machine.options().probe_lease == 10s);
    CHECK(b.machine.state() == open);
    CHECK(b.seen().calls == 2);
}

TEST_CASE("T37: a clock that goes backwards opens nothing early", "[circuit][T37]")
{
    bench b;
    b.trip();
    b.now += 2s;
    CHECK(b.ask().retry_after == 3s);

    b.now -= 1h;
    CHECK(b.ask().retry_after == 3s);
    CHECK(b.seen().retry_after == 3s);
    b.now = at(5s) - 1ns;
    CHECK_FALSE(b.ask().admitted);
    b.now = at(5s);
    CHECK(b.ask().admitted);
}

TEST_CASE("T37: a result from a clock that went backwards opens for the whole time",
          "[circuit][T37]")
{
    bench b;
    auto const probe = b.probe_after_trip();
    auto const other = b.enter();
    b.now -= 4s;
    b.answer(probe, bad);
    b.answer(other, bad);

    CHECK(b.machine.state() == open);
    CHECK(b.ask().retry_after == 10s);
    b.now += 4s;
    CHECK(b.ask().retry_after == 10s);
}

TEST_CASE("T37: what is done by hand moves time forward, too", "[circuit][T37]")
{
    bench b;
    b.now = at(10s);
    b.machine.reset(b.now);
    b.now = at(5s);
    b.trip();
    CHECK(b.ask().retry_after == 5s);
    b.now = at(12s);
    CHECK(b.ask().retry_after == 3s);

    b.now = at(100s);
    b.machine.force_open(b.now);
    b.machine.release_force(b.now);
    b.now = at(50s);
    b.trip();
    b.now = at(101s);
    CHECK(b.ask().retry_after == 4s);
}

TEST_CASE("T37: a clock that goes backwards loses no bucket", "[circuit][T37]")
{
    auto options = small();
    options.window = circuit_window::time(10s, 10);
    options.minimum_calls = 100;
    bench b(options);

    for (duration const when : {0s, 5s, 3s, 9s, 0s, 8s}) {
        b.now = at(when);
        b.call(bad);
    }
    CHECK(b.seen().calls == 6);
    b.now = at(10s);
    CHECK(b.seen().calls == 5); // 0 s has left; the others count at 5 s or later
}

TEST_CASE("T37: a week's sleep is time that passed, once", "[circuit][T37]")
{
    auto options = small();
    options.window = circuit_window::time(10s, 10);
    bench b(options);
    b.call(bad);

    b.now += 168h;
    CHECK_FALSE(b.call(bad)); // the first failure has left the window
    b.trip();
    b.now += 168h;
    int admitted = 0;
    for (int i = 0; i < 50; ++i) {
        admitted += b.ask().admitted;
    }
    CHECK(admitted == 3);
}

TEST_CASE("times at the end of the clock do not overflow", "[circuit][T37]")
{
    bench b;
    b.now = time_point::max() - 1s;
    b.trip();

    CHECK_FALSE(b.ask().admitted);
    b.now = time_point::max();
    auto const admission = b.ask();
    CHECK(admission.admitted);
    CHECK(b.seen().probes_in_flight == 0); // a lease that cannot end later than this has ended
    CHECK(b.ask().admitted);
}

TEST_CASE("a snapshot counts all that was admitted and rejected", "[circuit]")
{
    bench b;
    b.trip();
    b.ask();
    b.ask();
    b.machine.force_open(b.now);
    b.ask();

    CHECK(b.seen().admitted == 2);
    CHECK(b.seen().rejected == 3);
    CHECK(b.seen().state == forced_open);
}

TEST_CASE("while open, a snapshot shows the calls that opened it", "[circuit]")
{
    auto options = small();
    options.window = circuit_window::time(2s, 2);
    bench b(options);
    b.trip();
    b.now += 4s;

    CHECK(b.seen().calls == 2);
    CHECK(b.seen().failures == 2);
    CHECK(b.seen().failure_ratio == 1.0);
    CHECK(b.seen().retry_after == 1s);
    b.now += 10s;
    CHECK(b.seen().retry_after == 0s);
    CHECK(b.seen().state == open);
}

TEST_CASE("while closed, a snapshot forgets what has left the window", "[circuit]")
{
    auto options = small();
    options.window = circuit_window::time(2s, 2);
    bench b(options);
    b.call(bad);
    CHECK(b.seen().calls == 1);
    b.now += 4s;
    CHECK(b.seen().calls == 0);
    CHECK(b.seen().failure_ratio == 0.0);
    b.machine.metrics_only(b.now);
    b.call(bad);
    b.now += 4s;
    CHECK(b.seen().calls == 0);
}
