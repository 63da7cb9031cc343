// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_OPTION_CHECK_HPP
#define RESIL_CORE_OPTION_CHECK_HPP

#include <resil/error.hpp>

#include <concepts>
#include <cstdio>
#include <string>
#include <string_view>

namespace resil::core {

// What every `validate()` is written with. The texts are built only when an option is refused,
// so checking costs a comparison an option. All functions are pure and thread-safe.

/// Writes a duration in the largest unit that holds it exactly, as in "250ms".
inline std::string text(duration d)
{
    using namespace std::chrono;
    auto const count = d.count();
    if (count % nanoseconds(1s).count() == 0) {
        return std::to_string(count / nanoseconds(1s).count()) + "s";
    }
    if (count % nanoseconds(1ms).count() == 0) {
        return std::to_string(count / nanoseconds(1ms).count()) + "ms";
    }
    if (count % nanoseconds(1us).count() == 0) {
        return std::to_string(count / nanoseconds(1us).count()) + "us";
    }
    return std::to_string(count) + "ns";
}

/// Writes a number with up to six digits, as in "0.25" or "nan".
inline std::string text(double value)
{
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "%g", value);
    return buffer;
}

/// Writes a whole number.
template <std::integral Integer>
std::string text(Integer value)
{
    return std::to_string(value);
}

/// Throws `invalid_option` unless `value >= low`; NaN is refused.
template <class T>
void require_at_least(std::string_view field, T value, T low)
{
    if (!(value >= low)) {
        throw invalid_option(field, text(value), "at least " + text(low));
    }
}

/// Throws `invalid_option` unless `value > low`; NaN is refused.
template <class T>
void require_more_than(std::string_view field, T value, T low)
{
    if (!(value > low)) {
        throw invalid_option(field, text(value), "more than " + text(low));
    }
}

/// Throws `invalid_option` unless `low <= value <= high`; NaN is refused.
template <class T>
void require_between(std::string_view field, T value, T low, T high)
{
    if (!(value >= low && value <= high)) {
        throw invalid_option(field, text(value), "between " + text(low) + " and " + text(high));
    }
}

/// Throws `invalid_option` unless `0 < value <= 1`; NaN is refused.
inline void require_share(std::string_view field, double value)
{
    if (!(value > 0.0 && value <= 1.0)) {
        throw invalid_option(field, text(value), "more than 0 and at most 1");
    }
}

} // namespace resil::core

#endif // RESIL_CORE_OPTION_CHECK_HPP
