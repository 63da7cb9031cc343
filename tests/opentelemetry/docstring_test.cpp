// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Quoted by docs/services/opentelemetry.md and by the comments of the adapter: the regions between the tags.

#include <resil/opentelemetry/opentelemetry.hpp>

#include <resil/circuit_breaker.hpp>
#include <resil/deadline.hpp>
#include <resil/pipeline.hpp>
#include <resil/retry.hpp>
#include <resil/timeout.hpp>

#include "opentelemetry/recorded_telemetry.hpp"
#include "support/world.hpp"

#include <opentelemetry/metrics/provider.h>
#include <opentelemetry/trace/provider.h>

#include <catch2/catch_test_macros.hpp>

#include <chrono>

using namespace std::chrono_literals;

namespace {

//[opentelemetry_pipeline
auto catalogue()
{
    auto const tracer = opentelemetry::trace::Provider::GetTracerProvider()->GetTracer("shop");
    auto const meter = opentelemetry::metrics::Provider::GetMeterProvider()->GetMeter("shop");
    return resil::pipeline{
        resil::observe{resil::otel::span_observer(tracer, "GET /product", "catalogue")},
        resil::observe{resil::otel::metrics_observer(*meter, "GET /product", "catalogue")},
        resil::deadline{800ms},
        resil::retry{{.idempotency = resil::idempotency::safe}},
        resil::timeout{250ms},
    };
}
//]

void watch(opentelemetry::metrics::Meter* meter, resil::circuit_breaker const& breaker)
{
    //[opentelemetry_states
    resil::otel::state_meter const states(*meter);
    states.watch("catalogue", breaker);
    //]
}

//[opentelemetry_child
/// Policies for one request: what they share is in the policies, so that this costs a few allocations.
auto for_request(resil::otel::span_observer const& spans,
                 opentelemetry::trace::Span const& request, resil::retry const& retry)
{
    return resil::pipeline{resil::observe{spans.child_of(request.GetContext())},
                           resil::deadline{800ms}, retry, resil::timeout{250ms}};
}
//]

} // namespace

TEST_CASE("the page on OpenTelemetry: with nobody to tell, calls are made all the same",
          "[opentelemetry]")
{
    support::world w;
    auto const call = w.call(catalogue(), support::scripted_operation<int>().succeeds(1));
    CHECK(call.done());
}

TEST_CASE("the page on OpenTelemetry: what is not watched any more is not asked", "[opentelemetry]")
{
    recorded::meter meter;
    watch(&meter, resil::circuit_breaker{});
    CHECK(meter.read("resil.circuit.state").empty());
}

TEST_CASE("the page on OpenTelemetry: a request's span is above those of its calls",
          "[opentelemetry]")
{
    support::world w;
    auto* const recorder = new recorded::tracer;
    opentelemetry::nostd::shared_ptr<opentelemetry::trace::Tracer> const tracer(recorder);
    auto const request = tracer->StartSpan("request");
    resil::otel::span_observer const spans(tracer, "GET /product", "catalogue");
    (void)w.call(for_request(spans, *request, resil::retry{}),
                 support::scripted_operation<int>().succeeds(1));

    REQUIRE(recorder->spans.size() == 3);
    CHECK(recorder->spans[1]->parent == recorder->spans[0]->number);
}
