// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// One circuit breaker shared by all threads: admission and record of a call that succeeds, and
// the decision to reject, as a layer makes them. Times come in as arguments; where the clock is
// read in the loop, the name says so.

#include <resil/circuit_breaker.hpp>
#include <resil/core/circuit_machine.hpp>

#include "support/floors.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <mutex>

namespace {

using namespace std::chrono_literals;
using namespace bench;
using resil::circuit_window;

resil::time_point const start = std::chrono::steady_clock::now();

struct fixed_time
{
    resil::time_point operator()() const noexcept { return start; }
};

struct read_time
{
    resil::time_point operator()() const noexcept { return std::chrono::steady_clock::now(); }
};

resil::circuit_breaker_options judging_by(circuit_window window)
{
    return {.window = window, .open_duration = 1h, .max_open_duration = 1h};
}

/// Registers admission and record of a success.
template <class Clock>
void add_success(char const* name, circuit_window window, Clock clock)
{
    resil::circuit_breaker const breaker(judging_by(window));
    auto const loop = [=](benchmark::State& state) {
        for (auto _ : state) {
            auto const now = clock();
            auto const admission = breaker.admit(now);
            benchmark::DoNotOptimize(admission.admitted);
            breaker.record(admission.permit, resil::verdict::success, 1ms, now);
        }
    };
    benchmark::RegisterBenchmark(name, loop)->Apply(on_threads);
}

void add_rejection(char const* name)
{
    resil::circuit_breaker const breaker(judging_by(circuit_window::count(100)));
    while (breaker.state() == resil::circuit_state::closed) {
        breaker.record(breaker.admit(start).permit, resil::verdict::transient, 1ms, start);
    }
    auto const loop = [=](benchmark::State& state) {
        for (auto _ : state) {
            benchmark::DoNotOptimize(breaker.admit(start).admitted);
        }
    };
    benchmark::RegisterBenchmark(name, loop)->Apply(on_threads);
}

/// The machine alone: no lock, no sharing.
void add_machine(char const* name, circuit_window window)
{
    auto const loop = [=](benchmark::State& state) {
        resil::core::circuit_machine machine(judging_by(window));
        benchmark::DoNotOptimize(&machine);
        for (auto _ : state) {
            auto const admission = machine.admit(start, 0.5);
            benchmark::DoNotOptimize(admission.admitted);
            auto const change = machine.record(
                admission.permit, resil::core::circuit_outcome::success, 1ms, start, 0.5);
            benchmark::DoNotOptimize(change.has_value());
            benchmark::ClobberMemory();
        }
    };
    benchmark::RegisterBenchmark(name, loop);
}

/// What is written by hand: a mutex, a ring of the last hundred outcomes, and a few numbers.
class mutex_breaker
{
public:
    bool admit(resil::time_point now)
    {
        std::lock_guard lock(mutex_);
        return now >= open_until_;
    }

    void record(bool failed, resil::time_point now)
    {
        std::lock_guard lock(mutex_);
        failures_ += int(failed) - int(last_[next_]);
        last_[next_] = failed;
        next_ = (next_ + 1) % last_.size();
        if (failures_ * 2 >= int(last_.size())) {
            open_until_ = now + 5s;
        }
    }

private:
    std::mutex mutex_;
    std::array<bool, 100> last_{};
    std::size_t next_ = 0;
    int failures_ = 0;
    resil::time_point open_until_{};
};

template <class Clock>
void by_mutex(benchmark::State& state)
{
    static mutex_breaker breaker;
    for (auto _ : state) {
        auto const now = Clock()();
        benchmark::DoNotOptimize(breaker.admit(now));
        breaker.record(false, now);
    }
}

BENCH_REGISTER
{
    register_floors_on_threads();
    add_success("breaker_count", circuit_window::count(100), fixed_time());
    add_success("breaker_consecutive", circuit_window::consecutive(5), fixed_time());
    add_success("breaker_time", circuit_window::time(30s, 10), fixed_time());
    add_success("breaker_time_with_clock", circuit_window::time(30s, 10), read_time());
    add_rejection("breaker_open");
    benchmark::RegisterBenchmark("mutex_breaker", by_mutex<fixed_time>)->Apply(on_threads);
    benchmark::RegisterBenchmark("mutex_breaker_with_clock", by_mutex<read_time>)
        ->Apply(on_threads);
    add_machine("machine_count", circuit_window::count(100));
    add_machine("machine_consecutive", circuit_window::consecutive(5));
    add_machine("machine_time", circuit_window::time(30s, 10));
}

} // namespace
