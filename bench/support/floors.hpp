// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// What the machine takes for the cheapest things of their kind. Included by every program, so
// that each number is divided by a floor of its own run.

#ifndef BENCH_SUPPORT_FLOORS_HPP
#define BENCH_SUPPORT_FLOORS_HPP

#include <benchmark/benchmark.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <mutex>
#include <stdexcept>

namespace bench {

/// FA: a relaxed addition to a line that nothing else is on.
inline void fetch_add(benchmark::State& state)
{
    alignas(128) static std::atomic<unsigned long> counter{0};
    for (auto _ : state) {
        benchmark::DoNotOptimize(counter.fetch_add(1, std::memory_order_relaxed));
    }
}

inline void mutex(benchmark::State& state)
{
    alignas(128) static std::mutex guard;
    alignas(128) static unsigned long counter = 0;
    for (auto _ : state) {
        std::lock_guard lock(guard);
        benchmark::DoNotOptimize(++counter);
    }
}

inline void clock_read(benchmark::State& state)
{
    for (auto _ : state) {
        benchmark::DoNotOptimize(std::chrono::steady_clock::now());
    }
}

/// What an exception costs, for those who report a rejection by one.
inline void throw_catch(benchmark::State& state)
{
    for (auto _ : state) {
        try {
            throw std::runtime_error("rejected");
        } catch (std::exception const& e) {
            benchmark::DoNotOptimize(e.what());
        }
    }
}

/// On more than one thread a time is wall time by the operations of all threads together: the
/// inverse of the throughput.
inline void on_threads(benchmark::internal::Benchmark* each)
{
    each->Threads(1)->Threads(2)->Threads(4)->Threads(8)->UseRealTime();
}

inline void register_floors()
{
    benchmark::RegisterBenchmark("fetch_add", fetch_add);
    benchmark::RegisterBenchmark("mutex", mutex);
    benchmark::RegisterBenchmark("clock_read", clock_read);
}

/// For programs that compare threads; the names get the number of threads as a suffix.
inline void register_floors_on_threads()
{
    benchmark::RegisterBenchmark("fetch_add", fetch_add)->Apply(on_threads);
    benchmark::RegisterBenchmark("mutex", mutex)->Apply(on_threads);
    benchmark::RegisterBenchmark("clock_read", clock_read)->Apply(on_threads);
    benchmark::RegisterBenchmark("throw_catch", throw_catch);
}

} // namespace bench

/// Registers benchmarks before `main`: the body follows.
#define BENCH_REGISTER                                            \
    static void register_benchmarks();                            \
    static bool const registered = (register_benchmarks(), true); \
    static void register_benchmarks()

#endif // BENCH_SUPPORT_FLOORS_HPP
