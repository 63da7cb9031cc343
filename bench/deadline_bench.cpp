// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// A deadline on an awaited operation that succeeds, beside what else bounds it in time. Names
// are case/place/lanes.

#include <resil/timer_service.hpp>

#include "support/floors.hpp"
#include "support/peers.hpp"
#include "support/pipelines.hpp"
#include "support/world.hpp"

#include <boost/asio/cancel_after.hpp>

namespace {

using namespace bench;

constexpr int few_calls = 4096; // of what takes microseconds

template <place Where>
void raw(benchmark::State& state)
{
    measure_awaited(state, Where,
                    [](posted const&) { return asio::post(asio::use_awaitable); });
}

/// The operation that the others wrap: as `raw`, with an error code.
template <place Where>
void operation(benchmark::State& state)
{
    measure_awaited(state, Where, [](posted op) { return op(asio::use_awaitable); });
}

template <place Where>
void deadline(benchmark::State& state)
{
    measure_awaited(state, Where,
                    [](posted op) { return whole_call.async_call(op, asio::use_awaitable); });
}

template <place Where>
void timeout(benchmark::State& state)
{
    measure_awaited(state, Where,
                    [](posted op) { return each_attempt.async_call(op, asio::use_awaitable); });
}

template <place Where>
void cancel_after(benchmark::State& state)
{
    measure_awaited(state, Where, [](posted op) {
        return op(asio::cancel_after(500ms, asio::use_awaitable));
    });
}

void by_watchdog(benchmark::State& state)
{
    measure_lanes(state, place::single, watchdog<posted>);
}

void by_or_timer(benchmark::State& state)
{
    measure_lanes(state, place::single, or_timer<posted>, 1, few_calls);
}

void by_or_timer_as_tuple(benchmark::State& state)
{
    measure_lanes(state, place::single, or_timer_as_tuple<posted>, 1, few_calls);
}

BENCH_REGISTER
{
    register_floors();
    add("raw/single", raw<place::single>)->Arg(1024);
    add("raw/pool", raw<place::pool>);
    add("raw/strand", raw<place::strand>);
    add("operation/single", operation<place::single>);
    add("operation/pool", operation<place::pool>);
    add("operation/strand", operation<place::strand>);
    add("deadline/single", deadline<place::single>)->Arg(1024);
    add("deadline/pool", deadline<place::pool>);
    add("deadline/strand", deadline<place::strand>);
    add("timeout/single", timeout<place::single>);
    add("cancel_after/single", cancel_after<place::single>)->Arg(1024);
    add("cancel_after/strand", cancel_after<place::strand>);
    add("watchdog/single", by_watchdog);
    add("or_timer/single", by_or_timer);
    add("or_timer_as_tuple/single", by_or_timer_as_tuple);
}

} // namespace
