// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/latency_histogram.hpp> // self-contained
#include <resil/core/random.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <core/words.hpp>
#include <cstddef>
#include <cstdint>
#include <vector>

using namespace resil;
using namespace resil::tests;

namespace {

/// Says whether a quantile is within the promised thirty-second.
bool close_to(duration told, duration truth)
{
    return std::abs(static_cast<double>((told - truth).count())) <=
           static_cast<double>(truth.count()) / 32;
}

/// Returns times as services have them: most short, some very long.
std::vector<duration> drawn(std::uint64_t seed, int count)
{
    core::generator draw(seed);
    std::vector<duration> all;
    for (int i = 0; i < count; ++i) {
        all.push_back(duration(static_cast<std::int64_t>(1000.0 * std::exp(20.0 * draw.unit()))));
    }
    return all;
}

} // namespace

TEST_CASE("a latency histogram of nothing is nothing", "[latency]")
{
    latency_histogram const none;
    CHECK(none.count() == 0);
    CHECK(none.sum() == 0s);
    CHECK(none.max() == 0s);
    CHECK(none.quantile(0.5) == 0s);
    CHECK(none.quantile(1.0) == 0s);
    CHECK(none.count_up_to(1h) == 0);
}

TEST_CASE("any latency from 64 ns to 73 minutes is told within 1/32", "[latency]")
{
    for (duration d(64); d <= 73min; d += std::max(duration(1), d / 97)) {
        latency_histogram one;
        one.record(d);
        one.record(2h); // or every answer would be the maximum
        CAPTURE(d.count(), one.quantile(0.5).count());
        REQUIRE(close_to(one.quantile(0.5), d));
    }
}

TEST_CASE("the edges of the parts of latencies are told within 1/32", "[latency]")
{
    for (int power = 7; power <= 41; ++power) {
        for (std::int64_t const sixteenth : {16, 17, 23, 31}) {
            for (std::int64_t const off : {-1, 0, 1}) {
                duration const d((sixteenth << power) / 16 + off);
                latency_histogram one;
                one.record(d);
                one.record(2h);
                CAPTURE(d.count());
                REQUIRE(close_to(one.quantile(0.5), d));
            }
        }
    }
}

TEST_CASE("quantiles of many latencies are those of the sorted list, within 1/32", "[latency]")
{
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        auto all = drawn(seed, 2000);
        latency_histogram histogram;
        for (auto const d : all) {
            histogram.record(d);
        }
        std::sort(all.begin(), all.end());
        for (double const q : {0.0, 0.5, 0.8, 0.9, 0.99, 0.995, 0.999, 1.0}) {
            auto const rank = std::max(std::ceil(q * 2000.0), 1.0);
            auto const truth = all[static_cast<std::size_t>(rank) - 1];
            CAPTURE(seed, q, histogram.quantile(q).count(), truth.count());
            REQUIRE(close_to(histogram.quantile(q), truth));
        }
    }
}

TEST_CASE("count, sum and maximum of latencies are exact", "[latency]")
{
    latency_histogram histogram;
    duration sum{};
    for (auto const d : drawn(7, 1000)) {
        histogram.record(d);
        sum += d;
    }
    histogram.record(-5s);
    histogram.record(3h);

    CHECK(histogram.count() == 1002);
    CHECK(histogram.sum() == sum + 3h);
    CHECK(histogram.max() == 3h);
    CHECK(histogram.quantile(1.0) == 3h);
}

TEST_CASE("latencies are told as the middles of the sixteenths of powers of two", "[latency]")
{
    latency_histogram histogram;
    histogram.record(duration(100)); // from 100 to 103
    histogram.record(duration(64));  // from 64 to 67
    histogram.record(2h);
    CHECK(histogram.quantile(0.1) == duration(66));
    CHECK(histogram.quantile(0.6) == duration(102));
    CHECK(histogram.count_up_to(duration(101)) == 1);
    CHECK(histogram.count_up_to(duration(102)) == 2);
}

TEST_CASE("what is too short or too long to be told apart is one part each", "[latency]")
{
    latency_histogram tiny, huge;
    tiny.record(duration(1));
    tiny.record(2h);
    CHECK(tiny.quantile(0.5) == duration(32));
    CHECK(tiny.count_up_to(duration(31)) == 0);
    CHECK(tiny.count_up_to(duration(32)) == 1);
    huge.record(74min);
    huge.record(3h);
    CHECK(huge.quantile(0.5) == 3h);
    CHECK(huge.count_up_to(80min) == 0);
    CHECK(huge.count_up_to(3h) == 2);
}

TEST_CASE("merged histograms are one of all that both counted", "[latency]")
{
    latency_histogram both, left, right;
    core::striped_cells cells(latency_histogram::cells_needed);
    both.record(duration(7));
    left.record(duration(7));
    both.record(duration(9));
    right.record(duration(9));
    latency_histogram::record(cells, duration(9));
    for (auto const d : drawn(1, 500)) {
        both.record(d);
        left.record(d);
    }
    for (auto const d : drawn(2, 500)) {
        both.record(d);
        right.record(d);
        latency_histogram::record(cells, d);
    }
    latency_histogram other = left;
    other.merge(cells);
    left.merge(right);

    for (auto const* merged : {&left, &other}) {
        CHECK(merged->count() == both.count());
        CHECK(merged->sum() == both.sum());
        CHECK(merged->max() == both.max());
        for (double const q : {0.01, 0.5, 0.9, 0.999}) {
            CHECK(merged->quantile(q) == both.quantile(q));
        }
    }
}

TEST_CASE("how many did not exceed a bound is told but for those within 1/32 of it", "[latency]")
{
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        auto const all = drawn(seed, 1000);
        latency_histogram histogram;
        for (auto const d : all) {
            histogram.record(d);
        }
        std::uint64_t before = 0;
        for (duration bound = 1us; bound < 1h; bound += bound / 3) {
            auto const up_to = [&](duration most) {
                return static_cast<std::uint64_t>(std::count_if(
                    all.begin(), all.end(), [&](duration d) { return d <= most; }));
            };
            auto const told = histogram.count_up_to(bound);
            CAPTURE(seed, bound.count(), told);
            REQUIRE(told >= up_to(bound - bound / 32 - duration(1)));
            REQUIRE(told <= up_to(bound + bound / 32 + duration(1)));
            REQUIRE(told >= before);
            before = told;
        }
        CHECK(histogram.count_up_to(histogram.max()) == 1000);
        CHECK(histogram.count_up_to(0s) == 0);
    }
}
