// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/pool_histogram.hpp> // self-contained
#include <resil/core/random.hpp>
#include <resil/core/saturate.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <core/words.hpp>
#include <cstdint>
#include <limits>
#include <vector>

using namespace resil;
using namespace resil::tests;

namespace {

/// Says whether a quantile is within the promised sixteenth.
bool close_to(duration told, duration truth)
{
    return std::abs(static_cast<double>((told - truth).count())) <=
           static_cast<double>(truth.count()) / 16;
}

} // namespace

TEST_CASE("a histogram of nothing is nothing", "[pool]")
{
    pool_histogram const none;
    CHECK(none.count() == 0);
    CHECK(none.max() == 0s);
    CHECK(none.quantile(0.5) == 0s);
    CHECK(none.quantile(1.0) == 0s);
}

TEST_CASE("any duration from a microsecond to an hour is told within a sixteenth", "[pool]")
{
    // A much longer one as well, or every answer would be the maximum.
    for (duration d = 1us; d <= 1h; d += std::max(duration(1), d / 97)) {
        pool_histogram one;
        one.record(d);
        one.record(2h);
        CAPTURE(d.count(), one.quantile(0.5).count());
        REQUIRE(close_to(one.quantile(0.5), d));
        REQUIRE(one.count() == 2);
    }
}

TEST_CASE("the edges of the parts are told within a sixteenth", "[pool]")
{
    for (int power = 10; power <= 41; ++power) {
        for (std::int64_t const eighth : {8, 9, 12, 15}) {
            for (std::int64_t const off : {-1, 0, 1}) {
                duration const d((eighth << (power - 3)) + off);
                pool_histogram one;
                one.record(d);
                one.record(2h);
                CAPTURE(d.count(), one.quantile(0.5).count());
                REQUIRE(close_to(one.quantile(0.5), d));
            }
        }
    }
}

TEST_CASE("what is out of range is counted at its end", "[pool]")
{
    pool_histogram h;
    for (auto const d : {duration(0), duration(-5), duration(1), duration(511)}) {
        h.record(d);
    }
    CHECK(h.count() == 4);
    CHECK(h.quantile(0.5) == 256ns);
    CHECK(h.max() == 511ns);
    pool_histogram next;
    next.record(512ns);
    next.record(2h);
    CHECK(next.quantile(0.5) == 544ns);

    pool_histogram long_ones;
    long_ones.record(4'398'046'511'103ns); // the last that has a part
    long_ones.record(4'398'046'511'104ns);
    long_ones.record(duration::max());
    CHECK(long_ones.count() == 3);
    CHECK(close_to(long_ones.quantile(0.1), 4'398'046'511'103ns));
    CHECK(long_ones.quantile(0.6) == duration::max());
    CHECK(long_ones.max() == duration::max());
}

TEST_CASE("a quantile never exceeds the longest", "[pool]")
{
    pool_histogram h;
    h.record(1024ns); // the middle of its part is longer
    CHECK(h.quantile(0.5) == 1024ns);
}

TEST_CASE("the share decides which is told, and nonsense counts as an end of the range",
          "[pool]")
{
    pool_histogram h;
    for (int i = 0; i < 90; ++i) {
        h.record(1ms);
    }
    for (int i = 0; i < 9; ++i) {
        h.record(10ms);
    }
    h.record(100ms);
    CHECK(close_to(h.quantile(0.0), 1ms));
    CHECK(close_to(h.quantile(0.90), 1ms));
    CHECK(close_to(h.quantile(0.91), 10ms));
    CHECK(close_to(h.quantile(0.99), 10ms));
    CHECK(close_to(h.quantile(0.991), 100ms));
    CHECK(close_to(h.quantile(1.0), 100ms));
    CHECK(close_to(h.quantile(2.0), 100ms));
    CHECK(close_to(h.quantile(-1.0), 1ms));
    CHECK(close_to(h.quantile(std::numeric_limits<double>::quiet_NaN()), 1ms));
}

TEST_CASE("the quantiles of many durations are those of a sorted list", "[pool]")
{
    core::generator draw(11);
    pool_histogram h;
    std::vector<duration> all;
    for (int i = 0; i < 20'000; ++i) {
        all.push_back(core::to_duration(1e3 * std::pow(10.0, 6.0 * draw.unit())));
        h.record(all.back());
    }
    std::sort(all.begin(), all.end());
    for (double const q : {0.01, 0.1, 0.5, 0.9, 0.99, 0.999}) {
        auto const rank = static_cast<std::size_t>(std::ceil(q * 20'000.0)) - 1;
        CHECK(close_to(h.quantile(q), all[rank]));
    }
    CHECK(h.max() == all.back());
    CHECK(h.count() == 20'000);
}

TEST_CASE("what is taken back is not counted", "[pool]")
{
    pool_histogram h;
    h.record(1ms);
    h.record(1s);
    h.take_back(1s);
    CHECK(h.count() == 1);
    CHECK(close_to(h.quantile(1.0), 1ms));
    CHECK(h.max() == 1s);
}
