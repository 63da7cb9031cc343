// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/error.hpp>
#include <resil/retry.hpp> // self-contained
#include <resil/verdict.hpp>

#include "support/steady_retry.hpp"
#include "support/world.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <chrono>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

using namespace support;

static_assert(std::is_aggregate_v<resil::retry_options>);
static_assert(std::is_nothrow_move_constructible_v<resil::retry>);

namespace {

/// Runs a call whose attempts fail at once, and returns when each of them began.
std::vector<resil::duration> starts_of(resil::retry_options options)
{
    world w;
    std::vector<resil::duration> starts;
    auto const begin = w.time.now();
    auto const call = w.call(resil::retry{std::move(options)}, [&](auto const& a, auto token) {
        starts.push_back(w.time.now() - begin);
        return scripted_operation<int>().fails(net::eof)(a, std::move(token));
    });
    w.time.advance(24h);
    CHECK(call.done());
    return starts;
}

/// Returns why options are refused; empty if they are not.
std::string refusal(resil::retry_options options)
{
    try {
        resil::retry{std::move(options)};
        return {};
    } catch (resil::invalid_option const& e) {
        return e.what();
    }
}

} // namespace

TEST_CASE("a first attempt that succeeds is the only one", "[retry]")
{
    world w;
    scripted_operation<int> op;
    op.succeeds(42);

    auto const call = w.call(resil::retry{}, op);

    CHECK(call.value() == 42);
    CHECK(op.starts() == 1);
}

TEST_CASE("a transient failure is repeated until it succeeds", "[retry]")
{
    world w;
    scripted_operation<int> op;
    op.fails(net::eof).fails(net::connection_reset).succeeds(42);

    auto const call = w.call(resil::retry{steady()}, op);
    CHECK(w.time.armed() == 1);
    w.time.advance(20ms);

    CHECK(call.value() == 42);
    CHECK(call.at() == 20ms);
    CHECK(op.numbers() == std::vector{1, 2, 3});
    CHECK(op.peak() == 1);
}

TEST_CASE("when the attempts are used up, the last real error is what is left", "[retry]")
{
    world w;
    scripted_operation<int> op;
    op.fails(net::eof).fails(net::eof).fails(net::connection_reset);

    auto const call = w.call(resil::retry{steady()}, op);
    w.time.advance(1h);

    CHECK(call.code() == net::connection_reset);
    CHECK(call.reason() == reason::attempts_exhausted);
    CHECK(call.attempts() == 3);
    CHECK(call.last_error() == net::connection_reset);
    CHECK(call.failure().elapsed() == 20ms);
    CHECK(op.starts() == 3);
}

TEST_CASE("max_attempts counts the first call", "[retry]")
{
    auto const attempts = GENERATE(1, 2, 7);

    CHECK(starts_of(steady(attempts)).size() == static_cast<std::size_t>(attempts));
}

TEST_CASE("a permanent failure is not repeated", "[retry]")
{
    world w;
    scripted_operation<int> op;
    op.fails(net::access_denied);

    auto const call = w.call(resil::retry{steady()}, op);

    CHECK(call.code() == net::access_denied);
    CHECK(call.reason() == reason::permanent);
    CHECK(call.attempts() == 1);
}

TEST_CASE("an operation that says it was cancelled, though nobody did, is not repeated",
          "[retry]")
{
    world w;
    scripted_operation<int> op;
    op.fails(net::operation_aborted);

    auto const call = w.call(resil::retry{steady()}, op);

    CHECK(call.code() == net::operation_aborted);
    CHECK(call.reason() == reason::ignored);
    CHECK(call.attempts() == 1);
}

TEST_CASE("an operation that throws has failed for good", "[retry]")
{
    world w;
    scripted_operation<int> op;
    op.fails(net::eof).throws();

    auto const call = w.call(resil::retry{steady()}, op);
    w.time.advance(1h);

    CHECK(call.code() == errc::operation_threw);
    CHECK(call.reason() == reason::exception);
    CHECK(call.last_error() == net::eof);
    CHECK(call.attempts() == 2);
    CHECK_THROWS_AS(std::rethrow_exception(call.failure().exception()), std::runtime_error);
}

TEST_CASE("the delays are those of the backoff", "[retry][backoff]")
{
    auto options = steady(5);
    std::vector<resil::duration> expected;
    SECTION("fixed")
    {
        expected = {0ms, 10ms, 20ms, 30ms, 40ms};
    }
    SECTION("linear, capped")
    {
        options.backoff = resil::backoff::linear(10ms, 25ms);
        expected = {0ms, 10ms, 30ms, 55ms, 80ms};
    }
    SECTION("exponential, capped")
    {
        options.backoff = resil::backoff::exponential(10ms, 50ms, 3.0);
        expected = {0ms, 10ms, 40ms, 90ms, 140ms};
    }
    SECTION("with a floor under them")
    {
        options.backoff = resil::backoff::exponential(10ms, 50ms, 3.0);
        options.min_delay = 20ms;
        expected = {0ms, 20ms, 50ms, 100ms, 150ms};
    }

    CHECK(starts_of(options) == expected);
}

TEST_CASE("a user's own delays are capped like all others", "[retry][backoff]")
{
    auto options = steady(4);
    std::vector<std::pair<int, error_code>> asked;
    options.backoff = resil::backoff::generated(
        [&](int failed, error_code ec) {
            asked.emplace_back(failed, ec);
            return failed == 1 ? -1h : failed * 20ms;
        },
        50ms);

    CHECK(starts_of(options) == std::vector<resil::duration>{0ms, 0ms, 40ms, 90ms});
    CHECK(asked ==
          std::vector<std::pair<int, error_code>>{{1, net::eof}, {2, net::eof}, {3, net::eof}});
}

TEST_CASE("a delay function that throws ends the call with the outcome at hand",
          "[retry][backoff]")
{
    auto options = steady();
    options.backoff = resil::backoff::generated(
        [](int, error_code) -> resil::duration { throw std::range_error("no idea"); }, 1s);
    world w;
    scripted_operation<int> op;
    op.fails(net::eof);

    auto const call = w.call(resil::retry{options}, op);

    CHECK(call.code() == net::eof);
    CHECK(call.reason() == reason::exception);
    CHECK(call.attempts() == 1);
    CHECK_THROWS_AS(std::rethrow_exception(call.failure().exception()), std::range_error);
}

TEST_CASE("jitter keeps each delay within its bounds, and is not the same twice",
          "[retry][jitter]")
{
    auto options = steady(30);
    options.backoff = resil::backoff::fixed(100ms);
    options.jitter_ratio = 0.1;
    resil::duration low{}, high{};
    SECTION("full")
    {
        options.jitter = resil::jitter::full, high = 100ms;
    }
    SECTION("equal")
    {
        options.jitter = resil::jitter::equal, low = 50ms, high = 100ms;
    }
    SECTION("ratio")
    {
        options.jitter = resil::jitter::ratio, low = 90ms, high = 110ms;
    }
    SECTION("decorrelated")
    {
        options.jitter = resil::jitter::decorrelated, low = 100ms, high = 200ms;
    }

    auto const starts = starts_of(options);
    bool differ = false;
    for (std::size_t i = 1; i < starts.size(); ++i) {
        auto const delay = starts[i] - starts[i - 1];
        CHECK((delay >= low && delay <= high));
        differ = differ || delay != starts[1];
    }
    CHECK(differ);
}

TEST_CASE("decorrelated jitter grows from the delay before, not from the attempt",
          "[retry][jitter]")
{
    auto options = steady(40);
    options.backoff = resil::backoff::exponential(1ms, 1h, 1.0);
    options.jitter = resil::jitter::decorrelated;
    options.seed = 7;

    auto const starts = starts_of(options);

    CHECK(starts.back() > 200ms);
}

TEST_CASE("the same seed gives the same delays, another one others", "[retry][jitter]")
{
    auto options = steady(5);
    options.jitter = resil::jitter::full;
    auto const with = [options](std::uint64_t seed) {
        auto seeded = options;
        seeded.seed = seed;
        return starts_of(seeded);
    };

    CHECK(with(1) == with(1));
    CHECK(with(1) != with(2));
}

TEST_CASE("two retries without a seed do not wait the same", "[retry][jitter]")
{
    auto options = steady(5);
    options.jitter = resil::jitter::full;

    CHECK(starts_of(options) != starts_of(options));
}

TEST_CASE("a zero delay arms no timer, and the next attempt is not started inline", "[retry]")
{
    world w;
    auto options = steady(3);
    options.backoff = resil::backoff::fixed(0ms);
    scripted_operation<int> op;
    op.fails(net::eof).fails(net::eof).succeeds(1);
    std::size_t armed = 0;
    auto const call = w.call(resil::retry{options}, [&](auto const& a, auto token) {
        armed += w.time.armed();
        return op(a, std::move(token));
    });

    CHECK(call.value() == 1);
    CHECK(armed == 0);
}

TEST_CASE("a hundred thousand repetitions at once do not overflow the stack", "[retry]")
{
    world w;
    auto options = steady(100'000);
    options.backoff = resil::backoff::fixed(0ms);
    scripted_operation<int> op;
    op.fails(net::eof);

    auto const call = w.call(resil::retry{options}, op);

    CHECK(call.attempts() == 100'000);
}

TEST_CASE("options out of range are refused, by name, value and range", "[retry]")
{
    double const nan = std::numeric_limits<double>::quiet_NaN();

    CHECK(refusal({.max_attempts = 0}) == "retry.max_attempts is 0, but must be at least 1");
    CHECK(refusal({.jitter_ratio = 1.5}) ==
          "retry.jitter_ratio is 1.5, but must be between 0 and 1");
    CHECK(refusal({.jitter_ratio = nan}) ==
          "retry.jitter_ratio is nan, but must be between 0 and 1");
    CHECK(refusal({.min_delay = -1ms}) == "retry.min_delay is -1ms, but must be at least 0s");
    CHECK(refusal({.max_retry_after = -1s}) ==
          "retry.max_retry_after is -1s, but must be at least 0s");
    CHECK(refusal({.min_useful_time = -5us}) ==
          "retry.min_useful_time is -5us, but must be at least 0s");
    CHECK(refusal({.backoff = resil::backoff::exponential(2s, 1s)}) ==
          "backoff.cap is 1s, but must be at least 2s");
}

TEST_CASE("a retry without options makes three attempts, with full jitter, and is unsafe",
          "[retry]")
{
    auto const o = resil::retry().options();

    CHECK(o.max_attempts == 3);
    CHECK(o.jitter == resil::jitter::full);
    CHECK(o.backoff.base() == 100ms);
    CHECK(o.backoff.cap() == 10s);
    CHECK(o.idempotency == idempotency::unsafe);
    CHECK(o.max_retry_after == 60s);
    CHECK(o.nested == resil::nested_retry::quiet);
    CHECK_FALSE(o.budget);
}

TEST_CASE("copies of a retry draw from one generator", "[retry]")
{
    auto options = steady();
    options.seed = 3;
    resil::retry const one{options};
    resil::retry const copy = one;
    resil::retry const other{options};

    double const first = one.draw();
    CHECK(copy.draw() != first);
    CHECK(other.draw() == first);
}
