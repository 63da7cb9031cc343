// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// What a call through each policy costs, beside the bare posted operation of the same run.
//
// One call at a time, each started from the handler of the one before, on a context with a live
// reactor that one thread runs.

#include <resil/bulkhead.hpp>
#include <resil/circuit_breaker.hpp>
#include <resil/deadline.hpp>
#include <resil/fallback.hpp>
#include <resil/pipeline.hpp>
#include <resil/retry.hpp>
#include <resil/timeout.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <benchmark/benchmark.h>

#include <chrono>
#include <utility>

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using resil::error_code;

constexpr int calls_per_run = 2000;

/// Completes with no error on the next turn of the loop.
struct posted
{
    asio::io_context* context;

    template <class Handler>
    void operator()(Handler&& handler) const
    {
        asio::post(*context, [h = std::forward<Handler>(handler)]() mutable {
            std::move(h)(error_code());
        });
    }
};

struct operation
{
    asio::io_context* context;

    template <class Token>
    auto operator()(Token&& token) const
    {
        return asio::async_initiate<Token, void(error_code)>(posted{context}, token);
    }
};

/// Makes one call after the other until enough were made.
template <class Start>
struct chain
{
    asio::io_context& context;
    Start& start;
    int left;

    void operator()(error_code ec)
    {
        benchmark::DoNotOptimize(ec);
        if (--left > 0) {
            start(asio::bind_executor(context, chain(*this)));
        }
    }
};

template <class Start>
void run_chain(benchmark::State& state, asio::io_context& context, Start start)
{
    resil::single_threaded(context);
    for (auto _ : state) {
        context.restart();
        chain<Start> first{context, start, calls_per_run};
        asio::post(context, [&] { start(asio::bind_executor(context, first)); });
        context.run();
    }
    state.SetItemsProcessed(state.iterations() * calls_per_run);
}

void bare_operation(benchmark::State& state)
{
    asio::io_context context(1);
    run_chain(state, context, [&](auto handler) { operation{&context}(std::move(handler)); });
}
BENCHMARK(bare_operation);

template <class Pipeline>
void through(benchmark::State& state, Pipeline const& pipeline)
{
    asio::io_context context(1);
    run_chain(state, context, [&](auto handler) {
        pipeline.async_call(operation{&context}, std::move(handler));
    });
}

void empty_pipeline(benchmark::State& state) { through(state, resil::pipeline{}); }
BENCHMARK(empty_pipeline);

void deadline(benchmark::State& state) { through(state, resil::deadline{800ms}); }
BENCHMARK(deadline);

void retry(benchmark::State& state) { through(state, resil::retry{}); }
BENCHMARK(retry);

void circuit_breaker(benchmark::State& state) { through(state, resil::circuit_breaker{}); }
BENCHMARK(circuit_breaker);

void bulkhead(benchmark::State& state) { through(state, resil::bulkhead{}); }
BENCHMARK(bulkhead);

void timeout(benchmark::State& state) { through(state, resil::timeout{250ms}); }
BENCHMARK(timeout);

void standard_pipeline(benchmark::State& state)
{
    through(state, resil::standard_pipeline{resil::deadline{800ms}, resil::retry{},
                                            resil::circuit_breaker{}, resil::timeout{250ms}});
}
BENCHMARK(standard_pipeline);

void full_stack(benchmark::State& state)
{
    through(state, resil::pipeline{resil::fallback{[](resil::failure const&) {}},
                                   resil::deadline{800ms}, resil::retry{},
                                   resil::circuit_breaker{}, resil::bulkhead{},
                                   resil::timeout{250ms}});
}
BENCHMARK(full_stack);

void rejected_by_open_circuit(benchmark::State& state)
{
    resil::circuit_breaker breaker;
    breaker.force_open();
    through(state, breaker);
}
BENCHMARK(rejected_by_open_circuit);

} // namespace
