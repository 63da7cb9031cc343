// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/option_check.hpp> // self-contained

#include <catch2/catch_test_macros.hpp>

#include <core/words.hpp>
#include <cstddef>
#include <limits>

using namespace resil;
using namespace resil::core;
using namespace resil::tests;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

} // namespace

TEST_CASE("a duration is written in the largest unit that holds it", "[option_check]")
{
    CHECK(text(duration(2s)) == "2s");
    CHECK(text(duration(2min)) == "120s");
    CHECK(text(duration(0s)) == "0s");
    CHECK(text(duration(-5s)) == "-5s");
    CHECK(text(duration(250ms)) == "250ms");
    CHECK(text(duration(1001ms)) == "1001ms");
    CHECK(text(duration(-1ms)) == "-1ms");
    CHECK(text(duration(7us)) == "7us");
    CHECK(text(duration(1001us)) == "1001us");
    CHECK(text(duration(9ns)) == "9ns");
    CHECK(text(duration(1001ns)) == "1001ns");
    CHECK(text(duration::max()) == "9223372036854775807ns");
}

TEST_CASE("a number is written briefly", "[option_check]")
{
    CHECK(text(0.25) == "0.25");
    CHECK(text(1.0) == "1");
    CHECK(text(-3.5) == "-3.5");
    CHECK(text(1e300) == "1e+300");
    CHECK(text(not_a_number).ends_with("nan"));
    CHECK(text(infinity) == "inf");
    CHECK(text(42) == "42");
    CHECK(text(-1) == "-1");
    CHECK(text(std::size_t(7)) == "7");
}

TEST_CASE("a lower bound is inclusive, and its message names field, value and range",
          "[option_check]")
{
    CHECK(refusal([] { require_at_least("field", 1, 1); }).empty());
    CHECK(refusal([] { require_at_least("field", 2, 1); }).empty());
    CHECK(refusal([] { require_at_least("field", 0, 1); }) ==
          "field is 0, but must be at least 1");
    CHECK(refusal([] { require_at_least("wait", duration(-1ms), duration(0)); }) ==
          "wait is -1ms, but must be at least 0s");
    CHECK_THROWS_AS(require_at_least("field", not_a_number, 0.0), invalid_option);
}

TEST_CASE("an exclusive lower bound refuses the bound itself", "[option_check]")
{
    CHECK(refusal([] { require_more_than("field", 2, 1); }).empty());
    CHECK(refusal([] { require_more_than("field", 1, 1); }) ==
          "field is 1, but must be more than 1");
    CHECK_THROWS_AS(require_more_than("field", 0, 1), invalid_option);
    CHECK_THROWS_AS(require_more_than("field", not_a_number, 0.0), invalid_option);
}

TEST_CASE("a range includes both of its ends", "[option_check]")
{
    CHECK(refusal([] { require_between("field", 1, 1, 3); }).empty());
    CHECK(refusal([] { require_between("field", 3, 1, 3); }).empty());
    CHECK(refusal([] { require_between("field", 4, 1, 3); }) ==
          "field is 4, but must be between 1 and 3");
    CHECK_THROWS_AS(require_between("field", 0, 1, 3), invalid_option);
    CHECK_THROWS_AS(require_between("field", not_a_number, 1.0, 3.0), invalid_option);
    CHECK_THROWS_AS(require_between("field", infinity, 1.0, 3.0), invalid_option);
}

TEST_CASE("a share is more than nothing and at most everything", "[option_check]")
{
    CHECK(refusal([] { require_share("ratio", 1.0); }).empty());
    CHECK(refusal([] { require_share("ratio", 1e-9); }).empty());
    CHECK(refusal([] { require_share("ratio", 0.0); }) ==
          "ratio is 0, but must be more than 0 and at most 1");
    CHECK_THROWS_AS(require_share("ratio", 1.0000001), invalid_option);
    CHECK_THROWS_AS(require_share("ratio", -0.5), invalid_option);
    CHECK_THROWS_AS(require_share("ratio", not_a_number), invalid_option);
}
