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
    double const share = q > 0.0 ? std::min(q, 1.0) : 0.0;
    double const exact = share * static_cast<double>(total);
    auto rank = static_cast<std::uint64_t>(exact);
    rank += rank == 0 || static_cast<double>(rank) < exact ? 1 : 0;
    std::uint64_t seen = 0;
    for (std::size_t part = 0; part < last; ++part) {
        seen += counts_[part];
        if (seen >= rank) {
            return std::min(middle_of(part), max());
        }
    }
    return max();
}

duration pool_histogram::middle_of(std::size_t part) noexcept
{
    if (part == 0) {
        return duration(1 << (first_power - 1));
    }
    int const power = first_power + static_cast<int>((part - 1) / parts);
    std::uint64_t const width = std::uint64_t(1) << (power - part_bits);
    return duration((parts + (part - 1) % parts) * width + width / 2);
}

} // namespace resil

#endif // RESIL_CORE_POOL_HISTOGRAM_IPP
