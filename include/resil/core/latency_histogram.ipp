// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_LATENCY_HISTOGRAM_IPP
#define RESIL_CORE_LATENCY_HISTOGRAM_IPP

// The bodies of core/latency_histogram.hpp, which includes this unless they are compiled apart; see src.hpp.

#include <numeric>

namespace resil {

void latency_histogram::merge(latency_histogram const& other) noexcept
{
    for (std::size_t part = 0; part < parts::count; ++part) {
        counts_[part] += other.counts_[part];
    }
    sum_ += other.sum_;
    max_ = std::max(max_, other.max_);
}

void latency_histogram::merge(core::striped_cells const& cells) noexcept
{
    for (std::size_t part = 0; part < parts::count; ++part) {
        counts_[part] += cells.sum(part);
    }
    sum_ += cells.sum(sum_cell);
    max_ = std::max(max_, cells.max(max_cell));
}

std::uint64_t latency_histogram::count() const noexcept
{
    return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t(0));
}

duration latency_histogram::quantile(double q) const noexcept
{
    std::uint64_t const rank = core::rank_of(q, count());
    std::uint64_t seen = 0;
    for (std::size_t part = 0; part < parts::last; ++part) {
        seen += counts_[part];
        if (seen >= rank) {
            return std::min(middle_of(part), max());
        }
    }
    return max();
}

std::uint64_t latency_histogram::count_up_to(duration bound) const noexcept
{
    std::uint64_t below = 0;
    for (std::size_t part = 0; part < parts::last && middle_of(part) <= bound; ++part) {
        below += counts_[part];
    }
    return max() <= bound ? count() : below;
}

duration latency_histogram::middle_of(std::size_t part) noexcept
{
    return duration(static_cast<duration::rep>(parts::middle_of(part)));
}

} // namespace resil

#endif // RESIL_CORE_LATENCY_HISTOGRAM_IPP
