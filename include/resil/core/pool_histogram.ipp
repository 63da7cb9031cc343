// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_POOL_HISTOGRAM_IPP
#define RESIL_CORE_POOL_HISTOGRAM_IPP

// The bodies of core/pool_histogram.hpp, which includes this unless they are compiled apart; see src.hpp.

#include <algorithm>

namespace resil {

std::uint64_t pool_histogram::count() const noexcept
{
    std::uint64_t sum = 0;
    for (auto const& n : counts_) {
        sum += n;
    }
    return sum;
}

duration pool_histogram::quantile(double q) const noexcept
{
    std::uint64_t const total = count();
    std::uint64_t const rank = core::rank_of(q, total);
    std::uint64_t seen = 0;
    for (std::size_t part = 0; part < parts::last; ++part) {
        seen += counts_[part];
        if (seen >= rank) {
            return std::min(duration(static_cast<duration::rep>(parts::middle_of(part))), max());
        }
    }
    return max();
}

} // namespace resil

#endif // RESIL_CORE_POOL_HISTOGRAM_IPP
