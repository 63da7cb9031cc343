// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_OPTION_CHECK_HPP
#define RESIL_CORE_OPTION_CHECK_HPP

#include <resil/config.hpp>
#include <resil/error.hpp>

#include <concepts>
#include <cstdio>
#include <string>
#include <string_view>

namespace resil::core {

// What every `validate()` is written with. The texts are built only when an option is refused,
// so checking costs a comparison an option. All functions are pure and thread-safe.

/// Writes a duration in the largest unit that holds it exactly, as in "250ms".
RESIL_DECL std::string text(duration d);

/// Writes a number with up to six digits, as in "0.25" or "nan".
RESIL_DECL std::string text(double value);

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
RESIL_DECL void require_share(std::string_view field, double value);

} // namespace resil::core

#ifndef RESIL_SEPARATE_COMPILATION
#include <resil/core/option_check.ipp>
#endif

#endif // RESIL_CORE_OPTION_CHECK_HPP
