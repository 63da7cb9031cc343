// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Calls with plain callbacks: each policy and stack, on a single-threaded context, on a strand,
// on a pool without one; on two threads in wall time. Names are case/place/lanes.

#include <resil/timer_service.hpp>

#include "support/floors.hpp"
#include "support/pipelines.hpp"
#include "support/world.hpp"

#include <boost/asio/cancel_after.hpp>

#include <string>

namespace {

using namespace bench;

std::string name_of(place where)
{
    switch (where) {
    case place::single: return "/single";
    case place::pool: return "/pool";
    case place::strand: return "/strand";
    }
    return "";
}

template <class Start>
void add_everywhere(std::string const& name, Start start)
{
    for (place const where : {place::single, place::pool, place::strand}) {
        add((name + name_of(where)).c_str(),
            [=](benchmark::State& state) { measure_callbacks(state, where, start); });
    }
    auto const on_two = [=](benchmark::State& state) {
        measure_callbacks(state, place::pool, start, 2);
    };
    benchmark::RegisterBenchmark((name + "/two_threads").c_str(), on_two)
        ->Arg(64)
        ->UseRealTime();
}

template <class Pipeline>
void add_pipeline(std::string const& name, Pipeline pipeline)
{
    add_everywhere(name, [pipeline](posted op, auto handler) {
        pipeline.async_call(op, std::move(handler));
    });
}

unsigned long events = 0;

resil::circuit_breaker forced_open()
{
    resil::circuit_breaker breaker;
    breaker.force_open();
    return breaker;
}

BENCH_REGISTER
{
    register_floors();
    add_everywhere("operation", [](posted op, auto handler) { op(std::move(handler)); });
    add("cancel_after/single", [](benchmark::State& state) {
        measure_callbacks(state, place::single, [](posted op, auto handler) {
            op(asio::cancel_after(500ms, std::move(handler)));
        });
    });
    add("cancel_after/strand", [](benchmark::State& state) {
        measure_callbacks(state, place::strand, [](posted op, auto handler) {
            op(asio::cancel_after(500ms, std::move(handler)));
        });
    });
    add_pipeline("empty", resil::pipeline{});
    add_pipeline("fallback", answer_nothing());
    add_pipeline("deadline", whole_call);
    add_pipeline("retry", resil::retry{});
    add_pipeline("circuit_breaker", resil::circuit_breaker{});
    add_pipeline("bulkhead", wide_bulkhead());
    add_pipeline("timeout", each_attempt);
    add_pipeline("stack", stack());
    add_pipeline("full_stack", full_stack());
    add_pipeline("full_stack_observed",
                 stack(resil::observe{counting_observer{&events}}, answer_nothing()));
    add_pipeline("rejected_by_open_breaker", forced_open());
}

} // namespace
