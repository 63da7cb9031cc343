// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/bulkhead.hpp>
#include <resil/fallback.hpp>
#include <resil/pipeline.hpp>

#include "support/checks.hpp"
#include "support/subject.hpp"

#include <boost/asio/error.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <memory>

// Observers run in the middle of a call, and may do what a program may do: cancel it, for example.

namespace contract {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using asio::cancellation_type;

resil::retry_options safe_retry()
{
    return {.max_attempts = 2,
            .backoff = resil::backoff::fixed(10ms),
            .idempotency = resil::idempotency::safe};
}

/// Six layers and an observer that cancels the call when it is told the event of a number.
subject cancelled_by_observer(int number, bool& emitted)
{
    subject what;
    what.name = "cancelled by an observer";
    what.make = [number, &emitted](stage& s) {
        s.operation.fails(asio::error::eof).hangs();
        auto const cancel = [&s, &emitted, number, count = std::make_shared<int>(0)](auto const&) {
            if ((*count)++ == number) {
                emitted = true;
                s.record.signal.emit(cancellation_type::terminal);
            }
        };
        resil::bulkhead const one{{.max_concurrent = 1}};
        return on(s, resil::pipeline{resil::observe{cancel}, resil::fallback{9},
                                     resil::deadline{200ms}, resil::retry{safe_retry()},
                                     resil::circuit_breaker{}, one, resil::timeout{20ms}})
            .watch(one);
    };
    return what;
}

TEST_CASE("an observer may cancel the call at any event", "[contract][callbacks][cancellation]")
{
    bool more = true;
    for (int number = 0; more; ++number) {
        REQUIRE(number < 100);
        more = false;
        for (ground const g : all_grounds) {
            bool emitted = false;
            auto what = cancelled_by_observer(number, emitted);
            stage s(g);
            instance policies = what.make(s);

            policies.start(s);
            s.run();

            INFO("event " << number << ", on " << to_string(g));
            CHECK(s.record.calls == 1);
            CHECK(s.record.found == violations());
            CHECK((s.record.code == asio::error::operation_aborted || !s.record.code));
            CHECK(policies.held() == 0);
            more = more || emitted;
        }
    }
}

TEST_CASE("an observer that cancels at a rejection does no harm",
          "[contract][callbacks][cancellation]")
{
    for (ground const g : all_grounds) {
        stage s(g);
        resil::bulkhead const one{{.max_concurrent = 1}};
        occupy(s, one, 5ms);
        auto const cancel = [&s](resil::rejected const&) {
            s.record.signal.emit(cancellation_type::terminal);
        };
        instance policies = on(s, resil::pipeline{resil::observe{cancel}, one});

        policies.start(s);
        s.run();

        CHECK(s.record.calls == 1);
        CHECK(s.record.found == violations());
    }
}

} // namespace
} // namespace contract
