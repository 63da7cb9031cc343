// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef BENCH_SUPPORT_PERCENTILES_HPP
#define BENCH_SUPPORT_PERCENTILES_HPP

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace bench {

/// Returns what a share of some numbers does not exceed; there must be one.
template <class Number>
Number quantile(std::vector<Number> numbers, double share)
{
    auto const at = numbers.begin() + std::ptrdiff_t(share * double(numbers.size() - 1) + 0.5);
    std::nth_element(numbers.begin(), at, numbers.end());
    return *at;
}

/// Counters of a median, of what 1 % exceed, and of the most: `..p50_unit` and so on.
template <class Number>
void report(benchmark::State& state, std::string const& what, std::string const& unit,
            std::vector<Number> const& numbers)
{
    state.counters[what + "p50_" + unit] = double(quantile(numbers, 0.5));
    state.counters[what + "p99_" + unit] = double(quantile(numbers, 0.99));
    state.counters[what + "max_" + unit] = double(quantile(numbers, 1.0));
}

/// The same of durations, in nanoseconds.
inline void report(benchmark::State& state, std::string const& what,
                   std::vector<std::chrono::nanoseconds> const& durations)
{
    std::vector<std::chrono::nanoseconds::rep> counts;
    for (auto const each : durations) {
        counts.push_back(each.count());
    }
    report(state, what, "ns", counts);
}

} // namespace bench

#endif // BENCH_SUPPORT_PERCENTILES_HPP
