// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// What each policy alone adds to an awaited operation that succeeds, and what repeating it
// costs. Names are case/place/lanes.

#include "support/floors.hpp"
#include "support/peers.hpp"
#include "support/pipelines.hpp"
#include "support/world.hpp"

#include <boost/asio/error.hpp>

namespace {

using namespace bench;

error_code const broken = asio::error::connection_reset;

void raw(benchmark::State& state)
{
    measure_awaited(state, place::single,
                    [](posted const&) { return asio::post(asio::use_awaitable); });
}

void operation(benchmark::State& state)
{
    measure_awaited(state, place::single, [](posted op) { return op(asio::use_awaitable); });
}

template <class Policies>
void add_policy(char const* name, Policies policies)
{
    add(name, [policies](benchmark::State& state) {
        measure_awaited(state, place::single, [&](posted op) {
            return policies.async_call(op, asio::use_awaitable);
        });
    });
}

// --- repeating -------------------------------------------------------------------------------

/// Fails the first time.
template <class Token>
auto second_try(posted op, int attempt, Token&& token)
{
    return op.with(attempt == 1 ? broken : error_code())(std::forward<Token>(token));
}

/// Always the first attempt that succeeds; told its number like `second_try`.
template <class Token>
auto first_try(posted op, int, Token&& token)
{
    return op(std::forward<Token>(token));
}

void retry_once(benchmark::State& state)
{
    measure_awaited(state, place::single, [retry = eager_retry()](posted op) {
        return retry.async_call(
            [op](resil::attempt const& a, auto token) {
                return second_try(op, a.number(), std::move(token));
            },
            asio::use_awaitable);
    });
}

void loop(benchmark::State& state)
{
    measure_lanes(state, place::single, [](posted op, int calls) {
        return retry_loop(
            [op](int n, auto token) { return first_try(op, n, std::move(token)); }, 0ms, calls);
    });
}

void loop_once(benchmark::State& state)
{
    auto const lane = [](posted op, int calls) {
        return retry_loop(
            [op](int n, auto token) { return second_try(op, n, std::move(token)); }, 0ms,
            calls);
    };
    measure_lanes(state, place::single, lane, 1, 4096);
}

BENCH_REGISTER
{
    register_floors();
    add("raw", raw);
    add("operation", operation);
    add_policy("empty", resil::pipeline{});
    add_policy("fallback", answer_nothing());
    add_policy("deadline", whole_call);
    add_policy("retry", resil::retry{});
    add_policy("circuit_breaker_count", count_breaker());
    add_policy("circuit_breaker_time", resil::circuit_breaker{});
    add_policy("bulkhead", wide_bulkhead());
    add_policy("timeout", each_attempt);
    add("retry_once", retry_once);
    add("loop", loop);
    add("loop_once", loop_once);
}

} // namespace
