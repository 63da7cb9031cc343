// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_SATURATE_HPP
#define RESIL_CORE_SATURATE_HPP

#include <resil/error.hpp>

#include <chrono>
#include <ratio>

namespace resil::core {

// Time arithmetic that stops at the ends of the range instead of overflowing.
//
// Delays come from users, from peers and from growth by factors, so every sum and every product
// of times in core/ goes through here. All functions are pure and thread-safe, and cost a few
// nanoseconds at most.

/// Makes a duration of a count of nanoseconds: NaN and below zero give 0, too much the longest.
constexpr duration to_duration(double nanoseconds) noexcept
{
    if (!(nanoseconds > 0.0)) {
        return duration::zero();
    }
    if (nanoseconds >= 0x1.0p63) {
        return duration::max();
    }
    return duration(static_cast<duration::rep>(nanoseconds));
}

/// Converts any duration to nanoseconds; what does not fit becomes the longest or the shortest.
/// NaN becomes the shortest, which every option refuses.
template <class Rep, class Period>
constexpr duration saturated(std::chrono::duration<Rep, Period> d) noexcept
{
    std::chrono::duration<double, std::nano> const wide = d;
    if (wide.count() >= 0x1.0p63) {
        return duration::max();
    }
    if (!(wide.count() > -0x1.0p63)) {
        return duration::min();
    }
    return std::chrono::duration_cast<duration>(d);
}

/// Multiplies a duration; never below zero, never beyond the longest duration.
constexpr duration scaled(duration d, double factor) noexcept
{
    return to_duration(static_cast<double>(d.count()) * factor);
}

/// Raises a number to a power of at least zero, by squaring; infinity where it grows too large.
constexpr double power(double base, int exponent) noexcept
{
    double result = 1.0;
    for (; exponent > 0; exponent /= 2) {
        result *= exponent % 2 != 0 ? base : 1.0;
        base *= base;
    }
    return result;
}

/// Adds a duration of at least zero to another; at most the longest duration.
constexpr duration plus(duration d, duration more) noexcept
{
    return d > duration::max() - more ? duration::max() : d + more;
}

/// Moves a point in time forward by a duration of at least zero; at most `time_point::max()`.
constexpr time_point plus(time_point t, duration more) noexcept
{
    return t > time_point::max() - more ? time_point::max() : t + more;
}

/// Returns how long it is from one point in time to another; zero if that is not later.
constexpr duration until(time_point from, time_point to) noexcept
{
    if (to <= from) {
        return duration::zero();
    }
    bool const too_far = from < time_point() && to > from + duration::max();
    return too_far ? duration::max() : duration(to - from);
}

} // namespace resil::core

#endif // RESIL_CORE_SATURATE_HPP
