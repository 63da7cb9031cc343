// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_SETTING_TEXT_HPP
#define RESIL_CORE_SETTING_TEXT_HPP

#include <resil/core/host_and_port.hpp>
#include <resil/error.hpp>

#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace resil::core {

// Readers of settings as people write them. Each takes the whole text, or nothing. All functions are pure and thread-safe.

/// Reads a number; no sign but '-', no spaces.
template <class Number>
std::optional<Number> read_number(std::string_view text) noexcept
{
    Number value{};
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc() || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

/// Reads "true", "yes", "on" or "1", and their opposites.
inline std::optional<bool> read_flag(std::string_view text) noexcept
{
    for (std::string_view const yes : {"true", "yes", "on", "1"}) {
        if (text == yes) {
            return true;
        }
    }
    for (std::string_view const no : {"false", "no", "off", "0"}) {
        if (text == no) {
            return false;
        }
    }
    return std::nullopt;
}

/// Reads a number with a unit, as in "250ms", "1.5s", "2min": of ns, us, ms, s, min and h; "0" needs none.
inline std::optional<duration> read_duration(std::string_view text) noexcept
{
    struct unit
    {
        std::string_view name;
        double nanoseconds;
    };
    static constexpr std::array<unit, 6> units{
        {{"ns", 1.0}, {"us", 1e3}, {"ms", 1e6}, {"min", 60e9}, {"s", 1e9}, {"h", 3600e9}}};
    if (text == "0") {
        return duration::zero();
    }
    for (unit const& each : units) {
        if (!text.ends_with(each.name)) {
            continue;
        }
        auto const count = read_number<double>(text.substr(0, text.size() - each.name.size()));
        if (count) {
            double const whole = *count * each.nanoseconds;
            bool const fits = whole >= 0 && whole < 0x1.0p63;
            return fits ? std::optional(duration(static_cast<duration::rep>(whole))) : std::nullopt;
        }
    }
    return std::nullopt;
}

/// Reads "host:port" or "[address]:port"; a host with a colon needs its brackets.
inline std::optional<host_and_port> read_host_and_port(std::string_view text)
{
    std::size_t const colon = text.rfind(':');
    if (colon == text.npos) {
        return std::nullopt;
    }
    std::string_view host = text.substr(0, colon);
    auto const port = read_number<unsigned short>(text.substr(colon + 1));
    bool const bracketed = host.starts_with('[') && host.ends_with(']');
    if (bracketed) {
        host = host.substr(1, host.size() - 2);
    }
    if (!port || *port == 0 || host.empty() || (!bracketed && host.find(':') != host.npos)) {
        return std::nullopt;
    }
    return host_and_port{std::string(host), *port};
}

} // namespace resil::core

#endif // RESIL_CORE_SETTING_TEXT_HPP
