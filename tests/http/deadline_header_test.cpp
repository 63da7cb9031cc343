// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/http/deadline_header.hpp> // self-contained

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
using namespace std::string_view_literals;
using namespace http_support;
using resil::duration;
using resil::time_point;
using resil::http::deadline_after;
using resil::http::errc;
using resil::http::header_counters;
using resil::http::parse_remaining;
using resil::http::read_remaining;
using resil::http::remaining_field;
using resil::http::set_remaining;

static_assert(noexcept(parse_remaining("")));
static_assert(noexcept(deadline_after(std::nullopt, std::declval<time_point const&>())));
static_assert(parse_remaining("250") == 250ms);
static_assert(remaining_field == "Resil-Remaining-Ms");

std::string written_remaining(duration left)
{
    request message = get_request();
    CHECK_FALSE(set_remaining(message, left));
    return std::string(message[remaining_field]);
}

struct written_row
{
    duration left;
    std::string_view expected;
};

TEST_CASE("remaining time is written in milliseconds, rounded down", "[http][remaining]")
{
    auto const row =
        GENERATE(written_row{250ms, "250"}, written_row{1s, "1000"}, written_row{1ms, "1"},
                 written_row{999'999ns, "0"}, written_row{1'000'001ns, "1"},
                 written_row{1'999'999ns, "1"}, written_row{0ns, "0"}, written_row{1ns, "0"},
                 written_row{-1ns, "0"}, written_row{-1ms, "0"}, written_row{-5s, "0"},
                 written_row{duration::min(), "0"}, written_row{24h, "86400000"},
                 written_row{duration::max() - 1ns, "9223372036854"});

    CHECK(written_remaining(row.left) == row.expected);
}

TEST_CASE("time without a bound is not written, and removes what was", "[http][remaining]")
{
    request message = get_request();
    CHECK_FALSE(set_remaining(message, 250ms));

    CHECK_FALSE(set_remaining(message, duration::max()));

    CHECK(message.count(remaining_field) == 0);
}

TEST_CASE("writing replaces, and leaves one header", "[http][remaining]")
{
    request message = get_request();
    message.insert(remaining_field, "1");
    message.insert("resil-remaining-ms", "2");

    CHECK_FALSE(set_remaining(message, 3ms));

    CHECK(message.count(remaining_field) == 1);
    CHECK(message[remaining_field] == "3");
}

TEST_CASE("the header can have another name, if it is one", "[http][remaining]")
{
    request message = get_request();

    CHECK_FALSE(set_remaining(message, 40ms, "X-YaTaxi-Client-TimeoutMs"));
    std::string const before = wire(message);
    CHECK(set_remaining(message, 40ms, "X: y\r\nZ") == errc::invalid_field_name);
    CHECK(set_remaining(message, duration::max(), "") == errc::invalid_field_name);

    CHECK(wire(message) == before);
    CHECK(read_remaining(message, {}, "x-yataxi-client-timeoutms") == 40ms);
    CHECK_FALSE(read_remaining(message, {}));
}

struct read_row
{
    std::string_view value;
    duration expected;
};

TEST_CASE("one to fifteen digits are read", "[http][remaining]")
{
    auto const row = GENERATE(
        read_row{"0", 0ms}, read_row{"1", 1ms}, read_row{"250", 250ms}, read_row{"007", 7ms},
        read_row{" 250\t", 250ms}, read_row{"000000000000250", 250ms},
        read_row{"9223372036854", 9223372036854ms}, read_row{"9223372036855", duration::max()},
        read_row{"999999999999999", duration::max()}, read_row{"000000000000000", 0ms});

    INFO(row.value);
    CHECK(parse_remaining(row.value) == row.expected);
}

TEST_CASE("anything else is no remaining time", "[http][remaining]")
{
    std::string_view const value = GENERATE(
        as<std::string_view>(), "", " ", "-1", "+1", "-0", "1.0", "1,0", "1e3", "0x10", "250ms",
        "250 ms", "250m", "1S", "2 5", "250,", "250, 100", "250;q=1", "\"250\"", "nan", "inf",
        "1000000000000000", "0000000000000250", "9999999999999999999999", "２５０", "250\n",
        "\r\n250", "250\0"sv, "\0"sv, "Sun, 06 Nov 1994 08:49:37 GMT");

    INFO(value);
    CHECK_FALSE(parse_remaining(value));
}

TEST_CASE("a request that does not say has no remaining time, and nothing is counted",
          "[http][remaining]")
{
    header_counters const counters;

    CHECK_FALSE(read_remaining(get_request(), counters));
    CHECK(counters.malformed_remaining() == 0);
}

TEST_CASE("malformed remaining time is ignored and counted", "[http][remaining]")
{
    header_counters const counters;
    request message = get_request();
    message.insert(remaining_field, "soon");
    CHECK_FALSE(read_remaining(message, counters));
    CHECK(counters.malformed_remaining() == 1);

    message.insert(remaining_field, "-5");
    message.insert(remaining_field, "70");

    CHECK(read_remaining(message, counters) == 70ms);
    CHECK(counters.malformed_remaining() == 3);
    CHECK(counters.malformed_retry_after() == 0);
}

TEST_CASE("of several values the smallest holds", "[http][remaining]")
{
    request message = get_request();
    for (char const* value : {"300", "100", "999999999999999", "200"}) {
        message.insert(remaining_field, value);
    }

    CHECK(read_remaining(message, {}) == 100ms);
}

TEST_CASE("remaining time becomes a deadline without overflowing", "[http][remaining]")
{
    time_point const now = time_point{} + 1h;

    CHECK(deadline_after(250ms, now) == now + 250ms);
    CHECK(deadline_after(0ms, now) == now);
    CHECK(deadline_after(duration::max(), now) == time_point::max());
    CHECK(deadline_after(time_point::max() - now, now) == time_point::max());
    CHECK(deadline_after(time_point::max() - now - 1ns, now) == time_point::max() - 1ns);
    CHECK(deadline_after(1ns, time_point::max()) == time_point::max());
    CHECK(deadline_after(0ns, time_point::max()) == time_point::max());
    CHECK_FALSE(deadline_after(std::nullopt, now));
}

TEST_CASE("a clock that counts from later than now is a clock", "[http][remaining]")
{
    time_point const now = time_point{} - 1h;

    CHECK(deadline_after(250ms, now) == now + 250ms);
    CHECK(deadline_after(duration::max(), now) == time_point{} + (duration::max() - 1h));
    CHECK(deadline_after(duration::max(), time_point::min()) ==
          time_point::min() + duration::max());
}

TEST_CASE("a hop never lengthens what was left, and takes less than a millisecond",
          "[http][remaining][property]")
{
    numbers random(33);

    for (int i = 0; i != 20000; ++i) {
        duration const left(random.between(0, std::int64_t{1} << random.between(1, 62)));
        auto const read = parse_remaining(written_remaining(left));
        REQUIRE(read);
        REQUIRE(*read <= left);
        REQUIRE(left - *read < 1ms);
    }
}

TEST_CASE("random bytes never give negative time", "[http][remaining][property]")
{
    numbers random(34);

    for (int i = 0; i != 20000; ++i) {
        std::string const text = random.text("0123456789 \t-+.", 0, 20);
        REQUIRE(parse_remaining(text).value_or(duration(0)) >= 0ms);
        REQUIRE(parse_remaining(random.bytes(0, 20)).value_or(duration(0)) >= 0ms);
    }
}

} // namespace
