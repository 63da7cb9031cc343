// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/fallback.hpp>
#include <resil/pipeline.hpp>

#include "support/checks.hpp"
#include "support/subject.hpp"

#include <boost/asio/error.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <stdexcept>
#include <vector>

// What users hand to policies may throw: calls complete once all the same.

namespace contract {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using asio::cancellation_type;
using resil::error_code;
using resil::failure;

[[noreturn]] void fail()
{
    throw std::runtime_error("thrown by a callback");
}

struct throwing_classifier
{
    resil::verdict operator()(error_code) const { fail(); }
};

subject named(char const* name, std::function<instance(stage&)> policies, error_code ends_with = {})
{
    return {.name = name,
            .make =
                [=](stage& s) {
                    s.operation.fails(asio::error::eof).after(1ms);
                    return policies(s);
                },
            .ends_with = ends_with};
}

resil::retry_options safe_retry()
{
    return {.max_attempts = 2,
            .backoff = resil::backoff::fixed(10ms),
            .idempotency = resil::idempotency::safe};
}

subject throwing_in_fallback(char const* name, resil::fallback_options options)
{
    auto const action = [](failure const&) -> int { fail(); };
    return named(
        name, [=](stage& s) { return on(s, resil::fallback{action, options}); }, asio::error::eof);
}

resil::fallback<int> fallback_with_throwing_predicate()
{
    return resil::fallback{9, {.handles = [](failure const&) -> bool { fail(); }}};
}

resil::circuit_breaker breaker_with_throwing_listener()
{
    return resil::circuit_breaker{{.window = resil::circuit_window::consecutive(1),
                                   .listener = [](resil::circuit_event const&) { fail(); }}};
}

resil::retry retry_with_throwing_delay()
{
    auto options = safe_retry();
    options.backoff = resil::backoff::generated(
        [](auto&&...) -> resil::duration { fail(); }, resil::duration(10ms));
    return resil::retry{options};
}

std::vector<subject> throwing_subjects()
{
    return {
        named(
            "retry, throwing classifier",
            [](stage& s) { return on(s, resil::basic_retry{safe_retry(), throwing_classifier()}); },
            asio::error::eof),
        named(
            "retry, throwing delay function",
            [](stage& s) { return on(s, retry_with_throwing_delay()); }, asio::error::eof),
        named(
            "circuit breaker, throwing classifier",
            [](stage& s) {
                return on(s, resil::basic_circuit_breaker{resil::circuit_breaker_options(),
                                                           throwing_classifier()});
            },
            asio::error::eof),
        named(
            "circuit breaker, throwing listener",
            [](stage& s) { return on(s, breaker_with_throwing_listener()); }, asio::error::eof),
        throwing_in_fallback("fallback, throwing function", {}),
        named(
            "fallback, throwing predicate",
            [](stage& s) { return on(s, fallback_with_throwing_predicate()); }, asio::error::eof),
        named(
            "pipeline, throwing observer and classifier",
            [](stage& s) {
                return on(s, resil::pipeline{resil::observe{[](auto const&) { fail(); }},
                                             resil::judged_by{throwing_classifier()},
                                             resil::deadline{1s}, resil::retry{safe_retry()}});
            },
            asio::error::eof),
    };
}

TEST_CASE("calls whose callbacks throw keep the contract", "[contract][callbacks]")
{
    for (subject const& what : throwing_subjects()) {
        INFO(what.name);
        CHECK(completes_once(what, ground::unknown) == violations());
        CHECK(completes_once(what, ground::context) == violations());
        CHECK(is_destructible(what, ground::unknown) == violations());
        CHECK(is_cancellable(what, ground::unknown, cancellation_type::total,
                             moment::between_handlers) == violations());
    }
}

TEST_CASE("a fallback operation that throws leaves the call with its first failure",
          "[contract][callbacks]")
{
    auto const what = named(
        "fallback, throwing operation",
        [](stage& s) {
            resil::testing::scripted_operation<int> other;
            other.throws();
            return on(s, resil::fallback{[other](failure const&, auto token) {
                          return other(std::move(token));
                      }});
        },
        asio::error::eof);

    CHECK(completes_once(what, ground::unknown) == violations());
}

} // namespace
} // namespace contract
