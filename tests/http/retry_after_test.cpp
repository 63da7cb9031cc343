// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/http/retry_after.hpp> // self-contained

#include "http_support.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace {

using namespace std::chrono_literals;
using namespace http_support;
using resil::duration;
using resil::http::parse_retry_after;
using resil::http::wall_time;

static_assert(noexcept(parse_retry_after("", std::declval<wall_time const&>())));
static_assert(parse_retry_after("120", today) == 120s);
static_assert(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", rfc_date - 1s) == 1s);

struct accepted
{
    std::string_view text;
    duration expected;
};

TEST_CASE("delay-seconds is digits, as many as there are", "[http][retry_after]")
{
    auto const row = GENERATE(
        accepted{"0", 0s}, accepted{"1", 1s}, accepted{"120", 120s}, accepted{"00", 0s},
        accepted{"0000000000000000000000000000000000000120", 120s}, accepted{"86400", 24h},
        accepted{"2147483647", 2147483647s}, accepted{"2147483648", 2147483648s},
        accepted{"4294967296", 4294967296s}, accepted{"9999999999", duration::max()},
        accepted{"9223372036", 9223372036s}, accepted{"9223372037", duration::max()},
        accepted{"9223372036854775807", duration::max()},
        accepted{"9223372036854775808", duration::max()},
        accepted{"18446744073709551615", duration::max()},
        accepted{"18446744073709551616", duration::max()},
        accepted{"18446744073709551736", duration::max()}, // 120 beyond 2^64
        accepted{"184467440737095516160", duration::max()},
        accepted{"99999999999999999999999999999999999999999999999999", duration::max()});

    INFO(row.text);
    CHECK(parse_retry_after(row.text, today) == row.expected);
}

TEST_CASE("spaces and tabs around the value are ignored, and no other blanks",
          "[http][retry_after]")
{
    CHECK(parse_retry_after(" 120", today) == 120s);
    CHECK(parse_retry_after("120\t", today) == 120s);
    CHECK(parse_retry_after("\t  120 \t ", today) == 120s);
    CHECK(parse_retry_after(" Sun, 06 Nov 1994 08:49:37 GMT\t", rfc_date - 5s) == 5s);
    CHECK_FALSE(parse_retry_after("120\r\n", today));
    CHECK_FALSE(parse_retry_after("\n120", today));
    CHECK_FALSE(parse_retry_after("\v120", today));
    CHECK_FALSE(parse_retry_after("120\xA0", today));
}

TEST_CASE("whatever is neither seconds nor a date is ignored", "[http][retry_after]")
{
    using namespace std::string_view_literals;
    std::string_view const text = GENERATE(
        as<std::string_view>(), "", " ", "\t", "-1", "+1", "-0", "1.5", "1,5", "1.0", ".5",
        "5.", "1e3", "0x10", "1s", "120s", "120 s", "120 seconds", "1 2", "120, 130", "120,",
        ",120", "120;", "\"120\"", "'120'", "(120)", "nan", "inf", "infinity", "NaN", "soon",
        "never", "null", "true", "1_000", "1'000", "1,000", "１２０", "²", "120\0"sv, "\0"sv,
        "1\0002"sv, "120\x7F", "2026-11-21T00:00:00Z", "1795219200000ms", "P1D", "PT2M",
        "00:02:00", "Sun", "Sunday");

    INFO(text);
    CHECK_FALSE(parse_retry_after(text, today));
}

TEST_CASE("a date becomes the wait until then", "[http][retry_after]")
{
    std::string_view const text =
        GENERATE(as<std::string_view>(), "Sun, 06 Nov 1994 08:49:37 GMT",
                 "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994");

    CHECK(parse_retry_after(text, rfc_date - 1s) == 1s);
    CHECK(parse_retry_after(text, rfc_date - 24h) == 24h);
    CHECK(parse_retry_after(text, rfc_date - 1ns) == 1ns);
    CHECK(parse_retry_after(text, rfc_date - 1500ms) == 1500ms);
    CHECK(parse_retry_after(text, rfc_date - 999'999'999ns) == 999'999'999ns);
    CHECK(parse_retry_after(text, rfc_date - 1'000'000'001ns) == 1'000'000'001ns);
}

TEST_CASE("a date that has passed, or is now, asks for no wait", "[http][retry_after]")
{
    std::string_view const text = "Sun, 06 Nov 1994 08:49:37 GMT";

    CHECK(parse_retry_after(text, rfc_date) == 0s);
    CHECK(parse_retry_after(text, rfc_date + 1ns) == 0s);
    CHECK(parse_retry_after(text, rfc_date + 1s) == 0s);
    CHECK(parse_retry_after(text, today) == 0s);
    CHECK(parse_retry_after(text, wall_time::max()) == 0s);
    CHECK(parse_retry_after("Sat, 01 Jan 0000 00:00:00 GMT", today) == 0s);
    CHECK(parse_retry_after("Sat, 01 Jan 0000 00:00:00 GMT", wall_time::min()) == 0s);
}

TEST_CASE("a date too far away is the longest wait there is", "[http][retry_after]")
{
    std::string_view const last = "Fri, 31 Dec 9999 23:59:59 GMT";

    CHECK(parse_retry_after(last, today) == duration::max());
    CHECK(parse_retry_after(last, wall_time::min()) == duration::max());
    CHECK(parse_retry_after(last, wall_time::max()) == duration::max());
    CHECK(parse_retry_after(last, wall_time(duration(0))) == duration::max());
}

TEST_CASE("waits next to the longest are exact", "[http][retry_after]")
{
    constexpr seconds longest(9223372036);
    sys_seconds const now{-longest + 100s};

    CHECK(parse_retry_after("Thu, 01 Jan 1970 00:01:40 GMT", now) == longest);
    CHECK(parse_retry_after("Thu, 01 Jan 1970 00:01:40 GMT", wall_time(now) + 1ns) ==
          duration(longest) - 1ns);
    CHECK(parse_retry_after("Thu, 01 Jan 1970 00:01:41 GMT", now) == duration::max());
}

TEST_CASE("a wall clock before 1970 is a wall clock", "[http][retry_after]")
{
    CHECK(parse_retry_after("Thu, 01 Jan 1970 00:00:00 GMT", wall_time(-1ns)) == 1ns);
    CHECK(parse_retry_after("Thu, 01 Jan 1970 00:00:00 GMT", wall_time(-1500ms)) == 1500ms);
    CHECK(parse_retry_after("Wed, 31 Dec 1969 23:59:59 GMT", wall_time(-1500ms)) == 500ms);
    CHECK(parse_retry_after("Wed, 31 Dec 1969 23:59:59 GMT", wall_time(-1s)) == 0s);
}

TEST_CASE("a part of a second does not count for the 50 years of a two-digit year",
          "[http][retry_after]")
{
    std::string_view const text = "Monday, 15-Jun-76 12:00:01 GMT";
    constexpr sys_seconds noon = std::chrono::sys_days(std::chrono::year(2026) / 6 / 15) + 12h;

    CHECK(parse_retry_after(text, noon) == 0s);
    CHECK(parse_retry_after(text, noon + 999'999'999ns) == 0s);
    CHECK(parse_retry_after(text, noon + 1s) == 24h * 18263);
}

TEST_CASE("an abused header costs no more than reading it", "[http][retry_after]")
{
    std::string const digits(1'000'000, '9');
    std::string const blanks(1'000'000, ' ');

    CHECK(parse_retry_after(digits, today) == duration::max());
    CHECK(parse_retry_after(blanks + "7" + blanks, today) == 7s);
    CHECK_FALSE(parse_retry_after(digits + "x", today));
    CHECK_FALSE(parse_retry_after(blanks, today));
}

TEST_CASE("every number of seconds comes back, or saturates", "[http][retry_after][property]")
{
    numbers random(1);

    for (int i = 0; i != 20000; ++i) {
        std::int64_t const count = random.between(0, std::int64_t{1} << random.between(1, 62));
        bool const fits = count <= 9223372036;
        duration const expected = fits ? duration(seconds(count)) : duration::max();
        REQUIRE(parse_retry_after(std::to_string(count), today) == expected);
    }
}

TEST_CASE("the wait until a date is never too short, whatever the time is",
          "[http][retry_after][property]")
{
    numbers random(7001); // dotnet/extensions#7001: up to 11 ms too early

    for (int i = 0; i != 20000; ++i) {
        wall_time const now(duration(random.between(0, 4'000'000'000'000'000'000)));
        auto const whole = std::chrono::floor<seconds>(now);
        sys_seconds const when = whole + seconds(random.between(-100'000, 100'000));
        auto const wait = parse_retry_after(imf_fixdate(when), now);
        REQUIRE(wait);
        REQUIRE(*wait >= 0s);
        REQUIRE(now + *wait >= when);
        REQUIRE((*wait == 0s || now + *wait == when));
    }
}

TEST_CASE("random bytes never give a negative wait", "[http][retry_after][property]")
{
    numbers random(5);

    for (int i = 0; i != 20000; ++i) {
        std::string const text = random.text("0123456789 \t-+.,eSunNov:GMT", 0, 30);
        REQUIRE(parse_retry_after(text, today).value_or(duration(0)) >= 0s);
        REQUIRE(parse_retry_after(random.bytes(0, 30), today).value_or(duration(0)) >= 0s);
    }
}

} // namespace
