// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// One bulkhead shared by all threads: taking a free permit and giving it back, and being turned
// away; one retry budget likewise.

#include <resil/bulkhead.hpp>
#include <resil/core/bulkhead_machine.hpp>
#include <resil/core/retry_budget.hpp>

#include "support/floors.hpp"

#include <atomic>
#include <mutex>

namespace {

using namespace bench;

/// A permit taken and given back cannot cost less than this.
void two_fetch_adds(benchmark::State& state)
{
    alignas(128) static std::atomic<unsigned long> counter{0};
    for (auto _ : state) {
        benchmark::DoNotOptimize(counter.fetch_add(1, std::memory_order_relaxed));
        benchmark::DoNotOptimize(counter.fetch_sub(1, std::memory_order_relaxed));
    }
}

/// What is written by hand.
class mutex_bulkhead
{
public:
    bool enter()
    {
        std::lock_guard lock(mutex_);
        return in_use_ < 1000 && ++in_use_ != 0;
    }

    void leave()
    {
        std::lock_guard lock(mutex_);
        --in_use_;
    }

private:
    std::mutex mutex_;
    int in_use_ = 0;
};

void by_mutex(benchmark::State& state)
{
    static mutex_bulkhead bulkhead;
    for (auto _ : state) {
        benchmark::DoNotOptimize(bulkhead.enter());
        bulkhead.leave();
    }
}

void enter_leave(benchmark::State& state)
{
    static resil::bulkhead const bulkhead{{.max_concurrent = 1000}};
    resil::core::bulkhead_waiter seat;
    for (auto _ : state) {
        benchmark::DoNotOptimize(bulkhead.enter(seat));
        bulkhead.leave();
    }
}

resil::bulkhead full_bulkhead()
{
    resil::core::bulkhead_waiter admitted;
    resil::bulkhead bulkhead{{.max_concurrent = 1, .max_queued = 0}};
    benchmark::DoNotOptimize(bulkhead.enter(admitted));
    return bulkhead;
}

void full(benchmark::State& state)
{
    static resil::bulkhead const bulkhead = full_bulkhead();
    resil::core::bulkhead_waiter seat;
    for (auto _ : state) {
        benchmark::DoNotOptimize(bulkhead.enter(seat));
    }
}

void machine(benchmark::State& state)
{
    resil::core::bulkhead_machine permits(resil::bulkhead_options{});
    resil::core::bulkhead_waiter seat;
    benchmark::DoNotOptimize(&permits);
    for (auto _ : state) {
        benchmark::DoNotOptimize(permits.enter(seat));
        benchmark::ClobberMemory();
        benchmark::DoNotOptimize(permits.leave());
        benchmark::ClobberMemory();
    }
}

// --- a retry budget --------------------------------------------------------------------------

void budget_success(benchmark::State& state)
{
    static resil::retry_budget budget;
    for (auto _ : state) {
        budget.on_success();
    }
}

/// Ten successes for a failure, and the question whether to retry: the bucket is never full.
void budget_mixed(benchmark::State& state)
{
    static resil::retry_budget budget;
    unsigned turn = 0;
    for (auto _ : state) {
        if (++turn % 11 == 0) {
            benchmark::DoNotOptimize(budget.try_withdraw());
        } else {
            budget.on_success();
        }
    }
}

void add(char const* name, void (*loop)(benchmark::State&))
{
    benchmark::RegisterBenchmark(name, loop)->Apply(on_threads);
}

BENCH_REGISTER
{
    register_floors_on_threads();
    add("two_fetch_adds", two_fetch_adds);
    add("mutex_bulkhead", by_mutex);
    add("bulkhead", enter_leave);
    add("bulkhead_full", full);
    benchmark::RegisterBenchmark("bulkhead_machine", machine);
    add("budget_success", budget_success);
    add("budget_mixed", budget_mixed);
}

} // namespace
