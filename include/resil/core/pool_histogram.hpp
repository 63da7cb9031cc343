// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_POOL_HISTOGRAM_HPP
#define RESIL_CORE_POOL_HISTOGRAM_HPP

#include <resil/config.hpp>
#include <resil/core/tally.hpp>
#include <resil/error.hpp>

#include <algorithm>
#include <array>
#include <bit>
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
    static constexpr int first_power = 9; // below 2^9 ns there is one part
    static constexpr int powers = 33;     // up to 2^42 ns
    static constexpr int parts = 8;       // of each power
    static constexpr int part_bits = 3;
    static constexpr std::size_t last = 1 + powers * parts; // what is longer

    static std::size_t part_of(duration d) noexcept
    {
        auto const ns = static_cast<std::uint64_t>(std::max<duration::rep>(d.count(), 0));
        auto const power = static_cast<int>(std::bit_width(ns)) - 1;
        if (power < first_power) {
            return 0;
        }
        std::size_t const part = (ns >> (power - part_bits)) % parts;
        return std::min(last, 1 + static_cast<std::size_t>(power - first_power) * parts + part);
    }

    RESIL_DECL static duration middle_of(std::size_t part) noexcept;

    std::array<core::tally, last + 1> counts_{};
    core::relaxed<duration::rep> max_{0};
};

} // namespace resil

#ifndef RESIL_SEPARATE_COMPILATION
#include <resil/core/pool_histogram.ipp>
#endif

#endif // RESIL_CORE_POOL_HISTOGRAM_HPP
