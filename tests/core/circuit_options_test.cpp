// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/circuit_options.hpp> // self-contained

#include <catch2/catch_test_macros.hpp>

#include <core/words.hpp>
#include <limits>
#include <string>
#include <type_traits>

using namespace resil;
using namespace resil::tests;

static_assert(std::is_aggregate_v<circuit_breaker_options>);
static_assert(std::is_aggregate_v<circuit_snapshot>);
static_assert(std::is_aggregate_v<circuit_event>);
static_assert(std::is_trivially_copyable_v<circuit_event>);
static_assert(std::is_trivially_copyable_v<circuit_window>);
static_assert(std::is_nothrow_move_assignable_v<circuit_breaker_options>);

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// Returns how options are refused after a change; empty if they are not.
template <class Change>
std::string refused(Change change)
{
    circuit_breaker_options options;
    change(options);
    return refusal([&] { options.validate(); });
}

} // namespace

TEST_CASE("the defaults are the documented ones, and make sense", "[circuit]")
{
    circuit_breaker_options const options;

    CHECK(options.name.empty());
    CHECK(options.failure_ratio == 0.5);
    CHECK(options.window == circuit_window::time(30s, 10));
    CHECK(options.minimum_calls == 20);
    CHECK(options.slow_call_duration == 0s);
    CHECK(options.slow_ratio == 1.0);
    CHECK(options.open_duration == 5s);
    CHECK(options.open_growth == 2.0);
    CHECK(options.max_open_duration == 60s);
    CHECK(options.open_jitter_ratio == 0.1);
    CHECK(options.half_open_max_calls == 3);
    CHECK(options.half_open_required_successes == 2);
    CHECK(options.probe_lease == 10s);
    CHECK_FALSE(options.listener);
    CHECK_NOTHROW(options.validate());
}

TEST_CASE("a snapshot that nobody filled in is that of a new circuit", "[circuit]")
{
    circuit_snapshot const nothing;

    CHECK(nothing.state == circuit_state::closed);
    CHECK((nothing.calls == 0 && nothing.failures == 0 && nothing.slow == 0));
    CHECK((nothing.failure_ratio == 0.0 && nothing.slow_ratio == 0.0));
    CHECK((nothing.consecutive_failures == 0 && nothing.generation == 0));
    CHECK((nothing.retry_after == 0s && nothing.probes_in_flight == 0));
    CHECK((nothing.probe_successes == 0 && nothing.probe_failures == 0));
    CHECK((nothing.admitted == 0 && nothing.rejected == 0));
    CHECK(circuit_event().generation == 0);
    CHECK(circuit_event().open_for == 0s);
}

TEST_CASE("options can be named one by one", "[circuit]")
{
    circuit_breaker_options const options{
        .name = "x", .failure_ratio = 0.25, .window = circuit_window::count(50)};

    CHECK(options.name == "x");
    CHECK(options.failure_ratio == 0.25);
    CHECK(options.window.size() == 50);
    CHECK(options.minimum_calls == 20);
}

TEST_CASE("shares are more than nothing and at most everything", "[circuit]")
{
    CHECK(refused([](auto& o) { o.failure_ratio = 0.0; }) ==
          "circuit_breaker.failure_ratio is 0, but must be more than 0 and at most 1");
    CHECK(refused([](auto& o) { o.slow_ratio = 1.5; }) ==
          "circuit_breaker.slow_ratio is 1.5, but must be more than 0 and at most 1");
    CHECK_FALSE(refused([](auto& o) { o.failure_ratio = not_a_number; }).empty());
    CHECK_FALSE(refused([](auto& o) { o.slow_ratio = not_a_number; }).empty());
    CHECK(refused([](auto& o) { o.failure_ratio = 1.0; }).empty());
}

TEST_CASE("counts and times of a breaker have ranges", "[circuit]")
{
    CHECK(refused([](auto& o) { o.minimum_calls = 0; }) ==
          "circuit_breaker.minimum_calls is 0, but must be at least 1");
    CHECK(refused([](auto& o) { o.slow_call_duration = -1ms; }) ==
          "circuit_breaker.slow_call_duration is -1ms, but must be at least 0s");
    CHECK(refused([](auto& o) { o.open_duration = 0s; }) ==
          "circuit_breaker.open_duration is 0s, but must be more than 0s");
    CHECK(refused([](auto& o) { o.open_growth = 0.5; }) ==
          "circuit_breaker.open_growth is 0.5, but must be between 1 and 100");
    CHECK(refused([](auto& o) { o.max_open_duration = 4s; }) ==
          "circuit_breaker.max_open_duration is 4s, but must be at least 5s");
    CHECK(refused([](auto& o) { o.open_jitter_ratio = 1.0; }) ==
          "circuit_breaker.open_jitter_ratio is 1, but must be between 0 and 0.9");
    CHECK(refused([](auto& o) { o.probe_lease = 0s; }) ==
          "circuit_breaker.probe_lease is 0s, but must be more than 0s");
    CHECK(refused([](auto& o) { o.minimum_calls = 1; }).empty());
    CHECK(refused([](auto& o) { o.open_duration = 1ns; }).empty());
    CHECK(refused([](auto& o) { o.open_growth = 1.0; }).empty());
    CHECK(refused([](auto& o) { o.open_growth = 100.0; }).empty());
    CHECK(refused([](auto& o) { o.max_open_duration = 5s; }).empty());
    CHECK(refused([](auto& o) { o.open_jitter_ratio = 0.0; }).empty());
    CHECK(refused([](auto& o) { o.open_jitter_ratio = 0.9; }).empty());
    CHECK(refused([](auto& o) { o.probe_lease = 1ns; }).empty());
}

TEST_CASE("more probes cannot be required than are made", "[circuit]")
{
    CHECK(refused([](auto& o) { o.half_open_required_successes = 4; }) ==
          "circuit_breaker.half_open_required_successes is 4, but must be between 1 and 3");
    CHECK(refused([](auto& o) { o.half_open_required_successes = 0; }) ==
          "circuit_breaker.half_open_required_successes is 0, but must be between 1 and 3");
    CHECK(refused([](auto& o) { o.half_open_max_calls = 0; }) ==
          "circuit_breaker.half_open_max_calls is 0, but must be between 1 and 1000");
    CHECK_FALSE(refused([](auto& o) { o.half_open_max_calls = 1001; }).empty());
    CHECK(refused([](auto& o) { o.half_open_max_calls = 1000; }).empty());
    CHECK(refused([](auto& o) { o.half_open_required_successes = 3; }).empty());
    CHECK(refused([](auto& o) {
              o.half_open_max_calls = 1;
              o.half_open_required_successes = 1;
          }).empty());
}

TEST_CASE("a window has a kind and a size within limits", "[circuit]")
{
    auto const with = [](circuit_window window) {
        return refused([=](auto& o) { o.window = window; });
    };

    CHECK(with(circuit_window::time(1s, 0)) ==
          "circuit_breaker.window.buckets is 0, but must be between 1 and 1000");
    CHECK(with(circuit_window::time(9us, 10)) ==
          "circuit_breaker.window.span is 9us, but must be at least 10us");
    CHECK(with(circuit_window::count(0)) ==
          "circuit_breaker.window.count is 0, but must be between 1 and 1000000");
    CHECK(with(circuit_window::consecutive(0)) ==
          "circuit_breaker.window.consecutive is 0, but must be at least 1");
    CHECK_FALSE(with(circuit_window::time(1h, 1001)).empty());
    CHECK_FALSE(with(circuit_window::count(1'000'001)).empty());
    CHECK(with(circuit_window::time(1h, 1000)).empty());
    CHECK(with(circuit_window::time(10us, 10)).empty());
    CHECK(with(circuit_window::time(1us, 1)).empty());
    CHECK(with(circuit_window::count(1)).empty());
    CHECK(with(circuit_window::count(1'000'000)).empty());
    CHECK(with(circuit_window::consecutive(1)).empty());
}

TEST_CASE("a window knows what it is", "[circuit]")
{
    auto const time = circuit_window::time(30s);
    auto const count = circuit_window::count(7);
    auto const row = circuit_window::consecutive(7);

    CHECK(
        (time.what() == circuit_window::kind::time && time.span() == 30s && time.size() == 10));
    CHECK((count.what() == circuit_window::kind::count && count.span() == 0s));
    CHECK((row.what() == circuit_window::kind::consecutive && row.span() == 0s));
    CHECK((count.size() == 7 && row.size() == 7));
    CHECK(count != row);
    CHECK(time != circuit_window::time(30s, 11));
    CHECK(time != circuit_window::time(31s));
}

TEST_CASE("states and causes have names", "[circuit]")
{
    CHECK(to_string(circuit_state::closed) == "closed");
    CHECK(to_string(circuit_state::open) == "open");
    CHECK(to_string(circuit_state::half_open) == "half_open");
    CHECK(to_string(circuit_state::forced_open) == "forced_open");
    CHECK(to_string(circuit_state::forced_closed) == "forced_closed");
    CHECK(to_string(circuit_state::metrics_only) == "metrics_only");
    CHECK(to_string(static_cast<circuit_state>(99)) == "unknown");
    CHECK(to_string(circuit_cause::failure_ratio) == "failure_ratio");
    CHECK(to_string(circuit_cause::slow_ratio) == "slow_ratio");
    CHECK(to_string(circuit_cause::consecutive_failures) == "consecutive_failures");
    CHECK(to_string(circuit_cause::open_time_over) == "open_time_over");
    CHECK(to_string(circuit_cause::probes_succeeded) == "probes_succeeded");
    CHECK(to_string(circuit_cause::probes_failed) == "probes_failed");
    CHECK(to_string(circuit_cause::probe_lease_ended) == "probe_lease_ended");
    CHECK(to_string(circuit_cause::by_hand) == "by_hand");
    CHECK(to_string(static_cast<circuit_cause>(99)) == "unknown");
}
