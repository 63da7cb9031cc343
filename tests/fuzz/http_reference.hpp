// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_FUZZ_HTTP_REFERENCE_HPP
#define RESIL_TESTS_FUZZ_HTTP_REFERENCE_HPP

#include <resil/error.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

/// Ends the fuzzer with a report when something that must hold does not.
#define FUZZ_REQUIRE(what)                                                          \
    do {                                                                            \
        if (!(what)) {                                                              \
            std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #what); \
            std::abort();                                                           \
        }                                                                           \
    } while (false)

// Second implementations, slow and plain, that share nothing with the library: a date is read by
// sscanf, written again by snprintf, and accepted when the two texts are the same.
namespace fuzz {

/// Fields that remember what they were given, without Beast and in any case of letters.
struct fields
{
    std::map<std::string, std::string> written;

    void set(std::string_view name, std::string_view value)
    {
        written[std::string(name)] = std::string(value);
    }

    void erase(std::string_view name) { written.erase(std::string(name)); }

    void target(std::string_view text) { written["target"] = std::string(text); }
};

inline std::string trimmed(std::string text)
{
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
        text.pop_back();
    }
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
        text.erase(0, 1);
    }
    return text;
}

inline bool all_digits(std::string const& text)
{
    return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

/// The number in `text`, a string of digits, unless it is above `most`.
inline std::optional<std::int64_t> number_up_to(std::string text, std::string const& most)
{
    text.erase(0, std::min(text.find_first_not_of('0'), text.size()));
    if (text.size() > most.size() || (text.size() == most.size() && text > most)) {
        return std::nullopt;
    }
    return text.empty() ? 0 : std::stoll(text);
}

struct date_text
{
    std::array<char, 16> day_name{};
    std::array<char, 4> month_name{};
    std::tm tm{};

    int month() const
    {
        constexpr std::string_view names = "JanFebMarAprMayJunJulAugSepOctNovDec";
        std::string_view const name = month_name.data();
        auto const at = names.find(name);
        return name.size() != 3 || at == names.npos || at % 3 != 0 ? -1
                                                                   : static_cast<int>(at / 3);
    }

    bool has_day(bool in_full) const
    {
        for (std::string_view const name :
             {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}) {
            if (day_name.data() == (in_full ? name : name.substr(0, 3))) {
                return true;
            }
        }
        return false;
    }

    /// Whether the year is in the calendar's range and every number within the clock's.
    bool in_range() const
    {
        return month() >= 0 && tm.tm_mday >= 1 && tm.tm_hour >= 0 && tm.tm_hour <= 23 &&
               tm.tm_min >= 0 && tm.tm_min <= 59 && tm.tm_sec >= 0 && tm.tm_sec <= 60;
    }

    std::optional<std::int64_t> stamp(int year) const
    {
        std::tm asked = tm;
        asked.tm_year = year - 1900;
        asked.tm_mon = month();
        asked.tm_hour = asked.tm_min = asked.tm_sec = 0;
        std::tm normal = asked;
        std::int64_t const midnight = timegm(&normal);
        bool const exists = normal.tm_mday == asked.tm_mday && normal.tm_mon == asked.tm_mon;
        std::int64_t const second = tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec;
        return exists ? std::optional(midnight + second) : std::nullopt;
    }
};

inline std::string printed(char const* format, auto... values)
{
    std::array<char, 128> text{};
    std::snprintf(text.data(), text.size(), format, values...);
    return text.data();
}

inline std::optional<std::int64_t> imf_fixdate(std::string const& text)
{
    date_text d;
    int year = -1;
    std::sscanf(text.c_str(), "%9[A-Za-z], %d %3[A-Za-z] %d %d:%d:%d", d.day_name.data(),
                &d.tm.tm_mday, d.month_name.data(), &year, &d.tm.tm_hour, &d.tm.tm_min,
                &d.tm.tm_sec);
    std::string const again =
        printed("%s, %02d %s %04d %02d:%02d:%02d GMT", d.day_name.data(), d.tm.tm_mday,
                d.month_name.data(), year, d.tm.tm_hour, d.tm.tm_min, d.tm.tm_sec);
    bool const good = again == text && d.has_day(false) && d.in_range();
    return good && year >= 0 && year <= 9999 ? d.stamp(year) : std::nullopt;
}

inline std::optional<std::int64_t> asctime_date(std::string const& text)
{
    date_text d;
    int year = -1;
    std::sscanf(text.c_str(), "%9[A-Za-z] %3[A-Za-z] %d %d:%d:%d %d", d.day_name.data(),
                d.month_name.data(), &d.tm.tm_mday, &d.tm.tm_hour, &d.tm.tm_min, &d.tm.tm_sec,
                &year);
    auto const again = [&](char const* format) {
        return printed(format, d.day_name.data(), d.month_name.data(), d.tm.tm_mday,
                       d.tm.tm_hour, d.tm.tm_min, d.tm.tm_sec, year);
    };
    bool const same = again("%s %s %02d %02d:%02d:%02d %04d") == text ||
                      again("%s %s %2d %02d:%02d:%02d %04d") == text;
    bool const good = same && d.has_day(false) && d.in_range();
    return good && year >= 0 && year <= 9999 ? d.stamp(year) : std::nullopt;
}

/// Tries every year from 50 after `now` backwards.
inline std::optional<std::int64_t> rfc850_date(std::string const& text, std::int64_t now)
{
    date_text d;
    int year = -1;
    std::sscanf(text.c_str(), "%9[A-Za-z], %d-%3[A-Za-z]-%d %d:%d:%d", d.day_name.data(),
                &d.tm.tm_mday, d.month_name.data(), &year, &d.tm.tm_hour, &d.tm.tm_min,
                &d.tm.tm_sec);
    std::string const again =
        printed("%s, %02d-%s-%02d %02d:%02d:%02d GMT", d.day_name.data(), d.tm.tm_mday,
                d.month_name.data(), year, d.tm.tm_hour, d.tm.tm_min, d.tm.tm_sec);
    if (again != text || !d.has_day(true) || !d.in_range() || year < 0 || year > 99) {
        return std::nullopt;
    }
    std::time_t const stamp = now;
    std::tm today{};
    gmtime_r(&stamp, &today);
    auto const of_year =
        std::tuple(today.tm_mon, today.tm_mday, today.tm_hour, today.tm_min, today.tm_sec);
    auto const asked =
        std::tuple(d.month(), d.tm.tm_mday, d.tm.tm_hour, d.tm.tm_min, d.tm.tm_sec);
    int full = today.tm_year + 1900 + 50 - (asked > of_year ? 1 : 0);
    while (full % 100 != year) {
        --full;
    }
    return d.stamp(full);
}

inline std::optional<std::int64_t> http_date(std::string const& text, std::int64_t now)
{
    if (auto const date = imf_fixdate(text)) {
        return date;
    }
    if (auto const date = asctime_date(text)) {
        return date;
    }
    return rfc850_date(text, now);
}

} // namespace fuzz

#endif // RESIL_TESTS_FUZZ_HTTP_REFERENCE_HPP
