// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Quoted by docs/composing.md: the regions between the tags, and the messages.

#include <resil/bulkhead.hpp>
#include <resil/circuit_breaker.hpp>
#include <resil/deadline.hpp>
#include <resil/fallback.hpp>
#include <resil/format.hpp>
#include <resil/pipeline.hpp>
#include <resil/retry.hpp>
#include <resil/timeout.hpp>

#include <catch2/catch_test_macros.hpp>

#include <fmt/format.h>

#include <chrono>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;

//[composing_member
struct recommendations_client
{
    resil::circuit_breaker breaker{{.name = "recommendations"}};
    resil::standard_pipeline policies{
        resil::deadline{800ms},
        resil::retry{{.max_attempts = 3, .idempotency = resil::idempotency::safe}},
        breaker,
        resil::timeout{250ms},
    };
};
//]

//[composing_warnings
std::vector<std::string> review(resil::standard_pipeline const& policies)
{
    std::vector<std::string> report{fmt::format("{}", policies)};
    report.insert(report.end(), policies.warnings().begin(), policies.warnings().end());
    return report;
}
//]

//[composing_refused
std::string why_not()
{
    try {
        resil::pipeline wrong{resil::retry{}, resil::fallback{std::string("sorry")}};
        return "";
    } catch (resil::invalid_option const& e) {
        return e.what();
    }
}
//]

template <class... Policies>
std::string refusal(Policies const&... policies)
{
    try {
        resil::pipeline<Policies...> wrong{policies...};
    } catch (resil::invalid_option const& e) {
        return e.what();
    }
    return "";
}

template <class... Policies>
std::string warning(Policies const&... policies)
{
    auto const all = resil::pipeline<Policies...>{policies...}.warnings();
    return all.size() == 1 ? all[0] : std::to_string(all.size()) + " warnings";
}

resil::circuit_breaker const breaker{{.name = "x"}};
resil::bulkhead const bulkhead{};
resil::retry const retry{};
resil::deadline const deadline{1s};
resil::timeout const timeout{100ms};
resil::fallback const fallback{0};

TEST_CASE("the page on composing: pipelines print themselves", "[snippets][pipeline]")
{
    auto const report = review(recommendations_client().policies);
    REQUIRE(report.size() == 1);
    CHECK(report[0] ==
          "deadline(800ms) > retry(3 attempts, up to 10s apart, full jitter, safe) > "
          "circuit_breaker(recommendations, opens for 5s) > timeout(250ms)");
}

TEST_CASE("the page on composing: what is refused", "[snippets][pipeline]")
{
    CHECK(why_not() == "resil::pipeline: a fallback inside a retry hides every failure from "
                       "it: put the fallback first");
    CHECK(refusal(retry, resil::retry()) ==
          "resil::pipeline: two retries multiply their attempts: leave one out");
    CHECK(refusal(breaker, breaker) ==
          "resil::pipeline: circuit_breaker(x, opens for 5s) stands twice in the pipeline, and "
          "would wait for, or count, itself: leave one out");
    CHECK(refusal(deadline, resil::timeout(2s)) ==
          "resil::pipeline: timeout.after is 2s, longer than the deadline of 1s, and would "
          "never fire: make it shorter than the deadline, or leave it out");
    CHECK(refusal(resil::timeout({.on_expiry = resil::expiry::abandon}), bulkhead) ==
          "resil::pipeline: a timeout that abandons the operation stands outside of another "
          "policy: put it next to the operation, as the last one");
}

TEST_CASE("the page on composing: what is warned of", "[snippets][pipeline]")
{
    CHECK(warning(retry, deadline) ==
          "a deadline inside a retry bounds each attempt, not the call: use timeout for that, "
          "or put the deadline outside");
    CHECK(warning(breaker, retry) == "a circuit breaker outside a retry sees only the last "
                                     "attempt of each call: put it inside");
    CHECK(warning(bulkhead, retry) ==
          "a bulkhead outside a retry holds its permit while the retry waits: put it inside "
          "unless it protects the caller");
    CHECK(warning(timeout, retry) ==
          "a timeout outside a retry bounds all attempts together: use deadline for that");
    CHECK(warning(timeout, breaker) ==
          "a timeout outside a circuit breaker is not seen by it: put the timeout inside");
    CHECK(warning(deadline, fallback) ==
          "a fallback inside the deadline cannot answer for its expiry: put it first");
    CHECK(warning(deadline, resil::deadline(2s)) ==
          "of two deadlines only the earlier one ever fires: leave one out");
    CHECK(warning(breaker, resil::timeout(10s)) ==
          "circuit_breaker.probe_lease is 10s, not longer than the timeout of 10s: slow probes "
          "are given up before they can time out");
    CHECK(warning(deadline, retry, resil::timeout(400ms)) ==
          "3 attempts of up to 400ms do not fit into the deadline of 1s: the last ones may "
          "never be made");
}

} // namespace
