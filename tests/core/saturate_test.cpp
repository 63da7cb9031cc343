// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/saturate.hpp> // self-contained

#include <catch2/catch_test_macros.hpp>

#include <core/words.hpp>
#include <limits>

using namespace resil;
using namespace resil::core;
using namespace resil::tests;

namespace {

constexpr auto longest = duration::max();
constexpr auto last = time_point::max();
constexpr auto first = time_point::min();
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

} // namespace

static_assert(noexcept(to_duration(1.0)));
static_assert(to_duration(1.0) == 1ns);

TEST_CASE("a number of nanoseconds becomes a duration, whatever the number", "[saturate]")
{
    CHECK(to_duration(0.0) == 0ns);
    CHECK(to_duration(1.0) == 1ns);
    CHECK(to_duration(2.9) == 2ns);
    CHECK(to_duration(0.9) == 0ns);
    CHECK(to_duration(-1.0) == 0ns);
    CHECK(to_duration(-infinity) == 0ns);
    CHECK(to_duration(not_a_number) == 0ns);
    CHECK(to_duration(infinity) == longest);
    CHECK(to_duration(0x1p63) == longest);
    CHECK(to_duration(0x1p64) == longest);
    CHECK(to_duration(0x1p63 - 1024.0) == longest - 1023ns);
    CHECK(to_duration(0x1p62) == duration(1LL << 62));
}

TEST_CASE("durations of any unit become nanoseconds that fit", "[saturate]")
{
    using seconds_as_double = std::chrono::duration<double>;
    using std::chrono::hours;

    CHECK(saturated(2s) == 2'000'000'000ns);
    CHECK(saturated(-3ms) == -3'000'000ns);
    CHECK(saturated(0h) == 0ns);
    CHECK(saturated(seconds_as_double(0.25)) == 250ms);
    CHECK(saturated(hours::max()) == longest);
    CHECK(saturated(hours::min()) == duration::min());
    CHECK(saturated(longest) == longest);
    CHECK(saturated(duration::min()) == duration::min());
    CHECK(saturated(seconds_as_double(infinity)) == longest);
    CHECK(saturated(seconds_as_double(-infinity)) == duration::min());
    CHECK(saturated(seconds_as_double(not_a_number)) == duration::min());
    CHECK(saturated(std::chrono::duration<double, std::nano>(0x1p63)) == longest);
    CHECK(saturated(std::chrono::duration<double, std::nano>(0x1p62)) == duration(1LL << 62));
    CHECK(saturated(std::chrono::duration<double, std::nano>(-0x1p62)) == -duration(1LL << 62));
    CHECK(saturated(2'562'047h) == 2'562'047h);
    CHECK(saturated(2'562'048h) == longest);
}

TEST_CASE("scaling a duration stays within the range of durations", "[saturate]")
{
    CHECK(scaled(100ms, 2.0) == 200ms);
    CHECK(scaled(100ms, 0.5) == 50ms);
    CHECK(scaled(100ms, 0.0) == 0ms);
    CHECK(scaled(100ms, -1.0) == 0ms);
    CHECK(scaled(-100ms, 1.0) == 0ms);
    CHECK(scaled(0ms, infinity) == 0ms);
    CHECK(scaled(1ns, infinity) == longest);
    CHECK(scaled(longest, 2.0) == longest);
    CHECK(scaled(longest, 0.5) == duration(1LL << 62));
    CHECK(scaled(1s, not_a_number) == 0s);
}

TEST_CASE("adding durations stops at the longest", "[saturate]")
{
    CHECK(plus(1s, 2s) == 3s);
    CHECK(plus(0s, 0s) == 0s);
    CHECK(plus(-5s, 2s) == -3s);
    CHECK(plus(longest - 1ns, 1ns) == longest);
    CHECK(plus(longest - 1ns, 2ns) == longest);
    CHECK(plus(longest, longest) == longest);
    CHECK(plus(longest - 2ns, 1ns) == longest - 1ns);
}

TEST_CASE("moving forward in time stops at the last point in time", "[saturate]")
{
    CHECK(plus(at(1s), 2s) == at(3s));
    CHECK(plus(at(1s), 0s) == at(1s));
    CHECK(plus(last - 1ns, 1ns) == last);
    CHECK(plus(last - 1ns, 2ns) == last);
    CHECK(plus(last, longest) == last);
    CHECK(plus(first, longest) == time_point(-1ns));
    CHECK(plus(last - 2ns, 1ns) == last - 1ns);
}

TEST_CASE("the time until a moment is zero if the moment has passed", "[saturate]")
{
    CHECK(until(at(1s), at(3s)) == 2s);
    CHECK(until(at(1s), at(1s)) == 0s);
    CHECK(until(at(3s), at(1s)) == 0s);
    CHECK(until(at(1s), at(1s) + 1ns) == 1ns);
    CHECK(until(first, last) == longest);
    CHECK(until(last, first) == 0s);
    CHECK(until(time_point(), last) == longest);
    CHECK(until(time_point(-1ns), last) == longest);
    CHECK(until(time_point(-2ns), last - 2ns) == longest);
    CHECK(until(time_point(-2ns), last - 3ns) == longest - 1ns);
    CHECK(until(time_point(-2ns), time_point(1ns)) == 3ns);
    CHECK(until(time_point(1ns), last) == longest - 1ns);
    CHECK(until(first, first + 5ns) == 5ns);
}
