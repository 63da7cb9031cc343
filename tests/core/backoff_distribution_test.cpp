// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/backoff.hpp>
#include <resil/core/random.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <core/statistics.hpp>
#include <core/words.hpp>
#include <vector>

using namespace resil;
using namespace resil::tests;

namespace {

constexpr int draws = 100'000;
constexpr double ks_limit = 0.0052; // Kolmogorov and Smirnov, 10^5 draws, alpha = 0.01

/// Draws delays after the same failed attempt, in seconds.
std::vector<double> delays(backoff const& policy, jitter kind, double ratio, int failed_attempt,
                           duration previous)
{
    core::generator draw(20260101);
    std::vector<double> seconds(draws);
    for (double& s : seconds) {
        auto const d =
            jittered(policy, kind, ratio, 0ns, failed_attempt, previous, {}, draw.unit());
        s = std::chrono::duration<double>(d).count();
    }
    return seconds;
}

/// Maps draws from U(low, high) to U(0, 1).
std::vector<double> unscaled(std::vector<double> values, double low, double high)
{
    for (double& value : values) {
        value = (value - low) / (high - low);
    }
    return values;
}

bool near(double value, double expected, double share = 0.01)
{
    return std::abs(value - expected) <= share * std::abs(expected);
}

} // namespace

TEST_CASE("full jitter is uniform on [0, v]: mean v/2, variance v^2/12", "[backoff][jitter]")
{
    auto const seen = delays(backoff(), jitter::full, 0, 4, 0s); // v = 0.8 s

    CHECK(distance_from_uniform(unscaled(seen, 0.0, 0.8)) < ks_limit);
    CHECK(near(mean(seen), 0.4));
    CHECK(near(variance(seen), 0.8 * 0.8 / 12.0));
}

TEST_CASE("equal jitter is uniform on [v/2, v]: mean 3v/4", "[backoff][jitter]")
{
    auto const seen = delays(backoff(), jitter::equal, 0, 4, 0s);

    CHECK(distance_from_uniform(unscaled(seen, 0.4, 0.8)) < ks_limit);
    CHECK(near(mean(seen), 0.6));
    CHECK(near(variance(seen), 0.4 * 0.4 / 12.0));
}

TEST_CASE("ratio jitter is uniform on v less and plus its share", "[backoff][jitter]")
{
    auto const seen = delays(backoff(), jitter::ratio, 0.2, 4, 0s); // gRPC's plus or minus 20 %

    CHECK(distance_from_uniform(unscaled(seen, 0.64, 0.96)) < ks_limit);
    CHECK(near(mean(seen), 0.8));
}

TEST_CASE("decorrelated jitter is uniform on [base, thrice the delay before]",
          "[backoff][jitter]")
{
    auto const seen = delays(backoff(), jitter::decorrelated, 0, 4, 500ms);

    CHECK(distance_from_uniform(unscaled(seen, 0.1, 1.5)) < ks_limit);
    CHECK(near(mean(seen), 0.8));
}

TEST_CASE("the chain of decorrelated delays has the means of its closed form",
          "[backoff][jitter]")
{
    // E(n) = (base + 3 E(n-1)) / 2, from E(0) = base = 5.
    std::vector<double> const expected{10.0, 17.5, 28.75, 45.625, 70.9375};
    auto const policy = backoff::exponential(5s, 1'000'000s);
    core::generator draw(3);
    std::vector<double> sums(expected.size());

    for (int chain = 0; chain < draws; ++chain) {
        duration delay = 0s;
        for (std::size_t n = 0; n < sums.size(); ++n) {
            delay = jittered(policy, jitter::decorrelated, 0, 0s, static_cast<int>(n) + 1,
                             delay, {}, draw.unit());
            sums[n] += std::chrono::duration<double>(delay).count();
        }
    }

    for (std::size_t n = 0; n < sums.size(); ++n) {
        CAPTURE(n);
        CHECK(near(sums[n] / draws, expected[n], 0.015));
    }
}

TEST_CASE("no jitter is no jitter", "[backoff][jitter]")
{
    auto const seen = delays(backoff(), jitter::none, 0.5, 4, 0s);

    CHECK(near(mean(seen), 0.8, 1e-9));
    CHECK(variance(seen) < 1e-18);
}
