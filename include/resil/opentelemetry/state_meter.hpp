// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_OPENTELEMETRY_STATE_METER_HPP
#define RESIL_OPENTELEMETRY_STATE_METER_HPP

#include <resil/config.hpp>
#include <resil/core/bulkhead_options.hpp>
#include <resil/core/circuit_state.hpp>
#include <resil/core/pool_state.hpp>
#include <resil/opentelemetry/detail/observed_instrument.hpp>

#include <opentelemetry/metrics/meter.h>

#include <concepts>
#include <cstddef>
#include <memory>
#include <string_view>

namespace resil::otel {

/**
 * Shows the state of breakers, bulkheads and pools by OpenTelemetry's observable instruments.
 *
 * The metrics are those of `service::policy_metrics` about them: `resil.circuit.state` and so on, with the same labels.
 * They are asked for when the meter is read.
 *
 * A handle: copies share what is watched, which is kept as long as one of them exists.
 *
 * Thread safety: safe, shared objects too.
 * Exceptions: making one, and `watch`, throws `bad_alloc`.
 * Calls: `snapshot()` of what is watched, on the thread that reads the meter.
 * Cost: nothing for calls.
 *
 * Example:
 *
 *     resil::otel::state_meter const states(*meter);
 *     states.watch("catalogue", breaker);
 */
class state_meter
{
public:
    /// Makes the instruments by a meter, whose provider must outlive them.
    explicit state_meter(::opentelemetry::metrics::Meter& meter)
        : shared_(std::make_shared<shared>(meter))
    {
    }

    /// Shows the state of a breaker from now on, and what it admitted and rejected.
    template <class Breaker>
        requires requires(Breaker const& b) { { b.snapshot() } -> std::same_as<circuit_snapshot>; }
    void watch(std::string_view dependency, Breaker const& breaker) const
    {
        shared_->circuit_state.watch(dependency, [breaker](auto const& report) {
            auto const now = breaker.snapshot().state;
            for (auto const state : {circuit_state::closed, circuit_state::open,
                                     circuit_state::half_open, circuit_state::forced_open,
                                     circuit_state::forced_closed, circuit_state::metrics_only}) {
                report(state == now ? 1 : 0, "state", to_string(state));
            }
        });
        shared_->circuit_attempts.watch(dependency, [breaker](auto const& report) {
            auto const now = breaker.snapshot();
            report(now.admitted, "decision", "admitted");
            report(now.rejected, "decision", "rejected");
        });
    }

    /// Shows from now on how full a bulkhead is, and what it admitted and rejected.
    template <class Bulkhead>
        requires requires(Bulkhead const& b) { { b.snapshot() } -> std::same_as<bulkhead_snapshot>; }
    void watch(std::string_view dependency, Bulkhead const& bulkhead) const
    {
        shared_->bulkhead_occupied.watch(dependency, [bulkhead](auto const& report) {
            auto const now = bulkhead.snapshot();
            report(now.in_use, "place", "running");
            report(now.queued, "place", "queued");
        });
        shared_->bulkhead_limit.watch(dependency, [bulkhead](auto const& report) {
            auto const now = bulkhead.snapshot();
            report(now.max_concurrent, "place", "running");
            report(now.max_queued, "place", "queued");
        });
        shared_->bulkhead_attempts.watch(dependency, [bulkhead](auto const& report) {
            auto const now = bulkhead.snapshot();
            report(now.admitted, "decision", "admitted");
            report(now.rejected, "decision", "rejected");
            report(now.abandoned, "decision", "abandoned");
        });
    }

    /// Shows from now on what a pool's connections do, who waits, and what failed.
    template <class Pool>
        requires requires(Pool const& p) { { p.snapshot() } -> std::same_as<pool_snapshot>; }
    void watch(std::string_view dependency, Pool const& pool) const
    {
        shared_->pool_connections.watch(dependency, [pool](auto const& report) {
            auto const now = pool.snapshot();
            report(now.opening, "state", "opening");
            report(now.idle, "state", "idle");
            report(now.pinging, "state", "pinging");
            report(now.in_use, "state", "in_use");
            report(now.resetting, "state", "resetting");
            report(now.closing, "state", "closing");
        });
        shared_->pool_limit.watch(dependency,
                                  [pool](auto const& report) { report(pool.snapshot().max_size); });
        shared_->pool_waiters.watch(dependency,
                                    [pool](auto const& report) { report(pool.snapshot().waiters); });
        shared_->pool_acquired.watch(dependency, [pool](auto const& report) {
            auto const now = pool.snapshot();
            report(now.acquired_at_once, "wait", "no");
            report(now.acquired_waiting, "wait", "yes");
        });
        shared_->pool_failures.watch(dependency, [pool](auto const& report) {
            auto const now = pool.snapshot();
            for (std::size_t i = 1; i < pool_failures; ++i) { // the first is none
                report(now.failed[i], "reason", to_string(static_cast<pool_failure>(i)));
            }
        });
        shared_->pool_connects.watch(dependency, [pool](auto const& report) {
            auto const now = pool.snapshot();
            report(now.opened, "result", "ok");
            report(now.open_failed, "result", "failed");
        });
        shared_->pool_closed.watch(dependency, [pool](auto const& report) {
            auto const now = pool.snapshot();
            for (std::size_t i = 0; i < pool_closes; ++i) {
                report(now.closed[i], "reason", to_string(static_cast<pool_close>(i)));
            }
        });
    }

private:
    /// The instruments; they stay where they are.
    struct shared
    {
        using instrument = detail::observed_instrument;

        explicit shared(::opentelemetry::metrics::Meter& m)
            : circuit_state(m.CreateInt64ObservableGauge("resil.circuit.state",
                                                         "1 for the state that a breaker is in.")),
              circuit_attempts(m.CreateInt64ObservableCounter(
                  "resil.circuit.attempts", "Attempts that a breaker admitted or rejected.")),
              bulkhead_occupied(m.CreateInt64ObservableGauge(
                  "resil.bulkhead.occupied",
                  "Attempts that hold a permit of a bulkhead, or wait for one.")),
              bulkhead_limit(m.CreateInt64ObservableGauge(
                  "resil.bulkhead.limit", "How many may hold a permit, or wait for one.")),
              bulkhead_attempts(m.CreateInt64ObservableCounter(
                  "resil.bulkhead.attempts",
                  "Attempts that a bulkhead admitted, that it rejected, and that gave up waiting.")),
              pool_connections(m.CreateInt64ObservableGauge("resil.pool.connections",
                                                            "Connections of a pool.")),
              pool_limit(m.CreateInt64ObservableGauge("resil.pool.limit",
                                                      "How many connections a pool may have.")),
              pool_waiters(m.CreateInt64ObservableGauge("resil.pool.waiters",
                                                        "Acquires that wait for a connection.")),
              pool_acquired(m.CreateInt64ObservableCounter("resil.pool.acquired",
                                                           "Connections that were lent.")),
              pool_failures(m.CreateInt64ObservableCounter("resil.pool.acquire_failures",
                                                           "Acquires that got no connection.")),
              pool_connects(m.CreateInt64ObservableCounter("resil.pool.connects",
                                                           "Connects, by how they ended.")),
              pool_closed(m.CreateInt64ObservableCounter("resil.pool.closed",
                                                         "Connections that were closed."))
        {
        }

        instrument circuit_state;
        instrument circuit_attempts;
        instrument bulkhead_occupied;
        instrument bulkhead_limit;
        instrument bulkhead_attempts;
        instrument pool_connections;
        instrument pool_limit;
        instrument pool_waiters;
        instrument pool_acquired;
        instrument pool_failures;
        instrument pool_connects;
        instrument pool_closed;
    };

    std::shared_ptr<shared> shared_;
};

} // namespace resil::otel

#endif // RESIL_OPENTELEMETRY_STATE_METER_HPP
