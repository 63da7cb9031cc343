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

/// Returns what a share of some durations does not exceed, in nanoseconds; there must be one.
inline double quantile_ns(std::vector<std::chrono::nanoseconds> durations, double share)
{
    std::size_t const last = durations.size() - 1;
    auto const at = durations.begin() + std::ptrdiff_t(share * double(last) + 0.5);
    std::nth_element(durations.begin(), at, durations.end());
    return double(at->count());
}

/// Counters `..p50_ns`, `..p99_ns` and `..max_ns`.
inline void report(benchmark::State& state, std::string const& what,
                   std::vector<std::chrono::nanoseconds> const& durations)
{
    state.counters[what + "p50_ns"] = quantile_ns(durations, 0.5);
    state.counters[what + "p99_ns"] = quantile_ns(durations, 0.99);
    state.counters[what + "max_ns"] = quantile_ns(durations, 1.0);
}

} // namespace bench

#endif // BENCH_SUPPORT_PERCENTILES_HPP
