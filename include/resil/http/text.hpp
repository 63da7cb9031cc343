// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_HTTP_TEXT_HPP
#define RESIL_HTTP_TEXT_HPP

#include <resil/error.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

// What the parsers of this folder share; nothing here is public.
namespace resil::http::detail {

constexpr bool is_digit(char c) noexcept
{
    return c >= '0' && c <= '9';
}

constexpr bool is_letter(char c) noexcept
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

constexpr bool is_hex(char c) noexcept
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

constexpr bool is_one_of(char c, std::string_view set) noexcept
{
    return set.find(c) != set.npos;
}

/// ASCII's control characters, the tab and DEL among them.
constexpr bool is_control(char c) noexcept
{
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

/// OWS = *( SP / HTAB ) before and after (RFC 9110, section 5.6.3).
constexpr std::string_view trim_ows(std::string_view text) noexcept
{
    constexpr std::string_view ows = " \t";
    std::size_t const first = std::min(text.find_first_not_of(ows), text.size());
    std::size_t const last = text.find_last_not_of(ows);
    return text.substr(first, last == text.npos ? 0 : last - first + 1);
}

/// 1*DIGIT, as large as it fits; nothing else is a number.
constexpr std::optional<std::uint64_t> parse_number(std::string_view text) noexcept
{
    constexpr auto max = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t number = 0;
    for (char const c : text) {
        if (!is_digit(c)) {
            return std::nullopt;
        }
        auto const digit = static_cast<std::uint64_t>(c - '0');
        number = number > (max - digit) / 10 ? max : number * 10 + digit;
    }
    return text.empty() ? std::nullopt : std::optional(number);
}

/// `count` units of time, or the longest duration there is.
template <class Unit>
constexpr duration saturated(std::uint64_t count) noexcept
{
    constexpr auto max = std::chrono::duration_cast<Unit>(duration::max()).count();
    return count > static_cast<std::uint64_t>(max)
               ? duration::max()
               : duration(Unit(static_cast<typename Unit::rep>(count)));
}

/// Reads fixed text from left to right; once something is missing, all that follows is missing.
class text_cursor
{
public:
    constexpr explicit text_cursor(std::string_view text) noexcept : rest_(text) {}

    /// Steps over `expected`, if it is next.
    constexpr bool skip(std::string_view expected) noexcept
    {
        if (!rest_.starts_with(expected)) {
            return false;
        }
        rest_.remove_prefix(expected.size());
        return true;
    }

    constexpr void expect(std::string_view expected) noexcept
    {
        good_ = skip(expected) && good_;
    }

    /// Exactly `count` digits.
    constexpr int number(std::size_t count) noexcept
    {
        auto const value = parse_number(rest_.substr(0, count));
        if (rest_.size() < count || !value) {
            good_ = false;
            return 0;
        }
        rest_.remove_prefix(count);
        return static_cast<int>(*value);
    }

    /// Which of the names is next, counted from 0.
    template <std::size_t Count>
    constexpr std::size_t name(std::array<std::string_view, Count> const& names) noexcept
    {
        for (std::size_t i = 0; i != Count; ++i) {
            if (skip(names[i])) {
                return i;
            }
        }
        good_ = false;
        return 0;
    }

    /// Whether nothing was missing and nothing is left.
    constexpr bool complete() const noexcept { return good_ && rest_.empty(); }

private:
    std::string_view rest_;
    bool good_ = true;
};

} // namespace resil::http::detail

#endif // RESIL_HTTP_TEXT_HPP
