// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/opentelemetry/span_observer.hpp> // self-contained

#include <resil/circuit_breaker.hpp>
#include <resil/deadline.hpp>
#include <resil/fallback.hpp>
#include <resil/pipeline.hpp>
#include <resil/retry.hpp>
#include <resil/timeout.hpp>

#include "opentelemetry/recorded_telemetry.hpp"
#include "support/world.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace support;
using lines = std::vector<std::string>;
using tracer_ptr = opentelemetry::nostd::shared_ptr<opentelemetry::trace::Tracer>;

namespace {

/// Calls through policies, and the spans that come of them.
struct traced_world : world
{
    void run(scripted_operation<int> op)
    {
        auto const done = call(everything, std::move(op));
        time.advance(1h);
        CHECK(done.done());
    }

    recorded::tracer* const recorder = new recorded::tracer;
    tracer_ptr const tracer{recorder};
    std::vector<std::shared_ptr<recorded::span_record>> const& spans = recorder->spans;
    bool fallback_allowed = false;
    resil::otel::span_observer observer{tracer, "GET /product", "catalogue"};
    resil::circuit_breaker breaker{{.name = "peer"}};
    resil::pipeline<resil::observe<resil::otel::span_observer>, resil::fallback<int>,
                    resil::deadline, resil::retry, resil::circuit_breaker, resil::timeout>
        everything{resil::observe{observer},
                   resil::fallback{7, {.handles = [this](auto const&) { return fallback_allowed; }}},
                   resil::deadline{500ms},
                   resil::retry{{.max_attempts = 2,
                                 .backoff = resil::backoff::fixed(10ms),
                                 .jitter = resil::jitter::none,
                                 .idempotency = idempotency::safe}},
                   breaker,
                   resil::timeout{100ms}};
};

} // namespace

TEST_CASE("a call has a span, and its attempt one below it", "[opentelemetry]")
{
    traced_world w;
    w.run(scripted_operation<int>().succeeds(1).after(5ms));

    REQUIRE(w.spans.size() == 2);
    auto const& call = *w.spans[0];
    auto const& attempt = *w.spans[1];
    CHECK(call.name == "catalogue");
    CHECK(call.parent == 0);
    CHECK_FALSE(call.client);
    CHECK(call.attributes.at("resil.endpoint") == "GET /product");
    CHECK(call.attributes.at("resil.dependency") == "catalogue");
    CHECK(call.attributes.at("resil.outcome") == "success");
    CHECK(call.attributes.at("resil.attempts") == "1");
    CHECK_FALSE(call.attributes.contains("resil.reason"));
    CHECK(call.status.empty());
    CHECK(attempt.name == "attempt");
    CHECK(attempt.parent == call.number);
    CHECK(attempt.client);
    CHECK(attempt.attributes.at("resil.attempt") == "1");
    CHECK(attempt.status.empty());
}

TEST_CASE("spans end when what they are of ends", "[opentelemetry]")
{
    traced_world w;
    auto const done = w.call(w.everything, scripted_operation<int>().succeeds(1).after(5ms));
    w.time.advance(4ms);
    REQUIRE(w.spans.size() == 2);
    CHECK(w.spans[0]->ended == 0);
    CHECK(w.spans[1]->ended == 0);
    w.time.advance(1ms);

    CHECK(done.done());
    for (auto const& span : w.spans) {
        CHECK(span->ended == 1);
        CHECK_FALSE(span->alive);
    }
}

TEST_CASE("each attempt has a span with its error, and retries are events of the call",
          "[opentelemetry]")
{
    traced_world w;
    w.run(scripted_operation<int>().fails(net::connection_reset).hangs());

    REQUIRE(w.spans.size() == 3);
    auto const& call = *w.spans[0];
    auto const& first = *w.spans[1];
    auto const& second = *w.spans[2];
    CHECK(first.attributes.at("resil.verdict") == "transient");
    CHECK(first.attributes.at("error.type") == "system:104");
    CHECK(first.status == error_code(net::connection_reset).message());
    CHECK(second.parent == call.number);
    CHECK(second.attributes.at("resil.attempt") == "2");
    CHECK(second.attributes.at("resil.verdict") == "ignored"); // for it was cancelled
    CHECK(second.status.empty());
    CHECK(call.events == lines{"retry resil.attempt=1 resil.delay_ms=10",
                               "expired resil.policy=timeout",
                               "retry abandoned resil.reason=attempts_exhausted"});
    CHECK(call.attributes.at("resil.outcome") == "timed_out");
    CHECK(call.attributes.at("resil.reason") == "attempts_exhausted");
    CHECK(call.attributes.at("error.type") == "resil:1");
    CHECK_FALSE(call.status.empty());
}

TEST_CASE("a rejection is an event, and there is no attempt", "[opentelemetry]")
{
    traced_world w;
    w.breaker.force_open();
    w.run(scripted_operation<int>());

    REQUIRE(w.spans.size() == 1);
    CHECK(w.spans[0]->events.at(0) ==
          "rejected resil.policy=peer resil.reason=circuit_forced_open");
    CHECK(w.spans[0]->attributes.at("resil.outcome") == "rejected");
    CHECK(w.spans[0]->attributes.at("resil.attempts") == "0");
}

TEST_CASE("a degraded success is a success with an event", "[opentelemetry]")
{
    traced_world w;
    w.fallback_allowed = true;
    w.run(scripted_operation<int>().fails(net::access_denied));

    REQUIRE(w.spans.size() == 2);
    CHECK(w.spans[0]->events == lines{"fallback resil.reason=permanent"});
    CHECK(w.spans[0]->attributes.at("resil.outcome") == "success");
    CHECK(w.spans[0]->status.empty());
    CHECK(w.spans[1]->attributes.at("resil.verdict") == "permanent");
}

TEST_CASE("what a caller cancels is no error", "[opentelemetry]")
{
    traced_world w;
    auto const given_up = w.call(w.everything, scripted_operation<int>().hangs());
    given_up.cancel();
    w.time.run_ready();

    REQUIRE(w.spans.size() == 2);
    CHECK(w.spans[0]->attributes.at("resil.outcome") == "cancelled");
    CHECK(w.spans[0]->status.empty());
    CHECK(w.spans[0]->ended == 1);
    CHECK(w.spans[1]->ended == 1);
}

TEST_CASE("calls at the same time keep their spans apart", "[opentelemetry]")
{
    traced_world w;
    auto const slow = w.call(w.everything, scripted_operation<int>().succeeds(1).after(9ms));
    auto const fast =
        w.call(w.everything, scripted_operation<int>().fails(net::access_denied).after(3ms));
    w.time.advance(5ms);

    REQUIRE(w.spans.size() == 4);
    CHECK(w.spans[0]->ended == 0);
    CHECK(w.spans[1]->ended == 0);
    CHECK(w.spans[2]->ended == 1);
    CHECK(w.spans[3]->ended == 1);
    CHECK(w.spans[3]->parent == w.spans[2]->number);
    w.time.advance(5ms);
    CHECK(w.spans[0]->attributes.at("resil.outcome") == "success");
    CHECK(w.spans[2]->attributes.at("resil.outcome") == "failed");
    CHECK(slow.done());
    CHECK(fast.done());
}

TEST_CASE("a call can be made the child of any span", "[opentelemetry]")
{
    traced_world w;
    auto const request = w.tracer->StartSpan("request");
    resil::pipeline const calls{resil::observe{w.observer.child_of(request->GetContext())}};
    (void)w.call(calls, scripted_operation<int>().succeeds(1));

    REQUIRE(w.spans.size() == 3);
    CHECK(w.spans[1]->parent == w.spans[0]->number);
    CHECK(w.spans[2]->parent == w.spans[1]->number);
}

TEST_CASE("a pipeline's name is that of its calls' spans", "[opentelemetry]")
{
    traced_world w;
    resil::pipeline const calls{resil::named{"shop"}, resil::observe{w.observer}};
    (void)w.call(calls, scripted_operation<int>().succeeds(1));

    CHECK(w.spans.at(0)->name == "shop");
    CHECK(w.spans.at(0)->attributes.at("resil.dependency") == "catalogue");
}

TEST_CASE("the spans of calls that never end are given up with their observer", "[opentelemetry]")
{
    auto* const recorder = new recorded::tracer;
    tracer_ptr const tracer(recorder);
    {
        resil::otel::span_observer const observer(tracer, "a", "b");
        int const call = 0;
        observer(resil::call_started{.pipeline = {}, .call = &call});
        observer(resil::attempt_started{.pipeline = {}, .attempt = 1, .call = &call});
        observer(resil::call_started{.pipeline = {}, .call = &call}); // another one, at its address
        CHECK_FALSE(recorder->spans.at(0)->alive);
        CHECK_FALSE(recorder->spans.at(1)->alive);
        CHECK(recorder->spans.at(2)->alive);
    }
    CHECK_FALSE(recorder->spans.at(2)->alive);
}

TEST_CASE("events of a call whose beginning was not seen are left alone", "[opentelemetry]")
{
    auto* const recorder = new recorded::tracer;
    resil::otel::span_observer const observer(tracer_ptr(recorder), "a", "b");
    int const call = 0;
    observer(resil::attempt_started{.pipeline = {}, .attempt = 1, .call = &call});
    observer(resil::attempt_succeeded{.pipeline = {}, .attempt = 1, .call = &call});
    observer(resil::expired{.pipeline = {}, .code = errc::timed_out, .call = &call});
    observer(resil::call_ended{
        .pipeline = {}, .code = {}, .reason = reason::none, .attempts = 1, .call = &call});

    CHECK(recorder->spans.empty());
}
