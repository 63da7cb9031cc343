// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_SERVICE_POLICY_METRICS_HPP
#define RESIL_SERVICE_POLICY_METRICS_HPP

#include <resil/config.hpp>
#include <resil/core/bulkhead_options.hpp>
#include <resil/core/circuit_state.hpp>
#include <resil/core/pool_event.hpp>
#include <resil/core/pool_histogram.hpp>
#include <resil/core/pool_state.hpp>
#include <resil/core/retry_budget.hpp>
#include <resil/event.hpp>
#include <resil/service/detail/call_series.hpp>
#include <resil/service/metrics.hpp>

#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace resil::service {

namespace detail {

struct policy_series;

} // namespace detail

/**
 * Turns the events of a pipeline's calls into metrics; give it to `resil::observe`.
 *
 * A handle: copies count in the same series.
 *
 * Thread safety: safe, shared objects too; lock-free.
 * Exceptions: nothing here throws.
 * Cost: a call that succeeds at once, two counters and two histograms; see `counter` and `latency`. The clock is read
 * once more at the end of a call, unless a policy reads it there already.
 *
 * Example:
 *
 *     resil::observe{policies_.observer("GET /product", "catalogue")}, // endpoint, dependency
 */
class call_observer
{
public:
    /// Counts an attempt that succeeded, and records how long it took.
    void operator()(attempt_succeeded const& event) const noexcept
    {
        series_->attempt_ended(verdict::success, event.elapsed);
    }

    /// Counts an attempt that failed, by its verdict, and records how long it took.
    void operator()(attempt_failed const& event) const noexcept
    {
        series_->attempt_ended(event.verdict, event.elapsed);
    }

    /// Counts a retry.
    void operator()(retry_scheduled const&) const noexcept { series_->retries.add(); }

    /// Counts a call that was not retried any more, by the reason.
    void operator()(retry_abandoned const& event) const noexcept
    {
        series_->abandoned.add(event.reason);
    }

    /// Counts an attempt that was not admitted, by the reason.
    void operator()(rejected const& event) const noexcept { series_->rejected.add(event.reason); }

    /// Counts what a timeout or a deadline ended.
    void operator()(expired const& event) const noexcept { series_->expired_by(event.code); }

    /// Counts a degraded success.
    void operator()(fallback_used const&) const noexcept { series_->fallbacks.add(); }

    /// Counts a call by its outcome, and records how long it took.
    void operator()(call_ended const& event) const noexcept { series_->ended(event); }

private:
    friend class policy_metrics;

    explicit call_observer(std::shared_ptr<detail::call_series const> series) noexcept
        : series_(std::move(series))
    {
    }

    std::shared_ptr<detail::call_series const> series_;
};

/**
 * Makes metrics of what policies and pools do, by endpoint and by dependency.
 *
 * Calls and attempts are counted apart by the observers of pipelines: `resil_calls_total`, `resil_call_duration_seconds`,
 * `resil_attempts_total`, `resil_attempt_duration_seconds`, and what lies between, `resil_retries_total` and so on. What breakers,
 * bulkheads, budgets and pools look like is asked for whenever the metrics are read, of those that were given to `watch`.
 * Their listeners count what cannot be asked for.
 *
 * The registry bounds the number of series; give endpoints as routes, not as paths.
 *
 * A handle: copies share what is watched, which is kept as long as one of them exists.
 *
 * Thread safety: safe, shared objects too.
 * Exceptions: making one, an observer or a listener throws `invalid_option` if the registry has another family of the
 * same name, and `bad_alloc`; so does `watch`.
 * Calls: `snapshot()` of what is watched, on the thread that reads the metrics.
 * Cost: nothing for calls without an observer.
 *
 * Example:
 *
 *     resil::service::policy_metrics const policies{metrics};
 *     policies.watch("catalogue", breaker);
 *     policies.watch("database", pool);
 */
class policy_metrics
{
public:
    /// Makes the families in a registry.
    RESIL_DECL explicit policy_metrics(metrics const& registry);

    /// Returns what observes the calls to a dependency that an endpoint of the service makes.
    RESIL_DECL call_observer observer(std::string_view endpoint, std::string_view dependency) const;

    /// Shows the state of a breaker from now on, and what it admitted and rejected.
    template <class Breaker>
        requires requires(Breaker const& b) { { b.snapshot() } -> std::same_as<circuit_snapshot>; }
    void watch(std::string_view dependency, Breaker const& breaker) const
    {
        watch_circuit(dependency, [breaker] { return breaker.snapshot(); });
    }

    /// Shows from now on how full a bulkhead is, and what it admitted and rejected.
    template <class Bulkhead>
        requires requires(Bulkhead const& b) { { b.snapshot() } -> std::same_as<bulkhead_snapshot>; }
    void watch(std::string_view dependency, Bulkhead const& bulkhead) const
    {
        watch_bulkhead(dependency, [bulkhead] { return bulkhead.snapshot(); });
    }

    /// Shows from now on what a pool's connections do, who waits for how long, and what failed.
    template <class Pool>
        requires requires(Pool const& p) { { p.snapshot() } -> std::same_as<pool_snapshot>; }
    void watch(std::string_view dependency, Pool const& pool) const
    {
        watch_pool(
            dependency, [pool] { return pool.snapshot(); },
            [pool]() -> pool_histogram const& { return pool.waits_served(); });
    }

    /// Shows from now on how many tokens a retry budget has.
    RESIL_DECL void watch(std::string_view dependency, retry_budget const& budget) const;

    /// Returns a listener for `circuit_breaker_options`, which counts changes of state under the breaker's name.
    RESIL_DECL std::function<void(circuit_event const&)> circuit_listener() const;

    /// Returns a listener for `pool_options`, which counts events, and times connects, under the pool's name.
    RESIL_DECL std::function<void(pool_event const&)> pool_listener() const;

private:
    RESIL_DECL void watch_circuit(std::string_view dependency,
                                  std::function<circuit_snapshot()> look) const;
    RESIL_DECL void watch_bulkhead(std::string_view dependency,
                                   std::function<bulkhead_snapshot()> look) const;
    RESIL_DECL void watch_pool(std::string_view dependency, std::function<pool_snapshot()> look,
                               std::function<pool_histogram const&()> waits) const;

    std::shared_ptr<detail::policy_series> series_;
};

} // namespace resil::service

#ifndef RESIL_SEPARATE_COMPILATION
#include <resil/service/policy_metrics.ipp>
#endif

#endif // RESIL_SERVICE_POLICY_METRICS_HPP
