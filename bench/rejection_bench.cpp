// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Awaited calls that an open breaker or a full bulkhead rejects; the decision itself is in
// breaker_bench.cpp and bulkhead_bench.cpp. Names are case/lanes.

#include <resil/core/bulkhead_machine.hpp>

#include "support/floors.hpp"
#include "support/pipelines.hpp"
#include "support/world.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <stdexcept>

namespace {

using namespace bench;

void raw(benchmark::State& state)
{
    measure_awaited(state, place::single,
                    [](posted const&) { return asio::post(asio::use_awaitable); });
}

resil::circuit_breaker open_breaker()
{
    resil::circuit_breaker breaker{{.open_duration = 1h, .max_open_duration = 1h}};
    resil::time_point const now = std::chrono::steady_clock::now();
    while (breaker.state() == resil::circuit_state::closed) {
        auto const admission = breaker.admit(now);
        breaker.record(admission.permit, resil::verdict::transient, 1ms, now);
    }
    return breaker;
}

resil::bulkhead full_bulkhead()
{
    static resil::core::bulkhead_waiter admitted;
    resil::bulkhead bulkhead{{.max_concurrent = 1, .max_queued = 0}};
    if (bulkhead.enter(admitted) != resil::core::bulkhead_entry::admitted) {
        throw std::logic_error("the first must be admitted");
    }
    return bulkhead;
}

template <class Pipeline>
void add_rejected(char const* name, Pipeline pipeline)
{
    add(name, [=](benchmark::State& state) {
        measure_awaited(state, place::single, [&](posted op) {
            return pipeline.async_call(op, asio::as_tuple(asio::use_awaitable));
        });
    });
}

/// What the default token makes of the same rejection: an exception.
void breaker_thrown(benchmark::State& state)
{
    auto const lane = [breaker = open_breaker()](posted op,
                                                 int calls) -> asio::awaitable<void> {
        while (calls-- > 0) {
            try {
                co_await breaker.async_call(op, asio::use_awaitable);
            } catch (boost::system::system_error const& e) {
                benchmark::DoNotOptimize(e.code());
            }
        }
    };
    measure_lanes(state, place::single, lane, 1, 4096);
}

BENCH_REGISTER
{
    register_floors();
    benchmark::RegisterBenchmark("throw_catch", throw_catch);
    add("raw", raw);
    add_rejected("breaker_open", open_breaker());
    add_rejected("bulkhead_full", full_bulkhead());
    add_rejected("stack_breaker_open",
                 resil::pipeline{whole_call, resil::retry{}, open_breaker(), wide_bulkhead(),
                                 each_attempt});
    add("breaker_open_thrown", breaker_thrown);
}

} // namespace
