// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Runs many calls through an io_context with a live reactor: a given number in flight at a
// time, each lane making one call after the other, as callbacks or in a coroutine.

#ifndef BENCH_SUPPORT_WORLD_HPP
#define BENCH_SUPPORT_WORLD_HPP

#include <resil/error.hpp>
#include <resil/timer_service.hpp>

#include "support/counted_memory.hpp"
#include "support/counted_timers.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect_pipe.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/readable_pipe.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/writable_pipe.hpp>

#include <benchmark/benchmark.h>

#include <atomic>
#include <cstddef>
#include <exception>
#include <thread>
#include <utility>
#include <vector>

namespace bench {

namespace asio = boost::asio;
using resil::error_code;

/// Where handlers run.
enum class place
{
    single, ///< A context known to belong to one thread (concurrency hint 1, and `single_threaded`).
    pool,   ///< A context that any number of threads may run, without a strand.
    strand, ///< The same, each lane on a strand of its own.
};

// --- what is called --------------------------------------------------------------------------

/// Completes on the next turn of the loop, as `asio::post` does, but with an error code.
class posted
{
public:
    using executor_type = asio::io_context::executor_type;

    explicit posted(asio::io_context& context, error_code result = {})
        : initiation_{&context, result}
    {
    }

    /// Returns the same operation with another result.
    posted with(error_code result) const { return posted(*initiation_.context, result); }

    executor_type get_executor() const noexcept { return initiation_.get_executor(); }

    template <class Token>
    auto operator()(Token&& token) const
    {
        return asio::async_initiate<Token, void(error_code)>(initiation_, token);
    }

private:
    struct initiation
    {
        using executor_type = posted::executor_type;

        asio::io_context* context;
        error_code result;

        executor_type get_executor() const noexcept { return context->get_executor(); }

        template <class Handler>
        void operator()(Handler&& handler) const
        {
            auto const ex = asio::get_associated_executor(handler, get_executor());
            asio::post(ex, [ec = result, h = std::forward<Handler>(handler)]() mutable {
                std::move(h)(ec);
            });
        }
    };

    initiation initiation_;
};

/// A context whose reactor has something to wait for, so that it is polled, as in any real
/// program.
class world
{
public:
    explicit world(place where)
        : where_(where),
          context_(where == place::single ? 1 : BOOST_ASIO_CONCURRENCY_HINT_DEFAULT),
          idle_(context_),
          writer_(context_)
    {
        if (where == place::single) {
            resil::single_threaded(context_);
        }
        asio::connect_pipe(idle_, writer_);
        idle_.async_read_some(asio::buffer(byte_), [](error_code, std::size_t) {});
    }

    place where() const noexcept { return where_; }
    asio::io_context& context() noexcept { return context_; }
    posted operation() noexcept { return posted(context_); }

    /// For coroutines, which hold their executor type-erased.
    asio::any_io_executor executor()
    {
        if (where_ == place::strand) {
            return asio::make_strand(context_);
        }
        return context_.get_executor();
    }

    /// Runs handlers until as many lanes as were announced are done. `run()`, not `run_one()`
    /// in a loop: the latter drops Asio's recycled memory each time.
    void run(int lanes, int threads = 1)
    {
        lanes_left_.store(lanes, std::memory_order_relaxed);
        context_.restart();
        std::vector<std::jthread> others;
        for (int i = 1; i < threads; ++i) {
            others.emplace_back([this] { context_.run(); });
        }
        context_.run();
    }

    void lane_done()
    {
        if (lanes_left_.fetch_sub(1) == 1) {
            context_.stop();
        }
    }

private:
    place where_;
    asio::io_context context_;
    asio::readable_pipe idle_;
    asio::writable_pipe writer_;
    char byte_[1];
    std::atomic<int> lanes_left_{0};
};

// --- how it is called ------------------------------------------------------------------------

inline constexpr int calls_per_batch = 32768;

/// Measures `batch(n)`, which makes n calls on each lane. Allocations are those by which a
/// longer batch exceeds a shorter one, so that what starting the lanes takes does not count.
/// `timers_set` are the system calls a call that set a timer.
template <class Batch>
void measure(benchmark::State& state, int lanes, Batch&& batch, int calls = calls_per_batch)
{
    int const each = calls / lanes;
    while (state.KeepRunningBatch(each * lanes)) {
        batch(each);
    }
    int const few = each > 8 ? each / 8 : 1;
    auto const once = memory_of([&] { batch(few); });
    std::size_t const timers_set = timers_set_so_far();
    auto const twice = memory_of([&] { batch(2 * few); });
    double const more = double(twice.calls) - double(once.calls);
    state.counters["allocs"] = more > 0 ? more / (double(few) * lanes) : 0.0;
    state.counters["timers_set"] =
        double(timers_set_so_far() - timers_set) / (2.0 * double(few) * lanes);
}

/// One lane of callbacks: the handler of each call starts the next one.
template <class Start, class Executor>
class chain
{
public:
    using executor_type = Executor;

    chain(world& w, Start& start, int calls, Executor ex)
        : world_(&w), start_(&start), left_(calls), ex_(std::move(ex))
    {
    }

    executor_type get_executor() const noexcept { return ex_; }

    /// Makes the first call, or the next.
    template <class... Results>
    void operator()(Results const&... results)
    {
        (benchmark::DoNotOptimize(results), ...);
        if (left_-- > 0) {
            (*start_)(world_->operation(), chain(*this));
        } else {
            world_->lane_done();
        }
    }

private:
    world* world_;
    Start* start_;
    int left_;
    Executor ex_;
};

/// Measures `start(operation, handler)`.
template <class Start>
void measure_callbacks(benchmark::State& state, world& w, Start start, int threads = 1)
{
    int const lanes = int(state.range(0));
    auto const post_lane = [&](int calls, auto ex) {
        asio::post(ex, chain<Start, decltype(ex)>(w, start, calls, ex));
    };
    measure(state, lanes, [&](int calls) {
        for (int i = 0; i < lanes; ++i) {
            if (w.where() == place::strand) {
                post_lane(calls, asio::make_strand(w.context()));
            } else {
                post_lane(calls, w.context().get_executor());
            }
        }
        w.run(lanes, threads);
    });
}

template <class Start>
void measure_callbacks(benchmark::State& state, place where, Start start, int threads = 1)
{
    world w(where);
    measure_callbacks(state, w, std::move(start), threads);
}

/// Measures coroutines: `lane(operation, n)` is an awaitable that makes n calls.
template <class Lane>
void measure_lanes(benchmark::State& state, world& w, Lane lane, int threads = 1,
                   int calls_in_all = calls_per_batch)
{
    int const lanes = int(state.range(0));
    measure(
        state, lanes,
        [&](int calls) {
            for (int i = 0; i < lanes; ++i) {
                asio::co_spawn(w.executor(), lane(w.operation(), calls),
                               [&w](std::exception_ptr thrown) {
                                   if (thrown) {
                                       std::rethrow_exception(thrown);
                                   }
                                   w.lane_done();
                               });
            }
            w.run(lanes, threads);
        },
        calls_in_all);
}

template <class Lane>
void measure_lanes(benchmark::State& state, place where, Lane lane, int threads = 1,
                   int calls_in_all = calls_per_batch)
{
    world w(where);
    measure_lanes(state, w, std::move(lane), threads, calls_in_all);
}

/// Measures `co_await call(operation)`, without a coroutine of its own for each call.
template <class Call>
void measure_awaited(benchmark::State& state, world& w, Call call, int threads = 1)
{
    auto const lane = [&call](posted op, int calls) -> asio::awaitable<void> {
        while (calls-- > 0) {
            co_await call(op);
        }
    };
    measure_lanes(state, w, lane, threads);
}

template <class Call>
void measure_awaited(benchmark::State& state, place where, Call call, int threads = 1)
{
    world w(where);
    measure_awaited(state, w, std::move(call), threads);
}

/// Registers under `name/lanes`: one call in flight (RAW1), and 64 (RAW64).
template <class Function>
benchmark::internal::Benchmark* add(char const* name, Function function)
{
    return benchmark::RegisterBenchmark(name, function)->Arg(1)->Arg(64);
}

} // namespace bench

#endif // BENCH_SUPPORT_WORLD_HPP
