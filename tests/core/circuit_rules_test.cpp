// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/circuit_rules.hpp> // self-contained

#include <catch2/catch_test_macros.hpp>

#include <core/words.hpp>
#include <optional>

using namespace resil;
using namespace resil::core;
using namespace resil::tests;

namespace {

using totals = circuit_totals;

bool close(duration a, duration b)
{
    return a - b <= 100ns && b - a <= 100ns;
}

circuit_breaker_options without_jitter()
{
    circuit_breaker_options options;
    options.open_jitter_ratio = 0.0;
    return options;
}

} // namespace

TEST_CASE("a share of nothing is nothing", "[circuit]")
{
    CHECK(share(0, 0) == 0.0);
    CHECK(share(3, 0) == 0.0);
    CHECK(share(1, 4) == 0.25);
    CHECK(share(4, 4) == 1.0);
}

TEST_CASE("a call is slow from the limit on, if there is one", "[circuit][slow]")
{
    circuit_breaker_options options;

    CHECK_FALSE(is_slow(options, 1h));
    options.slow_call_duration = 200ms;
    CHECK(is_slow(options, 200ms));
    CHECK(is_slow(options, 201ms));
    CHECK_FALSE(is_slow(options, 200ms - 1ns));
    options.slow_call_duration = 1ns;
    CHECK_FALSE(is_slow(options, 0ns));
    CHECK(is_slow(options, 1ns));
}

TEST_CASE("a circuit opens at the ratio of failures, not below it", "[circuit]")
{
    circuit_breaker_options const options; // half of at least 20

    CHECK(reason_to_open(options, totals{20, 10, 0}, 0) == circuit_cause::failure_ratio);
    CHECK(reason_to_open(options, totals{20, 20, 0}, 0) == circuit_cause::failure_ratio);
    CHECK_FALSE(reason_to_open(options, totals{20, 9, 0}, 9));
    CHECK_FALSE(reason_to_open(options, totals{21, 10, 0}, 0));
    CHECK_FALSE(reason_to_open(options, totals{20, 0, 20}, 0));
}

TEST_CASE("a circuit does not open on too few calls", "[circuit]")
{
    circuit_breaker_options options;

    CHECK_FALSE(reason_to_open(options, totals{19, 19, 0}, 19));
    CHECK_FALSE(reason_to_open(options, totals{}, 0));
    options.minimum_calls = 1;
    CHECK(reason_to_open(options, totals{1, 1, 0}, 1) == circuit_cause::failure_ratio);
    CHECK_FALSE(reason_to_open(options, totals{}, 0));
}

TEST_CASE("a ratio is met by its quotient, whatever its binary digits", "[circuit]")
{
    circuit_breaker_options options;
    for (int percent = 1; percent <= 100; ++percent) {
        options.failure_ratio = percent / 100.0;
        auto const failures = static_cast<std::uint64_t>(percent);
        CAPTURE(percent);
        CHECK(reason_to_open(options, totals{100, failures, 0}, 0));
        CHECK_FALSE(reason_to_open(options, totals{100, failures - 1, 0}, 0));
    }
}

TEST_CASE("in a count window its size limits the minimum of calls", "[circuit]")
{
    circuit_breaker_options options;

    options.window = circuit_window::count(5);
    CHECK(reason_to_open(options, totals{5, 5, 0}, 0));
    CHECK_FALSE(reason_to_open(options, totals{4, 4, 0}, 0));
    options.window = circuit_window::count(100);
    CHECK(reason_to_open(options, totals{20, 20, 0}, 0));
    CHECK_FALSE(reason_to_open(options, totals{19, 19, 0}, 0));
    options.window = circuit_window::time(10s, 5);
    CHECK_FALSE(reason_to_open(options, totals{5, 5, 0}, 0));
}

TEST_CASE("a row of failures opens, whatever the ratio", "[circuit]")
{
    circuit_breaker_options options;
    options.window = circuit_window::consecutive(5);

    CHECK(counts_row(options));
    CHECK(reason_to_open(options, totals{5, 5, 0}, 5) == circuit_cause::consecutive_failures);
    CHECK(reason_to_open(options, totals{1000, 6, 0}, 6));
    CHECK_FALSE(reason_to_open(options, totals{1000, 999, 1000}, 4));
    CHECK_FALSE(counts_row(circuit_breaker_options()));
}

TEST_CASE("slow calls open a circuit at their own ratio", "[circuit][slow]")
{
    circuit_breaker_options options;
    options.slow_call_duration = 1s;
    options.slow_ratio = 0.75;

    CHECK(reason_to_open(options, totals{20, 0, 15}, 0) == circuit_cause::slow_ratio);
    CHECK_FALSE(reason_to_open(options, totals{20, 0, 14}, 0));
    CHECK_FALSE(reason_to_open(options, totals{19, 0, 19}, 0));
    CHECK(reason_to_open(options, totals{20, 10, 20}, 0) == circuit_cause::failure_ratio);
    options.slow_call_duration = 0s;
    CHECK_FALSE(reason_to_open(options, totals{20, 0, 20}, 0));
    options.slow_call_duration = 1ns;
    CHECK(reason_to_open(options, totals{20, 0, 20}, 0));
}

TEST_CASE("a round is lost when the rest cannot make up, and won with enough", "[circuit]")
{
    circuit_breaker_options options; // two of three

    CHECK_FALSE(round_lost(options, 1));
    CHECK(round_lost(options, 2));
    CHECK_FALSE(round_won(options, 1));
    CHECK(round_won(options, 2));
    options.half_open_required_successes = 3;
    CHECK_FALSE(round_lost(options, 0));
    CHECK(round_lost(options, 1));
    CHECK_FALSE(round_won(options, 2));
    CHECK(round_won(options, 3));
}

TEST_CASE("every round ends with the verdict of its last probe at the latest", "[circuit]")
{
    circuit_breaker_options options;
    for (int max = 1; max <= 10; ++max) {
        for (int required = 1; required <= max; ++required) {
            options.half_open_max_calls = max;
            options.half_open_required_successes = required;
            for (int won = 0; won <= max; ++won) {
                auto const successes = static_cast<std::uint64_t>(won);
                auto const failures = static_cast<std::uint64_t>(max - won);
                CAPTURE(max, required, won);
                CHECK(round_won(options, successes) != round_lost(options, failures));
            }
        }
    }
}

TEST_CASE("the open time doubles up to its maximum", "[circuit]")
{
    auto const options = without_jitter();
    circuit_open_time open_time;

    for (duration const expected : {5s, 10s, 20s, 40s, 60s, 60s}) {
        CHECK(open_time.next(options, 0s, 0.5) == expected);
    }
    for (int i = 0; i < 5000; ++i) {
        REQUIRE(open_time.next(options, 0s, 0.5) == 60s);
    }
}

TEST_CASE("the open time starts over after a stable close", "[circuit]")
{
    auto const options = without_jitter();
    circuit_open_time open_time;

    open_time.on_closed_for(0s); // never opened yet
    CHECK(open_time.next(options, 0s, 0.0) == 5s);
    open_time.on_closed_for(5s - 1ns);
    CHECK(open_time.next(options, 0s, 0.0) == 10s);
    open_time.on_closed_for(9s);
    CHECK(open_time.next(options, 0s, 0.0) == 20s);
    open_time.on_closed_for(20s);
    CHECK(open_time.next(options, 0s, 0.0) == 5s);
}

TEST_CASE("the open time starts over when told to", "[circuit]")
{
    circuit_open_time open_time;

    open_time.next(without_jitter(), 0s, 0.0);
    open_time.next(without_jitter(), 0s, 0.0);
    open_time.reset();
    CHECK(open_time.next(without_jitter(), 0s, 0.0) == 5s);
}

TEST_CASE("the open time is spread by its ratio, below the maximum", "[circuit]")
{
    circuit_breaker_options const options;
    circuit_open_time open_time;

    CHECK(close(open_time.next(options, 0s, 0.0), 4500ms));
    CHECK(close(open_time.next(options, 0s, 0.5), 10s));
    CHECK(close(open_time.next(options, 0s, 1.0), 22s));
    for (int i = 0; i < 10; ++i) {
        CHECK(open_time.next(options, 0s, 1.0) <= 60s);
    }
    CHECK(open_time.next(options, 0s, 0.0) < 50s);
}

TEST_CASE("a peer's wait lengthens the open time up to the maximum", "[circuit]")
{
    auto const options = without_jitter();

    CHECK(circuit_open_time().next(options, 30s, 0.0) == 30s);
    CHECK(circuit_open_time().next(options, 3s, 0.0) == 5s);
    CHECK(circuit_open_time().next(options, 1h, 0.0) == 60s);
    CHECK(circuit_open_time().next(options, -1h, 0.0) == 5s);
}

TEST_CASE("a stable close is measured by the open time that a peer lengthened", "[circuit]")
{
    auto const options = without_jitter();
    circuit_open_time open_time;

    open_time.next(options, 30s, 0.0);
    open_time.on_closed_for(29s);
    CHECK(open_time.next(options, 0s, 0.0) == 10s);
}

TEST_CASE("without growth every open time is the first", "[circuit]")
{
    auto options = without_jitter();
    options.open_growth = 1.0;
    circuit_open_time open_time;

    for (int i = 0; i < 10; ++i) {
        CHECK(open_time.next(options, 0s, 0.9) == 5s);
    }
}
