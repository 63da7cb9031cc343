// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_METRIC_TEXT_HPP
#define RESIL_CORE_METRIC_TEXT_HPP

#include <resil/config.hpp>
#include <resil/error.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace resil::core {

// How metrics are spelt: which names Prometheus takes, and how it wants text that may hold anything.
// All functions are pure and thread-safe; those that return text throw `bad_alloc`.

/// Says whether a letter may begin the name of a metric or a label.
constexpr bool begins_metric_name(char c) noexcept
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/// Says whether a name consists of letters, digits and underscores, and does not begin with a digit. (Prometheus
/// allows colons in the names of metrics, but keeps them for its own rules.)
constexpr bool is_metric_name(std::string_view name) noexcept
{
    return !name.empty() && begins_metric_name(name.front()) &&
           std::all_of(name.begin(), name.end(), [](char c) {
               return begins_metric_name(c) || (c >= '0' && c <= '9');
           });
}

/// Says the same of a label; two underscores at its beginning are Prometheus's own, `le` and `quantile` are taken.
constexpr bool is_label_name(std::string_view name) noexcept
{
    return is_metric_name(name) && !name.starts_with("__") && name != "le" && name != "quantile";
}

/// Throws `invalid_option` unless `is_metric_name`.
RESIL_DECL void require_metric_name(std::string_view name);

/// Throws `invalid_option` unless `is_label_name`.
RESIL_DECL void require_label_name(std::string_view name);

/// Returns a text as valid UTF-8 of at most so many bytes: what is no character becomes U+FFFD, and what would be cut in
/// two is left out.
RESIL_DECL std::string clean_label_value(std::string_view value, std::size_t most);

/// Appends a label's value as it stands between quotes.
RESIL_DECL void append_label_value(std::string& text, std::string_view value);

/// Appends a help text as it stands on its line.
RESIL_DECL void append_help(std::string& text, std::string_view help);

/// Appends a number in the shortest form that reads back as itself, or `+Inf`, `-Inf`, `NaN`.
RESIL_DECL void append_number(std::string& text, double value);

} // namespace resil::core

#ifndef RESIL_SEPARATE_COMPILATION
#include <resil/core/metric_text.ipp>
#endif

#endif // RESIL_CORE_METRIC_TEXT_HPP
