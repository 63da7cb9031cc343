// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/random.hpp>
#include <resil/core/retry_budget.hpp> // self-contained

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include <algorithm>
#include <core/words.hpp>
#include <limits>
#include <type_traits>
#include <utility>

using namespace resil;
using namespace resil::tests;
using Catch::Matchers::WithinAbs;

static_assert(std::is_aggregate_v<retry_budget_options>);
static_assert(std::is_default_constructible_v<retry_budget>);
static_assert(std::is_nothrow_copy_constructible_v<retry_budget>);
static_assert(sizeof(retry_budget) == sizeof(std::shared_ptr<int>));

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

retry_budget budget_of(double max_tokens, double token_ratio)
{
    return retry_budget{{.max_tokens = max_tokens, .token_ratio = token_ratio}};
}

} // namespace

TEST_CASE("a budget starts full, with the defaults of userver", "[retry_budget]")
{
    retry_budget const budget;

    CHECK(budget.tokens() == 100.0);
    CHECK(budget.allows());
    CHECK(budget.name().empty());
    CHECK(retry_budget_options().max_tokens == 100.0);
    CHECK(retry_budget_options().token_ratio == 0.1);
}

TEST_CASE("a budget has the name that was given", "[retry_budget]")
{
    CHECK(retry_budget{{.name = "payments"}}.name() == "payments");
}

TEST_CASE("a failure takes one token, a success returns its share", "[retry_budget]")
{
    auto budget = budget_of(10, 0.25);

    budget.on_failure();
    budget.on_failure();
    CHECK(budget.tokens() == 8.0);
    budget.on_success();
    CHECK(budget.tokens() == 8.25);
}

TEST_CASE("retrying is allowed above half of the tokens, not at the half", "[retry_budget]")
{
    auto budget = budget_of(10, 0.5);

    for (int i = 0; i < 4; ++i) {
        budget.on_failure();
        CHECK(budget.allows()); // 9, 8, 7, 6 of 10
    }
    budget.on_failure();
    CHECK(budget.tokens() == 5.0);
    CHECK_FALSE(budget.allows());
    budget.on_success();
    CHECK(budget.allows());
}

TEST_CASE("the thousandth of a token above the half decides", "[retry_budget]")
{
    auto budget = budget_of(3, 0.001); // half: 1.5

    budget.on_failure();
    CHECK(budget.allows());
    budget.on_failure();
    CHECK_FALSE(budget.allows());
    for (int i = 0; i < 500; ++i) {
        budget.on_success();
    }
    CHECK(budget.tokens() == 1.5);
    CHECK_FALSE(budget.allows());
    budget.on_success();
    CHECK_THAT(budget.tokens(), WithinAbs(1.501, 1e-12));
    CHECK(budget.allows());
}

TEST_CASE("withdrawing is a failure and a question in one", "[retry_budget]")
{
    auto budget = budget_of(10, 0.1);
    int allowed = 0;

    for (int i = 0; i < 100; ++i) {
        allowed += budget.try_withdraw();
    }

    CHECK(allowed == 4); // as many as are above the half
    CHECK(budget.tokens() == 0.0);
    CHECK_FALSE(budget.try_withdraw());
}

TEST_CASE("the default budget allows 49 retries in a row of failures", "[retry_budget]")
{
    retry_budget budget;
    int allowed = 0;

    while (budget.try_withdraw()) {
        ++allowed;
    }

    CHECK(allowed == 49);
    CHECK(budget.tokens() == 50.0);
}

TEST_CASE("a bucket with less than one token is emptied, not overdrawn", "[retry_budget]")
{
    auto budget = budget_of(1, 0.4);

    budget.on_failure();
    CHECK(budget.tokens() == 0.0);
    budget.on_success();
    CHECK_THAT(budget.tokens(), WithinAbs(0.4, 1e-12));
    budget.on_failure();
    CHECK(budget.tokens() == 0.0);
    budget.on_failure();
    CHECK(budget.tokens() == 0.0);
}

TEST_CASE("the last thousandth of a token can be taken", "[retry_budget]")
{
    auto budget = budget_of(1, 0.001);

    budget.on_failure();
    budget.on_success();
    CHECK(budget.tokens() == 0.001);
    budget.on_failure();
    CHECK(budget.tokens() == 0.0);
}

TEST_CASE("a bucket never holds more than its maximum", "[retry_budget]")
{
    auto budget = budget_of(2, 0.4);

    budget.on_success();
    CHECK(budget.tokens() == 2.0);
    budget.on_failure();
    for (int i = 0; i < 3; ++i) {
        budget.on_success(); // 1.4, 1.8, 2.2
    }
    CHECK(budget.tokens() == 2.0);
}

TEST_CASE("a token of one is enough for a budget of one", "[retry_budget]")
{
    auto budget = budget_of(1, 1.0);

    CHECK(budget.allows());
    CHECK_FALSE(budget.try_withdraw());
    budget.on_success();
    CHECK(budget.allows());
}

TEST_CASE("copies share one bucket, and so does a handle that was moved from", "[retry_budget]")
{
    retry_budget budget;
    retry_budget copy = budget;
    retry_budget const moved = std::move(budget);

    copy.on_failure();

    CHECK(moved.tokens() == 99.0);
    CHECK(budget.tokens() == 99.0); // NOLINT(bugprone-use-after-move): what is tested
    CHECK(budget == moved);
    CHECK(copy == moved);
}

TEST_CASE("budgets of the same numbers are different budgets", "[retry_budget]")
{
    retry_budget one;
    retry_budget other;

    one.on_failure();
    CHECK(one != other);
    CHECK(other.tokens() == 100.0);
    other = one;
    CHECK(one == other);
    CHECK(other.tokens() == 99.0);
}

TEST_CASE("numbers of a budget are kept in thousandths, rounded", "[retry_budget]")
{
    auto budget = budget_of(1.5004, 0.0016);

    CHECK(budget.tokens() == 1.5);
    budget.on_failure();
    budget.on_success();
    CHECK(budget.tokens() == 0.502);
}

TEST_CASE("a budget of nonsense is refused with field, value and range", "[retry_budget]")
{
    CHECK(refusal([] { budget_of(0.5, 0.1); }) ==
          "retry_budget.max_tokens is 0.5, but must be between 1 and 1e+06");
    CHECK(refusal([] { budget_of(100, 0); }) ==
          "retry_budget.token_ratio is 0, but must be between 0.001 and 1");
    CHECK_THROWS_AS(budget_of(not_a_number, 0.1), invalid_option);
    CHECK_THROWS_AS(budget_of(1e7, 0.1), invalid_option);
    CHECK_THROWS_AS(budget_of(100, not_a_number), invalid_option);
    CHECK_THROWS_AS(budget_of(100, 1.01), invalid_option);
    CHECK_THROWS_AS(budget_of(100, -0.1), invalid_option);
    CHECK_NOTHROW(budget_of(1, 0.001));
    CHECK_NOTHROW(budget_of(1e6, 1.0));
}

TEST_CASE("whatever happens, the bucket agrees with a model in whole thousandths",
          "[retry_budget]")
{
    core::generator draw(11);
    for (int round = 0; round < 200; ++round) {
        auto const max = static_cast<int>(1000 + draw.next() % 20'000);
        auto const ratio = static_cast<int>(1 + draw.next() % 1000);
        auto budget = budget_of(max / 1000.0, ratio / 1000.0);
        int model = max;
        for (int i = 0; i < 100; ++i) {
            if (draw.unit() < 0.5) {
                model = std::max(model - 1000, 0);
                bool const allowed = budget.try_withdraw();
                REQUIRE(allowed == (2 * model > max));
            } else {
                model = std::min(model + ratio, max);
                budget.on_success();
            }
            REQUIRE(budget.allows() == (2 * model > max));
            REQUIRE_THAT(budget.tokens(), WithinAbs(model / 1000.0, 1e-9));
        }
    }
}
