// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/pipeline.hpp>

#include <resil/bulkhead.hpp>
#include <resil/fallback.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <chrono>
#include <string>
#include <utility>

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

namespace {

template <class... Policies>
void check_refused(std::string const& why, Policies... policies)
{
    CHECK_THROWS_MATCHES(resil::pipeline(std::move(policies)...), resil::invalid_option,
                         MessageMatches(ContainsSubstring(why)));
}

template <class... Policies>
void check_warned(std::string const& about, Policies... policies)
{
    auto const warnings = resil::pipeline(std::move(policies)...).warnings();

    REQUIRE(warnings.size() == 1);
    CHECK_THAT(warnings.front(), ContainsSubstring(about));
}

} // namespace

TEST_CASE("the recommended order is built without a warning", "[pipeline][order]")
{
    resil::pipeline const p{resil::fallback{1},        resil::deadline{800ms},
                            resil::retry{},            resil::circuit_breaker{},
                            resil::bulkhead{},         resil::timeout{250ms}};

    CHECK(p.warnings().empty());
}

TEST_CASE("an empty pipeline is built without a warning", "[pipeline][order]")
{
    CHECK(resil::pipeline{}.warnings().empty());
}

TEST_CASE("a fallback inside a retry is refused", "[pipeline][order]")
{
    check_refused("put the fallback first", resil::retry{}, resil::fallback{1});
}

TEST_CASE("two retries in one pipeline are refused", "[pipeline][order]")
{
    check_refused("multiply their attempts", resil::retry{}, resil::retry{});
}

TEST_CASE("a timeout longer than the deadline is refused, with both numbers", "[pipeline][order]")
{
    check_refused("timeout.after is 2s, longer than the deadline of 800ms", resil::deadline{800ms},
                  resil::timeout{2s});
}

TEST_CASE("a timeout as long as the deadline is accepted", "[pipeline][order]")
{
    CHECK_NOTHROW(resil::pipeline{resil::deadline{1s}, resil::timeout{1s}});
}

TEST_CASE("one circuit breaker twice is refused, and named", "[pipeline][order]")
{
    resil::circuit_breaker const breaker{{.name = "billing"}};

    check_refused("billing", breaker, resil::retry{}, breaker);
}

TEST_CASE("one circuit twice is refused through handles that judge differently", "[pipeline][order]")
{
    resil::circuit_breaker const breaker;
    auto const strict = breaker.judged_by([](resil::error_code) { return resil::verdict::permanent; });

    check_refused("stands twice", breaker, strict);
}

TEST_CASE("two circuit breakers of the same name are two", "[pipeline][order]")
{
    CHECK_NOTHROW(resil::pipeline{resil::circuit_breaker{{.name = "a"}},
                                  resil::circuit_breaker{{.name = "a"}}});
}

TEST_CASE("one bulkhead twice is refused, since it would wait for itself", "[pipeline][order]")
{
    resil::bulkhead const shared;

    check_refused("stands twice", shared, shared);
}

TEST_CASE("a timeout that abandons must stand next to the operation", "[pipeline][order]")
{
    check_refused("put it next to the operation",
                  resil::timeout{{.after = 1s, .on_expiry = resil::expiry::abandon}},
                  resil::bulkhead{});
}

TEST_CASE("unusual orders are built with a warning that says what to do", "[pipeline][order]")
{
    SECTION("a deadline inside a retry")
    {
        check_warned("use timeout", resil::retry{}, resil::deadline{1s});
    }
    SECTION("a circuit breaker outside a retry")
    {
        check_warned("sees only the last attempt", resil::circuit_breaker{}, resil::retry{});
    }
    SECTION("a bulkhead outside a retry")
    {
        check_warned("holds its permit", resil::bulkhead{}, resil::retry{});
    }
    SECTION("a timeout outside a circuit breaker")
    {
        check_warned("put the timeout inside", resil::timeout{1s}, resil::circuit_breaker{});
    }
    SECTION("a fallback inside the deadline")
    {
        check_warned("put it first", resil::deadline{1s}, resil::fallback{1});
    }
    SECTION("two deadlines")
    {
        check_warned("leave one out", resil::deadline{1s}, resil::deadline{2s});
    }
    SECTION("a probe's lease not longer than the timeout")
    {
        check_warned("probe_lease is 5s", resil::circuit_breaker{{.probe_lease = 5s}},
                     resil::timeout{5s});
    }
    SECTION("attempts that do not fit into the deadline")
    {
        check_warned("3 attempts of up to 270ms do not fit into the deadline of 800ms",
                     resil::deadline{800ms}, resil::retry{}, resil::timeout{270ms});
    }
}

TEST_CASE("a timeout outside a retry is built with warnings", "[pipeline][order]")
{
    auto const warnings = resil::pipeline{resil::timeout{1s}, resil::retry{}}.warnings();

    REQUIRE(!warnings.empty());
    CHECK_THAT(warnings.front(), ContainsSubstring("use deadline"));
}
