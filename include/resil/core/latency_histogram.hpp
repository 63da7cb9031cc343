// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_LATENCY_HISTOGRAM_HPP
#define RESIL_CORE_LATENCY_HISTOGRAM_HPP

#include <resil/config.hpp>
#include <resil/core/log_linear.hpp>
#include <resil/core/striped_cells.hpp>
#include <resil/error.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace resil {

/**
 * Tells how long calls took: how many, their sum, and quantiles that are at most 1/32 off from 64 ns to 73 minutes.
 *
 * Every power of two is cut into sixteen equal parts, and a quantile is told as the middle of its part. Shorter times
 * than 64 ns count as one part, longer ones than 73 minutes too: of those a quantile is the longest that was seen. The
 * count, the sum and the maximum are exact.
 *
 * Thread safety: a value; distinct objects, and const use of a shared one, are safe. For recording from many threads
 * see `service::latency`, which gives one of these when it is read.
 * Exceptions: making or copying one throws `bad_alloc`; nothing else throws.
 * Cost: 4.6 KB; a few nanoseconds to `record`, a microsecond for a `quantile`.
 *
 * Example:
 *
 *     resil::latency_histogram const taken = answers.histogram();
 *     auto const worst_of_a_thousand = taken.quantile(0.999);
 */
class latency_histogram
{
    using parts = core::log_linear<6, 36, 4>; // from 2^6 ns up to 2^42 ns

public:
    /// Makes one of nothing.
    latency_histogram() : counts_(parts::count) {}

    /// Counts a duration; one below zero counts as zero.
    void record(duration d) noexcept
    {
        auto const ns = nanoseconds(d);
        ++counts_[parts::part_of(ns)];
        sum_ += ns;
        max_ = std::max(max_, ns);
    }

    /// Counts all that another one has counted.
    RESIL_DECL void merge(latency_histogram const& other) noexcept;

    /// Returns how many were counted.
    RESIL_DECL std::uint64_t count() const noexcept;

    /// Returns the sum of all, exactly.
    duration sum() const noexcept { return duration(static_cast<duration::rep>(sum_)); }

    /// Returns the longest one, exactly; zero if there is none.
    duration max() const noexcept { return duration(static_cast<duration::rep>(max_)); }

    /// Returns a duration that a share `q` of all, in [0, 1], did not exceed; zero if there is none.
    RESIL_DECL duration quantile(double q) const noexcept;

    /// Returns how many did not exceed a duration; those within 1/32 of it may be counted either way.
    RESIL_DECL std::uint64_t count_up_to(duration bound) const noexcept;

    /// Counts a duration in cells that many threads write to, `cells_needed` of them; `merge` reads them.
    static void record(core::striped_cells& cells, duration d) noexcept
    {
        auto const ns = nanoseconds(d);
        auto const mine = cells.mine();
        mine.add(parts::part_of(ns), 1);
        mine.add(sum_cell, ns);
        mine.raise(max_cell, ns);
    }

    /// Counts what was recorded in cells.
    RESIL_DECL void merge(core::striped_cells const& cells) noexcept;

private:
    static constexpr std::size_t sum_cell = parts::count;
    static constexpr std::size_t max_cell = parts::count + 1;

    static std::uint64_t nanoseconds(duration d) noexcept
    {
        return static_cast<std::uint64_t>(std::max<duration::rep>(d.count(), 0));
    }

    RESIL_DECL static duration middle_of(std::size_t part) noexcept;

    std::vector<std::uint64_t> counts_;
    std::uint64_t sum_ = 0;
    std::uint64_t max_ = 0;

public:
    /// How many cells `record` and `merge` use.
    static constexpr std::size_t cells_needed = max_cell + 1;
};

} // namespace resil

#ifndef RESIL_SEPARATE_COMPILATION
#include <resil/core/latency_histogram.ipp>
#endif

#endif // RESIL_CORE_LATENCY_HISTOGRAM_HPP
