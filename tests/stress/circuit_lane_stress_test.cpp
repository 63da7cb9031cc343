// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/circuit_breaker.hpp>
#include <resil/core/random.hpp>

#include "stress/together.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>

using namespace resil;
using namespace std::chrono_literals;
using stress::together;

namespace {

constexpr time_point start(1h);

/// A breaker that nothing opens but failures alone, and whose window forgets nothing.
circuit_breaker patient(circuit_window window)
{
    return circuit_breaker{
        {.failure_ratio = 1.0, .window = window, .minimum_calls = 1'000'000}};
}

} // namespace

TEST_CASE("eight threads' calls are all counted, each as what it was", "[circuit][lane]")
{
    auto const window =
        GENERATE(circuit_window::count(1'000'000), circuit_window::time(1h, 60));
    auto const breaker = patient(window);
    std::atomic<std::uint64_t> admitted{0}, successes{0}, failures{0};
    std::atomic<bool> went_back{false};

    together([&](int which) {
        core::generator draw(static_cast<std::uint64_t>(which));
        std::uint64_t seen = 0;
        for (int i = 0; i < 20'000; ++i) {
            auto const now = start + std::chrono::milliseconds(100 * i);
            auto const permit = breaker.admit(now).permit;
            ++admitted;
            switch (draw.next() % 16) {
            case 0: breaker.abandon(permit); break;
            case 1: breaker.record(permit, verdict::ignored, 1ms, now); break;
            case 2:
            case 3:
                breaker.record(permit, verdict::transient, 1ms, now);
                ++failures;
                break;
            case 4: {
                auto const calls = breaker.snapshot().calls;
                went_back = went_back || calls < seen;
                seen = calls;
                [[fallthrough]];
            }
            default:
                breaker.record(permit, verdict::success, 1ms, now);
                ++successes;
                break;
            }
        }
    });

    auto const seen = breaker.snapshot();
    CHECK(seen.state == circuit_state::closed);
    CHECK(seen.calls == successes + failures);
    CHECK(seen.failures == failures);
    CHECK(seen.admitted == admitted);
    CHECK_FALSE(went_back);
}

TEST_CASE("while eight threads report, a reset parts the old successes from the new",
          "[circuit][lane]")
{
    auto const breaker = patient(circuit_window::count(1'000'000));
    for (int round = 0; round < 200; ++round) {
        std::atomic<std::uint64_t> fresh{0};
        auto const old = breaker.snapshot().generation;
        together([&](int which) {
            for (int i = 0; i < 200; ++i) {
                if (which == 0 && i == 100) {
                    breaker.reset();
                }
                auto const permit = breaker.admit(start).permit;
                breaker.record(permit, verdict::success, 0ms, start);
                fresh += permit.generation > old;
            }
        });

        CHECK(breaker.snapshot().generation == old + 1);
        CHECK(breaker.snapshot().calls == fresh);
    }
}

TEST_CASE("a circuit opens and closes under eight threads, and loses no count",
          "[circuit][lane]")
{
    circuit_breaker const breaker{{.window = circuit_window::consecutive(2),
                                   .open_duration = 10ms,
                                   .max_open_duration = 10ms,
                                   .probe_lease = 20ms}};
    std::atomic<std::uint64_t> asked{0};
    std::atomic<std::uint64_t> rejected{0};

    together([&](int which) {
        core::generator draw(static_cast<std::uint64_t>(which));
        for (int i = 0; i < 20'000; ++i) {
            auto const now = start + std::chrono::milliseconds(i);
            auto const admission = breaker.admit(now);
            ++asked;
            rejected += !admission.admitted;
            if (admission.admitted) {
                auto const fails = draw.next() % 4 == 0;
                breaker.record(admission.permit, fails ? verdict::transient : verdict::success,
                               0ms, now);
            }
            if (which == 0 && i % 1000 == 0) {
                auto changed = breaker.options();
                changed.slow_call_duration = i % 2000 == 0 ? 1h : 0h;
                breaker.reconfigure(changed);
            }
        }
    });

    auto const seen = breaker.snapshot();
    CHECK(seen.admitted + seen.rejected == asked);
    CHECK(seen.rejected == rejected);
    CHECK(seen.generation > 2);
}
