// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_EXAMPLES_DEMO_NUMBERS_HPP
#define RESIL_EXAMPLES_DEMO_NUMBERS_HPP

#include "recording.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <vector>

namespace demo {

/// The smallest value that a share of all values does not exceed (nearest rank).
inline double percentile(std::vector<double> values, double share)
{
    if (values.empty()) {
        return 0;
    }
    auto const rank =
        static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size()) - 1e-9));
    auto const found =
        values.begin() + static_cast<std::ptrdiff_t>(std::max<std::size_t>(rank, 1) - 1);
    std::ranges::nth_element(values, found);
    return *found;
}

/// What came of the pages that were asked for in some time.
struct pages
{
    long requests = 0;
    long full = 0;
    long degraded = 0;
    long errors = 0;

    double full_share() const { return requests ? double(full) / double(requests) : 1; }
};

inline pages pages_between(recording const& r, double begin, double end)
{
    pages sum;
    for (visit const& v : r.visits) {
        if (v.due >= begin && v.due < end) {
            ++sum.requests;
            sum.full += v.what == outcome::full;
            sum.degraded += v.what == outcome::degraded;
            sum.errors += v.what == outcome::error;
        }
    }
    return sum;
}

/// Counts the pages, full or degraded, that were shown within some time.
inline long shown_within(recording const& r, double milliseconds)
{
    return std::ranges::count_if(r.visits, [&](visit const& v) {
        return v.what != outcome::error && v.latency_ms <= milliseconds;
    });
}

/// A healthy phase, from when its pages are full: after an outage, that takes a moment.
struct healthy_phase
{
    double begin = 0;
    std::optional<double> back{}; ///< When pages were full; none: never.
    pages since{};                ///< The pages from then to the end of the phase.
};

/**
 * Finds out when pages were full again in a phase: when the first page was there of a second in
 * which every page was full.
 */
inline healthy_phase examine(recording const& r, episode const& e, bool after_outage)
{
    healthy_phase found{.begin = e.begin};
    if (!after_outage) {
        found.back = e.begin;
        found.since = pages_between(r, e.begin, e.end);
        return found;
    }
    for (visit const& v : r.visits) {
        if (!e.holds(v.due) || v.due + 1 > e.end) {
            continue;
        }
        pages const second = pages_between(r, v.due, v.due + 1);
        if (second.full == second.requests) {
            found.back = v.due + v.latency_ms / 1000;
            found.since = pages_between(r, v.due, e.end);
            break;
        }
    }
    return found;
}

/// The numbers of one run.
struct numbers
{
    pages all{};
    double p50_ms = 0;
    double p99_ms = 0;
    double p999_ms = 0;
    long upstream_calls_outage = 0; ///< Calls, retries too, that reached the ailing service.
    long refused_outage = 0;        ///< Calls that found nobody listening.
    std::optional<double> recovery_s{}; ///< From the end of the outage to full pages.
    std::vector<healthy_phase> healthy{};

    explicit numbers(recording const& r) : all(pages_between(r, -1e9, 1e9))
    {
        std::vector<double> latencies;
        for (visit const& v : r.visits) {
            latencies.push_back(v.latency_ms);
        }
        p50_ms = percentile(latencies, 0.5);
        p99_ms = percentile(latencies, 0.99);
        p999_ms = percentile(latencies, 0.999);
        for (std::size_t i = 0; i < r.episodes.size(); ++i) {
            add(r, r.episodes[i], i != 0);
        }
    }

private:
    void add(recording const& r, episode const& e, bool after_outage)
    {
        if (e.kind != fault::healthy) {
            upstream_calls_outage += e.reached;
            refused_outage += e.refused;
            return;
        }
        healthy.push_back(examine(r, e, after_outage));
        if (after_outage && healthy.back().back) {
            recovery_s = *healthy.back().back - e.begin;
        }
    }
};

} // namespace demo

#endif // RESIL_EXAMPLES_DEMO_NUMBERS_HPP
