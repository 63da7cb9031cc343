// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_HTTP_DETAIL_KEEP_ALIVE_HPP
#define RESIL_HTTP_DETAIL_KEEP_ALIVE_HPP

#include <resil/error.hpp>
#include <resil/http/text.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string_view>

namespace resil::http::detail {

constexpr bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept
{
    auto const lower = [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    };
    return std::ranges::equal(a, b, {}, lower, lower);
}

/// The number of `name=number` if `parameter` is that.
constexpr std::optional<std::uint64_t> parameter_value(std::string_view parameter,
                                                       std::string_view name) noexcept
{
    std::size_t const sign = parameter.find('=');
    bool const named = sign != parameter.npos &&
                       equal_ignoring_case(trim_ows(parameter.substr(0, sign)), name);
    return named ? parse_number(trim_ows(parameter.substr(sign + 1))) : std::nullopt;
}

/**
 * Reads `Keep-Alive: timeout=5, max=100` (RFC 2068, section 19.7.1.1): how long the peer keeps
 * an idle connection; nothing if it does not say.
 */
constexpr std::optional<duration> parse_keep_alive(std::string_view value) noexcept
{
    std::optional<duration> shortest;
    while (!value.empty()) {
        std::size_t const comma = std::min(value.find(','), value.size());
        if (auto const seconds = parameter_value(value.substr(0, comma), "timeout")) {
            duration const told = saturated<std::chrono::seconds>(*seconds);
            shortest = shortest ? std::min(*shortest, told) : told;
        }
        value.remove_prefix(std::min(comma + 1, value.size()));
    }
    return shortest;
}

} // namespace resil::http::detail

#endif // RESIL_HTTP_DETAIL_KEEP_ALIVE_HPP
