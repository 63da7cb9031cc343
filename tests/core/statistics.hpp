// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_CORE_STATISTICS_HPP
#define RESIL_TESTS_CORE_STATISTICS_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace resil::tests {

/// Returns the largest distance between the draws' distribution and the uniform one on [0, 1]:
/// the statistic of Kolmogorov and Smirnov. At 1 % significance it is below 1.63 / sqrt(n).
inline double distance_from_uniform(std::vector<double> draws)
{
    std::sort(draws.begin(), draws.end());
    auto const n = static_cast<double>(draws.size());
    double largest = 0.0;
    for (std::size_t i = 0; i < draws.size(); ++i) {
        auto const rank = static_cast<double>(i);
        largest = std::max({largest, draws[i] - rank / n, (rank + 1.0) / n - draws[i]});
    }
    return largest;
}

/// Returns the chi squared statistic of counts that should all be the same.
inline double chi_squared(std::vector<std::uint64_t> const& counts)
{
    double total = 0.0;
    for (auto const count : counts) {
        total += static_cast<double>(count);
    }
    double const expected = total / static_cast<double>(counts.size());
    double sum = 0.0;
    for (auto const count : counts) {
        double const off = static_cast<double>(count) - expected;
        sum += off * off / expected;
    }
    return sum;
}

inline double mean(std::vector<double> const& values)
{
    double sum = 0.0;
    for (double const value : values) {
        sum += value;
    }
    return sum / static_cast<double>(values.size());
}

inline double variance(std::vector<double> const& values)
{
    double const centre = mean(values);
    double sum = 0.0;
    for (double const value : values) {
        sum += (value - centre) * (value - centre);
    }
    return sum / static_cast<double>(values.size() - 1);
}

} // namespace resil::tests

#endif // RESIL_TESTS_CORE_STATISTICS_HPP
