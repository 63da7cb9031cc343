// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Several policies together around an awaited operation that succeeds; observers off and on.
// Names are case/place/lanes.

#include "support/floors.hpp"
#include "support/peers.hpp"
#include "support/pipelines.hpp"
#include "support/world.hpp"

#include <resil/service/metrics.hpp>
#include <resil/service/policy_metrics.hpp>

#include <boost/asio/cancel_after.hpp>

namespace {

using namespace bench;

template <place Where>
void raw(benchmark::State& state)
{
    measure_awaited(state, Where,
                    [](posted const&) { return asio::post(asio::use_awaitable); });
}

template <place Where>
void cancel_after(benchmark::State& state)
{
    measure_awaited(state, Where, [](posted op) {
        return op(asio::cancel_after(500ms, asio::use_awaitable));
    });
}

template <class Pipeline>
void add_pipeline(char const* name, place where, Pipeline pipeline)
{
    add(name, [=](benchmark::State& state) {
        measure_awaited(state, where, [&](posted op) {
            return pipeline.async_call(op, asio::use_awaitable);
        });
    });
}

unsigned long events = 0;

BENCH_REGISTER
{
    register_floors();
    add("raw/single", raw<place::single>);
    add("raw/pool", raw<place::pool>);
    add("raw/strand", raw<place::strand>);
    add("cancel_after/single", cancel_after<place::single>);
    add("cancel_after/strand", cancel_after<place::strand>);
    add_pipeline("stack/single", place::single, stack());
    add_pipeline("stack/pool", place::pool, stack());
    add_pipeline("stack/strand", place::strand, stack());
    add_pipeline("full_stack/single", place::single, full_stack());
    add_pipeline("full_stack/pool", place::pool, full_stack());
    add_pipeline("full_stack/strand", place::strand, full_stack());
    add_pipeline("standard/single", place::single,
                 resil::standard_pipeline{whole_call, resil::retry{}, resil::circuit_breaker{},
                                          each_attempt});
    add_pipeline("stack_deaf/single", place::single, stack(resil::observe{deaf_observer{}}));
    add_pipeline("stack_observed/single", place::single,
                 stack(resil::observe{counting_observer{&events}}));
    add_pipeline("stack_observed_twice/single", place::single,
                 stack(resil::observe{counting_observer{&events}},
                       resil::observe{counting_observer{&events}}));
    resil::service::policy_metrics const policies{resil::service::metrics()};
    add_pipeline("stack_metrics/single", place::single,
                 stack(resil::observe{policies.observer("GET /product", "catalogue")}));
    add_pipeline("stack_metrics/pool", place::pool,
                 stack(resil::observe{policies.observer("GET /product", "catalogue")}));
}

} // namespace
