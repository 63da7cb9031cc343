// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/circuit_machine.hpp>
#include <resil/core/random.hpp>

#include "stress/together.hpp"

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>

using namespace resil;
using namespace resil::core;
using namespace std::chrono_literals;
using stress::threads;
using stress::together;

namespace {

/// A circuit as its handle uses it: every question under one mutex.
class guarded_circuit
{
public:
    explicit guarded_circuit(circuit_breaker_options const& options) : machine_(options) {}

    circuit_admission admit(time_point now)
    {
        std::lock_guard const lock(mutex_);
        return machine_.admit(now, 0.5);
    }

    void record(circuit_permit permit, circuit_outcome outcome, time_point now)
    {
        std::lock_guard const lock(mutex_);
        machine_.record(permit, outcome, 0ns, now, 0.5);
    }

    circuit_snapshot snapshot(time_point now)
    {
        std::lock_guard const lock(mutex_);
        return machine_.snapshot(now);
    }

private:
    std::mutex mutex_{};
    circuit_machine machine_;
};

} // namespace

TEST_CASE("T6: eight threads at the moment of half-open get exactly the round of probes",
          "[circuit][T6]")
{
    for (int round = 0; round < 100; ++round) {
        guarded_circuit circuit({.window = circuit_window::consecutive(1)});
        time_point const start(1h);
        circuit.record(circuit.admit(start).permit, circuit_outcome::failure, start);
        std::atomic<int> admitted{0};

        together([&](int which) {
            for (int i = 0; i < 100; ++i) {
                // Clocks that were read before the lock was taken arrive out of order.
                auto const now = start + 6s + std::chrono::microseconds(100 * i - which * 37);
                admitted += circuit.admit(now).admitted;
            }
        });

        CHECK(admitted == 3);
        CHECK(circuit.snapshot(start + 7s).rejected == threads * 100 - 3);
    }
}

TEST_CASE("a circuit under eight threads counts every call, and closes again", "[circuit]")
{
    guarded_circuit circuit({.window = circuit_window::count(50)});
    time_point const start(1h);
    std::atomic<std::uint64_t> asked{0};

    together([&](int which) {
        generator draw(static_cast<std::uint64_t>(which));
        for (int i = 0; i < 5000; ++i) {
            auto const now = start + std::chrono::milliseconds(10 * i);
            bool const healthy = i < 1000 || i > 2000;
            auto const admission = circuit.admit(now);
            ++asked;
            if (admission.admitted) {
                bool const fails = !healthy && draw.unit() < 0.9;
                circuit.record(admission.permit,
                               fails ? circuit_outcome::failure : circuit_outcome::success,
                               now);
            }
        }
    });

    auto const seen = circuit.snapshot(start + 50s);
    CHECK(seen.admitted + seen.rejected == asked);
    CHECK(seen.failures <= seen.calls);
    auto const later = start + 1h;
    for (int i = 0; i < 3; ++i) {
        if (auto const admission = circuit.admit(later); admission.admitted) {
            circuit.record(admission.permit, circuit_outcome::success, later);
        }
    }
    CHECK(circuit.snapshot(later).state == circuit_state::closed);
}
