// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/metric_text.hpp> // self-contained

#include <catch2/catch_test_macros.hpp>

#include <limits>
#include <string>
#include <string_view>

using namespace resil;

namespace {

std::string label(std::string_view value)
{
    std::string text;
    core::append_label_value(text, value);
    return text;
}

std::string help(std::string_view value)
{
    std::string text;
    core::append_help(text, value);
    return text;
}

std::string number(double value)
{
    std::string text;
    core::append_number(text, value);
    return text;
}

std::string clean(std::string_view value, std::size_t most = 100)
{
    return core::clean_label_value(value, most);
}

constexpr std::string_view unknown = "\xef\xbf\xbd";

} // namespace

TEST_CASE("metrics are called by letters, digits and underscores", "[metric_text]")
{
    for (std::string_view const good : {"a", "_", "orders_total", "A9", "__x", "aA0", "zZ9"}) {
        CAPTURE(good);
        CHECK(core::is_metric_name(good));
    }
    for (std::string_view const bad : {"", "9a", "a-b", "a b", "a\n", "a:b", "\xc3\xa4", "a{", "a\""}) {
        CAPTURE(bad);
        CHECK_FALSE(core::is_metric_name(bad));
        CHECK_THROWS_AS(core::require_metric_name(bad), invalid_option);
    }
}

TEST_CASE("labels have no name that is Prometheus's own", "[metric_text]")
{
    CHECK(core::is_label_name("endpoint"));
    CHECK(core::is_label_name("_x"));
    for (std::string_view const bad : {"", "__name__", "le", "quantile", "a b", "1"}) {
        CAPTURE(bad);
        CHECK_FALSE(core::is_label_name(bad));
        CHECK_THROWS_AS(core::require_label_name(bad), invalid_option);
    }
}

TEST_CASE("quotes, backslashes and ends of lines are escaped where they would end something",
          "[metric_text]")
{
    CHECK(label("a\\b\"c\nd") == "a\\\\b\\\"c\\nd");
    CHECK(help("a\\b\"c\nd") == "a\\\\b\"c\\nd");
    CHECK(label("\t{},= \r") == "\t{},= \r");
}

TEST_CASE("a label's value that is UTF-8 stays as it is", "[metric_text]")
{
    for (std::string_view const good :
         {"", "plain", "\xc2\x80", "\xc3\xa4\xc3\xb6", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
          "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
        CHECK(clean(good) == good);
    }
}

TEST_CASE("what is no character becomes one that says so, byte by byte", "[metric_text]")
{
    auto const times = [](int n) {
        std::string all;
        while (n-- > 0) {
            all += unknown;
        }
        return all;
    };
    CHECK(clean("\x80") == times(1));
    CHECK(clean("\xff" "a") == times(1) + "a");
    CHECK(clean("\xc0\xaf") == times(2));             // a detour to '/'
    CHECK(clean("\xc1\xbf") == times(2));
    CHECK(clean("\xe0\x9f\xbf") == times(3));         // likewise
    CHECK(clean("\xed\xa0\x80") == times(3));         // a surrogate
    CHECK(clean("\xf0\x8f\xbf\xbf") == times(4));
    CHECK(clean("\xf4\x90\x80\x80") == times(4));     // beyond the last character
    CHECK(clean("\xf5\x80\x80\x80") == times(4));
    CHECK(clean("a\xe2\x82") == "a" + times(2));      // ends too early
    CHECK(clean("\xc3(") == times(1) + "(");
    CHECK(clean("\xe2\x82(") == times(2) + "(");
    CHECK(clean("\xf0\x9f\x92(") == times(3) + "(");
}

TEST_CASE("a label's value is cut between two characters", "[metric_text]")
{
    CHECK(clean("abc", 2) == "ab");
    CHECK(clean("abc", 3) == "abc");
    CHECK(clean("a\xc3\xa4", 2) == "a");
    CHECK(clean("a\xc3\xa4", 3) == "a\xc3\xa4");
    CHECK(clean("a\xff", 3) == "a");
    CHECK(clean("a\xff" "b", 4) == std::string("a") + std::string(unknown));
    CHECK(clean("abc", 0).empty());
}

TEST_CASE("numbers are as short as they can be", "[metric_text]")
{
    CHECK(number(0.0) == "0");
    CHECK(number(0.0025) == "0.0025");
    CHECK(number(1e300) == "1e+300");
    CHECK(number(-1.5) == "-1.5");
    CHECK(number(std::numeric_limits<double>::infinity()) == "+Inf");
    CHECK(number(-std::numeric_limits<double>::infinity()) == "-Inf");
    CHECK(number(std::numeric_limits<double>::quiet_NaN()) == "NaN");
}
