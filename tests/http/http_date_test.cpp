// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/http/http_date.hpp> // self-contained

#include "http_support.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace {

using namespace std::chrono_literals;
using namespace http_support;
using resil::http::parse_http_date;
using resil::http::write_http_date;
using std::chrono::day;
using std::chrono::hours;
using std::chrono::month;
using std::chrono::sys_days;
using std::chrono::year;

static_assert(noexcept(parse_http_date("", today)));
static_assert(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT", today) == rfc_date);
static_assert(!parse_http_date("", today));

constexpr sys_seconds date(int y, unsigned m, unsigned d, seconds time = 0s)
{
    return sys_days(year(y) / month(m) / day(d)) + time;
}

TEST_CASE("the three forms of the same date are the same point in time", "[http][date]")
{
    CHECK(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT", today) == rfc_date);
    CHECK(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT", today) == rfc_date);
    CHECK(parse_http_date("Sun Nov  6 08:49:37 1994", today) == rfc_date);
    CHECK(parse_http_date("Sun Nov 06 08:49:37 1994", today) == rfc_date);
}

struct accepted
{
    std::string_view text;
    sys_seconds expected;
};

TEST_CASE("dates at the edges of the calendar and of the day are read", "[http][date]")
{
    auto const row =
        GENERATE(accepted{"Thu, 01 Jan 1970 00:00:00 GMT", sys_seconds{}},
                 accepted{"Wed, 31 Dec 1969 23:59:59 GMT", sys_seconds{-1s}},
                 accepted{"Sat, 01 Jan 0000 00:00:00 GMT", date(0, 1, 1)},
                 accepted{"Mon, 01 Jan 0001 00:00:00 GMT", date(1, 1, 1)},
                 accepted{"Fri, 31 Dec 9999 23:59:59 GMT", date(9999, 12, 31, 86399s)},
                 accepted{"Tue, 29 Feb 2000 12:00:00 GMT", date(2000, 2, 29, 43200s)},
                 accepted{"Thu, 29 Feb 2024 12:00:00 GMT", date(2024, 2, 29, 43200s)},
                 accepted{"Thu, 29 Feb 2024 23:59:60 GMT", date(2024, 3, 1)},
                 accepted{"Sat, 31 Dec 2016 23:59:60 GMT", date(2017, 1, 1)},
                 accepted{"Sat, 31 Dec 2016 12:30:60 GMT", date(2016, 12, 31, 45060s)},
                 accepted{"Tue, 19 Jan 2038 03:14:08 GMT", sys_seconds{2147483648s}},
                 accepted{"Sun, 07 Feb 2106 06:28:16 GMT", sys_seconds{4294967296s}},
                 accepted{"Thu Feb 29 12:00:00 2024", date(2024, 2, 29, 43200s)},
                 accepted{"Sat Jan  1 00:00:00 0000", date(0, 1, 1)},
                 accepted{"Thursday, 29-Feb-24 12:00:00 GMT", date(2024, 2, 29, 43200s)},
                 accepted{"Saturday, 01-Jan-00 00:00:00 GMT", date(2000, 1, 1)});

    INFO(row.text);
    CHECK(parse_http_date(row.text, today) == row.expected);
}

TEST_CASE("a name of a day that is not the day of that date is tolerated", "[http][date]")
{
    CHECK(parse_http_date("Mon, 06 Nov 1994 08:49:37 GMT", today) == rfc_date);
    CHECK(parse_http_date("Wednesday, 06-Nov-94 08:49:37 GMT", today) == rfc_date);
    CHECK(parse_http_date("Sat Nov  6 08:49:37 1994", today) == rfc_date);
}

TEST_CASE("dates that do not exist are refused", "[http][date]")
{
    std::string_view const text =
        GENERATE(as<std::string_view>(), "Wed, 29 Feb 2023 12:00:00 GMT",
                 "Mon, 29 Feb 1900 12:00:00 GMT", "Mon, 29 Feb 2100 12:00:00 GMT",
                 "Fri, 30 Feb 2024 12:00:00 GMT", "Sun, 31 Apr 2024 12:00:00 GMT",
                 "Sun, 31 Jun 2024 12:00:00 GMT", "Sun, 31 Sep 2024 12:00:00 GMT",
                 "Sun, 31 Nov 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
                 "Sun, 32 Dec 1994 08:49:37 GMT", "Sun, 99 Nov 1994 08:49:37 GMT",
                 "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:00 GMT",
                 "Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 06 Nov 1994 99:99:99 GMT",
                 "Sun Nov  0 08:49:37 1994", "Sun Feb 30 08:49:37 1994",
                 "Sun Nov 31 08:49:37 1994", "Sunday, 31-Nov-94 08:49:37 GMT",
                 "Sunday, 29-Feb-23 08:49:37 GMT", "Sunday, 06-Nov-94 24:49:37 GMT");

    INFO(text);
    CHECK_FALSE(parse_http_date(text, today));
}

TEST_CASE("whatever is not one of the three forms is refused", "[http][date]")
{
    std::string_view const text =
        GENERATE(as<std::string_view>(),
                 // case, names and zones
                 "sun, 06 Nov 1994 08:49:37 GMT", "SUN, 06 Nov 1994 08:49:37 GMT",
                 "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 06 NOV 1994 08:49:37 GMT",
                 "Sun, 06 Nov 1994 08:49:37 gmt", "Sun, 06 Nov 1994 08:49:37 UTC",
                 "Sun, 06 Nov 1994 08:49:37 Z", "Sun, 06 Nov 1994 08:49:37 +0000",
                 "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 GMT+1",
                 "Son, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Okt 1994 08:49:37 GMT",
                 "Sun, 06 November 1994 08:49:37 GMT", "06 Nov 1994 08:49:37 GMT",
                 // widths
                 "Sun, 6 Nov 1994 08:49:37 GMT", "Sun,  6 Nov 1994 08:49:37 GMT",
                 "Sun, 006 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 94 08:49:37 GMT",
                 "Sun, 06 Nov 01994 08:49:37 GMT", "Sun, 06 Nov 1994 8:49:37 GMT",
                 "Sun, 06 Nov 1994 08:49 GMT", "Sun, 06 Nov 1994 08:49:7 GMT",
                 "Sun, 06 Nov 1994 08:49:37.5 GMT", "Sun, 06 Nov 199 08:49:37 GMT",
                 // signs where digits belong
                 "Sun, +6 Nov 1994 08:49:37 GMT", "Sun, -6 Nov 1994 08:49:37 GMT",
                 "Sun, 06 Nov -994 08:49:37 GMT", "Sun, 06 Nov 1994 +8:49:37 GMT",
                 "Sun, 06 Nov 1994 08:-9:37 GMT", "Sun, 06 Nov 1994  8:49:37 GMT",
                 // separators
                 "Sun 06 Nov 1994 08:49:37 GMT", "Sun,06 Nov 1994 08:49:37 GMT",
                 "Sun, 06-Nov-1994 08:49:37 GMT", "Sun, 06  Nov 1994 08:49:37 GMT",
                 "Sun, 06 Nov 1994T08:49:37 GMT", "Sun, 06 Nov 1994 08.49.37 GMT",
                 "Sun, 06 Nov 1994 08:49:37GMT", "Sun,\t06 Nov 1994 08:49:37 GMT");

    INFO(text);
    CHECK_FALSE(parse_http_date(text, today));
}

TEST_CASE("the obsolete forms are as strict as the preferred one", "[http][date]")
{
    std::string_view const text = GENERATE(
        as<std::string_view>(), "Sun, 06-Nov-94 08:49:37 GMT",
        "Sunday, 06-Nov-1994 08:49:37 GMT", "Sunday, 6-Nov-94 08:49:37 GMT",
        "Sunday, 06 Nov 94 08:49:37 GMT", "Sunday 06-Nov-94 08:49:37 GMT",
        "Sunda, 06-Nov-94 08:49:37 GMT", "Sundays, 06-Nov-94 08:49:37 GMT",
        "Monsday, 06-Nov-94 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37",
        "Sunday, 06-Nov--4 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT ",
        "Sun Nov 6 08:49:37 1994", "Sun Nov   6 08:49:37 1994", "Sun Nov 006 08:49:37 1994",
        "Sun Nov  16 08:49:37 1994", "Sun Nov  6 08:49:37 94", "Sun Nov  6 08:49:37 1994 GMT",
        "Sun Nov  6 08:49:37 GMT 1994", "Sunday Nov  6 08:49:37 1994",
        "Sun  Nov  6 08:49:37 1994", "Sun Nov  6 08:49:37 1994\n", "Sun Nov -6 08:49:37 1994");

    INFO(text);
    CHECK_FALSE(parse_http_date(text, today));
}

TEST_CASE("no part of a date is a date, and nothing may follow it", "[http][date]")
{
    std::string const whole =
        GENERATE(as<std::string>(), "Sun, 06 Nov 1994 08:49:37 GMT",
                 "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994");

    for (std::size_t size = 0; size != whole.size(); ++size) {
        INFO(whole.substr(0, size));
        CHECK_FALSE(parse_http_date(whole.substr(0, size), today));
    }
    for (char const after : {' ', '0', ';', 'G', '\0', '\r', '\n'}) {
        CHECK_FALSE(parse_http_date(whole + after, today));
        CHECK_FALSE(parse_http_date(after + whole, today));
    }
}

TEST_CASE("no byte of a date can be left out or doubled", "[http][date]")
{
    std::string const whole = GENERATE(as<std::string>(), "Sun, 06 Nov 1994 08:49:37 GMT",
                                       "Sunday, 06-Nov-94 08:49:37 GMT",
                                       "Sun Nov  6 08:49:37 1994", "Sun Nov 16 08:49:37 1994");

    for (std::size_t at = 0; at != whole.size(); ++at) {
        std::string shorter = whole;
        shorter.erase(at, 1);
        INFO(shorter);
        CHECK_FALSE(parse_http_date(shorter, today));
        std::string longer = whole;
        longer.insert(at, 1, whole[at]);
        INFO(longer);
        CHECK_FALSE(parse_http_date(longer, today));
    }
}

TEST_CASE("no byte of a date can be one that is neither letter nor digit", "[http][date]")
{
    std::string const whole =
        GENERATE(as<std::string>(), "Sun, 06 Nov 1994 08:49:37 GMT",
                 "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov 16 08:49:37 1994");

    for (std::size_t at = 0; at != whole.size(); ++at) {
        for (char const wrong : {'\0', '\n', '/', '@', '\x7F', '\xFF'}) {
            std::string changed = whole;
            changed[at] = wrong;
            INFO(at << ' ' << int(wrong));
            CHECK_FALSE(parse_http_date(changed, today));
        }
    }
}

struct two_digits
{
    sys_seconds now;
    std::string_view text;
    sys_seconds expected;
};

TEST_CASE("a year of two digits is the latest that is at most 50 years ahead", "[http][date]")
{
    constexpr auto noon = date(2026, 6, 15, 43200s);
    auto const row = GENERATE_COPY(
        two_digits{noon, "Monday, 15-Jun-76 12:00:00 GMT", date(2076, 6, 15, 43200s)},
        two_digits{noon, "Monday, 15-Jun-76 12:00:01 GMT", date(1976, 6, 15, 43201s)},
        two_digits{noon, "Monday, 15-Jun-76 12:01:00 GMT", date(1976, 6, 15, 43260s)},
        two_digits{noon, "Monday, 15-Jun-76 11:59:59 GMT", date(2076, 6, 15, 43199s)},
        two_digits{noon, "Monday, 15-Jun-76 11:30:00 GMT", date(2076, 6, 15, 41400s)},
        two_digits{noon, "Monday, 15-Jun-76 13:00:00 GMT", date(1976, 6, 15, 46800s)},
        two_digits{noon, "Monday, 15-May-76 13:00:00 GMT", date(2076, 5, 15, 46800s)},
        two_digits{noon, "Monday, 14-Jul-76 00:00:00 GMT", date(1976, 7, 14)},
        two_digits{noon, "Monday, 14-Jun-76 23:59:60 GMT", date(2076, 6, 15)},
        two_digits{noon, "Monday, 16-Jun-76 00:00:00 GMT", date(1976, 6, 16)},
        two_digits{noon, "Monday, 01-Jan-77 00:00:00 GMT", date(1977, 1, 1)},
        two_digits{noon, "Monday, 15-Jun-26 12:00:00 GMT", date(2026, 6, 15, 43200s)},
        two_digits{noon, "Monday, 15-Jun-25 12:00:00 GMT", date(2025, 6, 15, 43200s)},
        two_digits{noon, "Monday, 31-Dec-99 23:59:59 GMT", date(1999, 12, 31, 86399s)},
        two_digits{noon, "Monday, 01-Jan-00 00:00:00 GMT", date(2000, 1, 1)},
        // across the turn of a century, both ways
        two_digits{date(2080, 1, 1), "Monday, 01-Jan-05 00:00:00 GMT", date(2105, 1, 1)},
        two_digits{date(2080, 1, 1), "Monday, 01-Jan-30 00:00:00 GMT", date(2130, 1, 1)},
        two_digits{date(2080, 1, 1), "Monday, 01-Jan-30 00:00:01 GMT", date(2030, 1, 1, 1s)},
        two_digits{date(1999, 12, 31), "Monday, 31-Dec-49 00:00:00 GMT", date(2049, 12, 31)},
        two_digits{date(2000, 1, 1), "Monday, 02-Jan-50 00:00:00 GMT", date(1950, 1, 2)},
        two_digits{date(2000, 1, 1), "Monday, 01-Jan-50 00:00:00 GMT", date(2050, 1, 1)},
        two_digits{date(1970, 1, 1), "Monday, 06-Nov-94 08:49:37 GMT", rfc_date},
        two_digits{date(1960, 1, 1), "Monday, 06-Nov-94 08:49:37 GMT", rfc_date});

    INFO(row.text);
    CHECK(parse_http_date(row.text, row.now) == row.expected);
}

TEST_CASE("29 February of a two-digit year exists when its full year is a leap year",
          "[http][date]")
{
    CHECK(parse_http_date("Tuesday, 29-Feb-00 00:00:00 GMT", date(2026, 1, 1)) ==
          date(2000, 2, 29));
    CHECK_FALSE(parse_http_date("Monday, 29-Feb-00 00:00:00 GMT", date(2080, 1, 1)));
    CHECK_FALSE(parse_http_date("Monday, 29-Feb-78 00:00:00 GMT", date(2028, 2, 29)));
    CHECK(parse_http_date("Monday, 29-Feb-76 00:00:00 GMT", date(2028, 2, 29)) ==
          date(2076, 2, 29));
}

TEST_CASE("whatever the C library writes is read as the same date", "[http][date][property]")
{
    numbers random(20261121);
    constexpr auto first = date(0, 1, 1).time_since_epoch().count();
    constexpr auto last = date(9999, 12, 31, 86399s).time_since_epoch().count();

    for (int i = 0; i != 20000; ++i) {
        sys_seconds const when{seconds(random.between(first, last))};
        REQUIRE(parse_http_date(imf_fixdate(when), today) == when);
        REQUIRE(parse_http_date(asctime_date(when), today) == when);
    }
}

TEST_CASE("two-digit years come back when they are within the window", "[http][date][property]")
{
    numbers random(850);

    for (int i = 0; i != 20000; ++i) {
        sys_seconds const now{seconds(random.between(0, 8'000'000'000))};
        // a little under 50 years either way: they have at least 18262 days
        constexpr std::int64_t window = 18261LL * 86400;
        sys_seconds const when = now + seconds(random.between(-window, window));
        REQUIRE(parse_http_date(rfc850_date(when), now) == when);
    }
}

TEST_CASE("random bytes are no date, and do no harm", "[http][date][property]")
{
    numbers random(3);

    for (int i = 0; i != 20000; ++i) {
        CHECK_FALSE(parse_http_date(random.bytes(0, 40), today));
        (void)parse_http_date(random.text("SunMoTedyNv,- :0123456789GMT", 20, 34), today);
    }
}

TEST_CASE("a date that was written is read as the same", "[http][date][property]")
{
    numbers random(4);
    CHECK(write_http_date(sys_seconds{seconds(784111777)}) == "Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK(write_http_date(sys_seconds{seconds(0)}) == "Thu, 01 Jan 1970 00:00:00 GMT");

    for (int i = 0; i != 20000; ++i) {
        sys_seconds const when{seconds(random.between(-62'000'000'000, 253'000'000'000))};
        REQUIRE(parse_http_date(write_http_date(when), today) == when);
    }
}

} // namespace
