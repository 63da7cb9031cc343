// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/health_options.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <chrono>
#include <string>

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using resil::health_check_options;
using resil::health_options;

TEST_CASE("options of checks that make no sense are refused", "[core][health]")
{
    auto const refuses = [](health_check_options const& options, std::string const& field) {
        CHECK_THROWS_WITH(options.validate(), ContainsSubstring(field));
    };
    refuses({.timeout = 1ms, .ttl = 99ms, .confirm_after = 0s}, "health.ttl");
    refuses({.ttl = 1h + 1ns}, "health.ttl");
    refuses({.timeout = 1ms - 1ns}, "health.timeout");
    refuses({.timeout = 3s + 1ns, .ttl = 3s}, "health.timeout");
    refuses({.confirm_after = -1ns}, "health.confirm_after");
    refuses({.ttl = 3s, .confirm_after = 3s + 1ns}, "health.confirm_after");
    refuses({.fail_after = 0}, "health.fail_after");
    refuses({.fail_after = 101}, "health.fail_after");
    refuses({.recover_after = 0}, "health.recover_after");
    refuses({.recover_after = 101}, "health.recover_after");
}

TEST_CASE("options of checks may be as small, and as large, as their ranges say", "[core][health]")
{
    CHECK_NOTHROW(health_check_options().validate());
    CHECK_NOTHROW(health_check_options{
        .timeout = 1ms, .ttl = 100ms, .confirm_after = 0s, .fail_after = 1, .recover_after = 1}
                      .validate());
    CHECK_NOTHROW(health_check_options{
        .timeout = 1h, .ttl = 1h, .confirm_after = 1h, .fail_after = 100, .recover_after = 100}
                      .validate());
}

TEST_CASE("a whole answer has 900 ms, or what was asked for within a minute", "[core][health]")
{
    CHECK(health_options().answer_within == 900ms);
    CHECK_NOTHROW(health_options{.answer_within = 1ms}.validate());
    CHECK_NOTHROW(health_options{.answer_within = 1min}.validate());
    CHECK_THROWS_WITH(health_options{.answer_within = 1ms - 1ns}.validate(), ContainsSubstring("health.answer_within"));
    CHECK_THROWS_WITH(health_options{.answer_within = 1min + 1ns}.validate(), ContainsSubstring("health.answer_within"));
}

TEST_CASE("names of checks are of characters that mean nothing in a log", "[core][health]")
{
    using resil::core::require_check_name;
    CHECK_NOTHROW(require_check_name("postgres:orders/primary-1.eu_2"));
    CHECK_NOTHROW(require_check_name("azAZ09"));
    CHECK_NOTHROW(require_check_name(std::string(64, 'a')));
    for (std::string const& name : {std::string(), std::string("a b"), std::string("a\n"), std::string("\"", 1),
                                    std::string(65, 'a'), std::string("\xc3\xa4"), std::string("@"), std::string("["),
                                    std::string("`"), std::string("{"), std::string(";")}) {
        CHECK_THROWS_AS(require_check_name(name), resil::invalid_option);
    }
}
