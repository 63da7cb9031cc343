// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_HEALTH_TEXT_IPP
#define RESIL_CORE_HEALTH_TEXT_IPP

// The bodies of core/health_text.hpp, which includes this unless they are compiled apart; see src.hpp.

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace resil::core {

namespace health_text {

/// Returns the length of the character that a text begins with; 0 if that is no UTF-8 (RFC 3629, section 4).
inline std::size_t utf8_length(std::string_view text) noexcept
{
    auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    unsigned char const first = byte(0);
    std::size_t const length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
    if (length > text.size()) {
        return 0;
    }
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xc0) != 0x80) {
            return 0;
        }
    }
    // Longer than need be, a surrogate, or beyond the last character.
    bool const wrong = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) > 0x9f) ||
                       (first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) > 0x8f);
    return wrong ? 0 : length;
}

inline void append_escaped(std::string& to, char c)
{
    constexpr std::string_view digits = "0123456789abcdef";
    auto const byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
        to += '\\';
        to += c;
    } else if (byte < 0x20 || byte == 0x7f) {
        to.append("\\u00").append(1, digits[byte / 16]).append(1, digits[byte % 16]);
    } else {
        to += c;
    }
}

inline std::string milliseconds(duration d)
{
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(d).count());
}

inline std::string check_json(health_check_report const& check, health_detail detail)
{
    std::string json = "[{\"status\":\"";
    json.append(pass_or_fail(check.status)).append("\",\"state\":\"").append(to_string(check.status));
    json.append("\",\"criticality\":\"").append(to_string(check.critical));
    json.append("\",\"observedValue\":").append(milliseconds(check.latency)).append(",\"observedUnit\":\"ms\"");
    if (check.last_ok_age) {
        json.append(",\"lastOkAgeMs\":").append(milliseconds(*check.last_ok_age));
    }
    if (check.error) {
        json.append(",\"error\":").append(json_string(check.error.category().name()));
    }
    if (check.error && detail == health_detail::verbose) {
        json.append(",\"output\":").append(json_string(check.error.message()));
    }
    return json.append("}]");
}

} // namespace health_text

std::string json_string(std::string_view text)
{
    std::string json = "\"";
    while (!text.empty()) {
        std::size_t const length = health_text::utf8_length(text);
        if (length == 1) {
            health_text::append_escaped(json, text.front());
        } else if (length == 0) {
            json += "\\ufffd";
        } else {
            json += text.substr(0, length);
        }
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return json += '"';
}

std::string health_json(health_report const& report, health_detail detail)
{
    bool const ready = report.ready();
    std::string json = "{\"status\":\"";
    json.append(ready ? pass_or_fail(report.status) : "fail").append("\",\"state\":\"").append(to_string(report.status));
    json.append("\",\"lifecycle\":\"").append(to_string(report.where)).append("\",\"checks\":{");
    std::string_view between;
    for (auto const& each : report.checks) {
        json.append(between).append(json_string(each.name)).append(":").append(health_text::check_json(each, detail));
        between = ",";
    }
    return json.append("}}");
}

} // namespace resil::core

#endif // RESIL_CORE_HEALTH_TEXT_IPP
