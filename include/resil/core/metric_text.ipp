// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_METRIC_TEXT_IPP
#define RESIL_CORE_METRIC_TEXT_IPP

// The bodies of core/metric_text.hpp, which includes this unless they are compiled apart; see src.hpp.

#include <array>
#include <charconv>
#include <cmath>

namespace resil::core {

void require_metric_name(std::string_view name)
{
    if (!is_metric_name(name)) {
        throw invalid_option("name", name, "letters, digits and underscores, no digit first");
    }
}

void require_label_name(std::string_view name)
{
    if (!is_label_name(name)) {
        throw invalid_option("label", name,
                             "letters, digits and underscores, no digit and no two underscores "
                             "first, and neither le nor quantile");
    }
}

/// Returns how many bytes the character at the front of a text has; zero if it is none. No surrogates, no detours.
inline std::size_t utf8_length(std::string_view text) noexcept
{
    auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    unsigned const first = byte(0);
    std::size_t const length = first < 0x80   ? 1
                               : first < 0xc2 ? 0
                               : first < 0xe0 ? 2
                               : first < 0xf0 ? 3
                               : first < 0xf5 ? 4
                                              : 0;
    if (length > text.size()) {
        return 0;
    }
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xc0U) != 0x80) {
            return 0;
        }
    }
    if (length < 3) {
        return length;
    }
    unsigned const second = byte(1);
    bool const bad = (first == 0xe0 && second < 0xa0) || (first == 0xed && second >= 0xa0) ||
                     (first == 0xf0 && second < 0x90) || (first == 0xf4 && second >= 0x90);
    return bad ? 0 : length;
}

std::string clean_label_value(std::string_view value, std::size_t most)
{
    constexpr std::string_view no_character = "\xef\xbf\xbd"; // U+FFFD
    std::string clean;
    while (!value.empty()) {
        std::size_t const length = utf8_length(value);
        auto const next = length > 0 ? value.substr(0, length) : no_character;
        if (clean.size() + next.size() > most) {
            break;
        }
        clean += next;
        value.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return clean;
}

void append_label_value(std::string& text, std::string_view value)
{
    for (char const c : value) {
        switch (c) {
        case '\\': text += "\\\\"; break;
        case '"': text += "\\\""; break;
        case '\n': text += "\\n"; break;
        default: text += c;
        }
    }
}

void append_help(std::string& text, std::string_view help)
{
    for (char const c : help) {
        switch (c) {
        case '\\': text += "\\\\"; break;
        case '\n': text += "\\n"; break;
        default: text += c;
        }
    }
}

void append_number(std::string& text, double value)
{
    if (std::isnan(value)) {
        text += "NaN";
    } else if (std::isinf(value)) {
        text += value > 0 ? "+Inf" : "-Inf";
    } else {
        std::array<char, 32> digits{};
        auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
        text.append(digits.data(), end);
    }
}

} // namespace resil::core

#endif // RESIL_CORE_METRIC_TEXT_IPP
