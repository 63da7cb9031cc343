// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_LOG_LINEAR_HPP
#define RESIL_CORE_LOG_LINEAR_HPP

#include <resil/config.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace resil::core {

/**
 * Cuts numbers into parts: every power of two from 2^`FirstPower` on into 2^`PartBits` equal ones.
 *
 * What is below the first power is one part, what is beyond `Powers` of them another. The middle of any part between
 * is at most one in 2^(`PartBits` + 1) off from whatever is in it.
 */
template <int FirstPower, int Powers, int PartBits>
struct log_linear
{
    static constexpr int parts = 1 << PartBits;             // of each power
    static constexpr std::size_t last = 1 + Powers * parts; // what is beyond
    static constexpr std::size_t count = last + 1;

    /// Returns the part that a number is in.
    static constexpr std::size_t part_of(std::uint64_t value) noexcept
    {
        auto const power = static_cast<int>(std::bit_width(value)) - 1;
        if (power < FirstPower) {
            return 0;
        }
        std::size_t const part = (value >> (power - PartBits)) % parts;
        return std::min(last, 1 + static_cast<std::size_t>(power - FirstPower) * parts + part);
    }

    /// Returns the middle of a part; that of the last one is no promise.
    static constexpr std::uint64_t middle_of(std::size_t part) noexcept
    {
        if (part == 0) {
            return std::uint64_t(1) << (FirstPower - 1);
        }
        int const power = FirstPower + static_cast<int>((part - 1) / parts);
        std::uint64_t const width = std::uint64_t(1) << (power - PartBits);
        return (parts + (part - 1) % parts) * width + width / 2;
    }
};

/// Returns which of `total` things in order a share `q` of them, in [0, 1], ends with; at least the first.
constexpr std::uint64_t rank_of(double q, std::uint64_t total) noexcept
{
    double const share = q > 0.0 ? std::min(q, 1.0) : 0.0;
    double const exact = share * static_cast<double>(total);
    auto rank = static_cast<std::uint64_t>(exact);
    rank += rank == 0 || static_cast<double>(rank) < exact ? 1 : 0;
    return rank;
}

} // namespace resil::core

#endif // RESIL_CORE_LOG_LINEAR_HPP
