// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// How late timers are on a machine that does nothing else: the time is that from the point in time
// that was asked for to the call. `ns` is the worst of a run; `early` counts.

#include <resil/timer_service.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>

namespace {

namespace asio = boost::asio;
using clock_type = std::chrono::steady_clock;

/// Notes when it expired.
struct noting_timer : resil::timer_service::timer
{
    noting_timer() : timer(told) {}

    static void on_expired(timer& t) { static_cast<noting_timer&>(t).at_last = clock_type::now(); }
    static void on_orphaned(timer&) noexcept {}
    static constexpr callbacks told{&on_expired, &on_orphaned};

    clock_type::time_point at_last;
};

/// Waits with `wait(at)`, which returns when it was called back, until `at` after a duration.
template <class Wait>
void measure(benchmark::State& state, Wait wait)
{
    std::chrono::microseconds const after(state.range(0));
    double longest = 0;
    double early = 0;
    for (auto _ : state) {
        auto const at = clock_type::now() + after;
        std::chrono::duration<double> const late = wait(at) - at;
        state.SetIterationTime(std::max(late.count(), 1e-9));
        longest = std::max(longest, late.count());
        early += late.count() < 0;
    }
    state.counters["ns"] = longest * 1e9;
    state.counters["early"] = early;
}

void resil_late(benchmark::State& state)
{
    asio::io_context context;
    auto& service = asio::use_service<resil::timer_service>(context);
    measure(state, [&](clock_type::time_point at) {
        noting_timer t;
        service.arm(t, at, context.get_executor());
        context.restart();
        context.run();
        return t.at_last;
    });
}

void asio_late(benchmark::State& state)
{
    asio::io_context context;
    measure(state, [&](clock_type::time_point at) {
        clock_type::time_point called;
        asio::steady_timer t(context, at);
        t.async_wait([&](boost::system::error_code) { called = clock_type::now(); });
        context.restart();
        context.run();
        return called;
    });
}

constexpr int times = 50;

BENCHMARK(resil_late)->Arg(100)->Arg(1'000)->Arg(10'000)->UseManualTime()->Iterations(times);
BENCHMARK(asio_late)->Arg(100)->Arg(1'000)->Arg(10'000)->UseManualTime()->Iterations(times);
BENCHMARK(resil_late)->Arg(1'000'000)->UseManualTime()->Iterations(3);
BENCHMARK(asio_late)->Arg(1'000'000)->UseManualTime()->Iterations(3);

} // namespace
