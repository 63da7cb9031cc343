// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_HTTP_HTTP_DATE_HPP
#define RESIL_HTTP_HTTP_DATE_HPP

#include <resil/http/text.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace resil::http {

namespace detail {

inline constexpr std::array<std::string_view, 7> day_names{"Sun", "Mon", "Tue", "Wed",
                                                           "Thu", "Fri", "Sat"};
inline constexpr std::array<std::string_view, 7> long_day_endings{
    "day", "day", "sday", "nesday", "rsday", "day", "urday"};
inline constexpr std::array<std::string_view, 12> month_names{
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// A date as it was written; what it says need not exist.
struct written_date
{
    int year = 0;
    unsigned month = 0;
    unsigned day = 0;
    int hour = 0;
    int minute = 0;
    int second = 0;

    constexpr void read_month(text_cursor& in) noexcept
    {
        month = static_cast<unsigned>(in.name(month_names)) + 1;
    }

    constexpr void read_time(text_cursor& in) noexcept
    {
        hour = in.number(2);
        in.expect(":");
        minute = in.number(2);
        in.expect(":");
        second = in.number(2);
    }

    /// Grows with the date, for comparing one with another.
    constexpr std::int64_t order() const noexcept
    {
        std::int64_t const days = (std::int64_t{year} * 13 + month) * 32 + day;
        return ((days * 24 + hour) * 60 + minute) * 61 + second;
    }

    constexpr std::optional<std::chrono::sys_seconds> time() const noexcept
    {
        using namespace std::chrono;
        year_month_day const date{std::chrono::year(year), std::chrono::month(month),
                                  std::chrono::day(day)};
        if (!date.ok() || hour > 23 || minute > 59 || second > 60) {
            return std::nullopt;
        }
        return sys_days(date) + hours(hour) + minutes(minute) + seconds(second);
    }
};

/// "06 Nov 1994 08:49:37 GMT", after "Sun, ".
constexpr written_date read_imf_fixdate(text_cursor& in) noexcept
{
    written_date date;
    date.day = static_cast<unsigned>(in.number(2));
    in.expect(" ");
    date.read_month(in);
    in.expect(" ");
    date.year = in.number(4);
    in.expect(" ");
    date.read_time(in);
    in.expect(" GMT");
    return date;
}

/// "06-Nov-94 08:49:37 GMT", after "Sunday, "; the year is that of its century.
constexpr written_date read_rfc850_date(text_cursor& in) noexcept
{
    written_date date;
    date.day = static_cast<unsigned>(in.number(2));
    in.expect("-");
    date.read_month(in);
    in.expect("-");
    date.year = in.number(2);
    in.expect(" ");
    date.read_time(in);
    in.expect(" GMT");
    return date;
}

/// "Nov  6 08:49:37 1994", after "Sun ".
constexpr written_date read_asctime_date(text_cursor& in) noexcept
{
    written_date date;
    date.read_month(in);
    in.expect(" ");
    date.day = static_cast<unsigned>(in.number(in.skip(" ") ? 1 : 2));
    in.expect(" ");
    date.read_time(in);
    in.expect(" ");
    date.year = in.number(4);
    return date;
}

/// The latest year that ends in the two digits and puts the date at most 50 years after `now`.
constexpr int full_year(written_date date, std::chrono::sys_seconds now) noexcept
{
    using namespace std::chrono;
    auto const today = floor<days>(now);
    year_month_day const calendar(today);
    hh_mm_ss const clock(now - today);
    written_date const latest{int(calendar.year()) + 50,    unsigned(calendar.month()),
                              unsigned(calendar.day()),     int(clock.hours().count()),
                              int(clock.minutes().count()), int(clock.seconds().count())};
    date.year += (latest.year / 100 + 1) * 100;
    while (date.order() > latest.order()) {
        date.year -= 100;
    }
    return date.year;
}

} // namespace detail

/**
 * Reads an `HTTP-date` (RFC 9110, section 5.6.7) in any of its three forms.
 *
 * IMF-fixdate `Sun, 06 Nov 1994 08:49:37 GMT`; the obsolete RFC 850 form
 * `Sunday, 06-Nov-94 08:49:37 GMT`, whose two-digit year is the latest that is not more than 50
 * years after `now`; and asctime's `Sun Nov  6 08:49:37 1994`, whose day is two digits or a
 * space and one. Case and spaces count. The date must exist (leap years as in the Gregorian
 * calendar) and the time be 00:00:00 to 23:59:60; second 60 is the second after 59, in any
 * minute.
 *
 * The name of the day must be one, and need not be the day of that date: it carries no
 * information of its own, and refusing it would throw away a wait that the peer asked for.
 *
 * Errors: anything else gives no value.
 * Thread safety: pure, so safe from any thread.
 * Exceptions: never throws.
 * Cost: no allocation; at most 33 characters are looked at, whatever the length of `text`.
 *
 * @param text What was written.
 * @param now The wall clock; used for two-digit years only.
 */
constexpr std::optional<std::chrono::sys_seconds> parse_http_date(
    std::string_view text, std::chrono::sys_seconds now) noexcept
{
    detail::text_cursor in(text);
    std::size_t const day_name = in.name(detail::day_names);
    detail::written_date date;
    if (in.skip(", ")) {
        date = detail::read_imf_fixdate(in);
    } else if (in.skip(" ")) {
        date = detail::read_asctime_date(in);
    } else {
        in.expect(detail::long_day_endings[day_name]);
        in.expect(", ");
        date = detail::read_rfc850_date(in);
        date.year = detail::full_year(date, now);
    }
    return in.complete() ? date.time() : std::nullopt;
}

/**
 * Writes an `HTTP-date` (RFC 9110, section 5.6.7), as in `Sun, 06 Nov 1994 08:49:37 GMT`.
 *
 * Thread safety: pure, so safe from any thread.
 * Exceptions: `bad_alloc`.
 * Cost: one allocation.
 *
 * @param time What is written; of the years 0 to 9999.
 */
inline std::string write_http_date(std::chrono::sys_seconds time)
{
    using namespace std::chrono;
    auto const today = floor<days>(time);
    year_month_day const date(today);
    hh_mm_ss const clock(time - today);
    auto const two = [](auto number) {
        auto const n = static_cast<unsigned>(number);
        return std::string{static_cast<char>('0' + n / 10), static_cast<char>('0' + n % 10)};
    };
    int const year = static_cast<int>(date.year());
    std::string written;
    written.reserve(29);
    written.append(detail::day_names[weekday(today).c_encoding()]).append(", ");
    written.append(two(static_cast<unsigned>(date.day()))).append(" ");
    written.append(detail::month_names[static_cast<unsigned>(date.month()) - 1]).append(" ");
    written.append(two(year / 100)).append(two(year % 100)).append(" ");
    written.append(two(clock.hours().count())).append(":").append(two(clock.minutes().count())).append(":");
    return written.append(two(clock.seconds().count())).append(" GMT");
}

} // namespace resil::http

#endif // RESIL_HTTP_HTTP_DATE_HPP
