// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_POOL_HISTOGRAM_HPP
#define RESIL_CORE_POOL_HISTOGRAM_HPP

#include <resil/config.hpp>
#include <resil/core/log_linear.hpp>
#include <resil/core/tally.hpp>
#include <resil/error.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace resil {

/**
 * Tells how long something took: quantiles of durations, at most 1/16 off from 1 us to 1 h.
 *
 * Every power of two is cut into eight equal parts, and a quantile is told as the middle of its
 * part. Shorter times than half a microsecond count as one, longer ones than 73 minutes too.
 *
 * Thread safety: one thread at a time records; any may read at the same time, without a lock,
 * and then sees some of what is being recorded.
 * Exceptions: nothing here throws.
 * Cost: 2 KB, and no allocation; a few nanoseconds to `record`, a microsecond for a `quantile`.
 *
 * Example:
 *
 *     if (pool.waits_served().quantile(0.99) > 50ms) {
 *         found.push_back("callers wait for connections");
 *     }
 */
class pool_histogram
{
public:
    /// Counts a duration.
    void record(duration d) noexcept
    {
        ++counts_[part_of(d)];
        if (d.count() > max_) {
            max_ = d.count();
        }
    }

    /// Takes one that was recorded out again; it stays in `max`.
    void take_back(duration d) noexcept { --counts_[part_of(d)]; }

    /// Returns how many were counted.
    RESIL_DECL std::uint64_t count() const noexcept;

    /// Returns the longest one, exactly; zero if there is none.
    duration max() const noexcept { return duration(max_); }

    /// Returns a duration that a share `q` of all, in [0, 1], did not exceed; zero if there is
    /// none.
    RESIL_DECL duration quantile(double q) const noexcept;

private:
    using parts = core::log_linear<9, 33, 3>; // from 2^9 ns up to 2^42 ns

    static std::size_t part_of(duration d) noexcept
    {
        return parts::part_of(static_cast<std::uint64_t>(std::max<duration::rep>(d.count(), 0)));
    }

    std::array<core::tally, parts::count> counts_{};
    core::relaxed<duration::rep> max_{0};
};

} // namespace resil

#ifndef RESIL_SEPARATE_COMPILATION
#include <resil/core/pool_histogram.ipp>
#endif

#endif // RESIL_CORE_POOL_HISTOGRAM_HPP
