// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_SERVICE_POLICY_METRICS_IPP
#define RESIL_SERVICE_POLICY_METRICS_IPP

// The bodies of service/policy_metrics.hpp, which includes this unless they are compiled apart; see src.hpp.

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

namespace resil::service {

namespace detail {

/// The families that policies and pools are shown in, and what is to be looked at before they are read.
struct policy_series
{
    explicit policy_series(metrics const& m)
        : calls(m.counters("resil_calls_total", "Calls that ended, by outcome.",
                           {"endpoint", "dependency", "outcome"})),
          call_time(m.latencies("resil_call_duration_seconds",
                                "How long calls took, with all their attempts and waits.",
                                {"endpoint", "dependency", "success"})),
          attempts(m.counters("resil_attempts_total",
                              "Attempts that ended, by what they were judged to be.",
                              {"endpoint", "dependency", "verdict"})),
          attempt_time(m.latencies("resil_attempt_duration_seconds", "How long single attempts took.",
                                   {"endpoint", "dependency"})),
          retries(m.counters("resil_retries_total", "Further attempts that were decided on.",
                             {"endpoint", "dependency"})),
          abandoned(m.counters("resil_retries_abandoned_total",
                               "Calls that were not tried again although they might have been.",
                               {"endpoint", "dependency", "reason"})),
          rejected(m.counters("resil_rejections_total",
                              "Attempts that a breaker or a bulkhead did not admit.",
                              {"endpoint", "dependency", "reason"})),
          expired(m.counters("resil_expirations_total",
                             "Attempts and calls that ran out of time.",
                             {"endpoint", "dependency", "policy"})),
          fallbacks(m.counters("resil_fallbacks_total", "Calls that were answered by a fallback.",
                               {"endpoint", "dependency"})),
          circuit_state(m.gauges("resil_circuit_state", "1 for the state that a breaker is in.",
                                 {"dependency", "state"})),
          circuit_calls(m.counters("resil_circuit_attempts_total",
                                   "Attempts that a breaker admitted or rejected.",
                                   {"dependency", "decision"})),
          circuit_changes(m.counters("resil_circuit_transitions_total",
                                     "Changes of a breaker's state, by the new one.",
                                     {"dependency", "to", "cause"})),
          bulkhead_use(m.gauges("resil_bulkhead_occupied",
                                "Attempts that hold a permit of a bulkhead, or wait for one.",
                                {"dependency", "place"})),
          bulkhead_limit(m.gauges("resil_bulkhead_limit",
                                  "How many may hold a permit, or wait for one.",
                                  {"dependency", "place"})),
          bulkhead_calls(m.counters("resil_bulkhead_attempts_total",
                                    "Attempts that a bulkhead admitted, that it rejected, and that "
                                    "gave up waiting.",
                                    {"dependency", "decision"})),
          budget_tokens(m.gauges("resil_retry_budget_tokens",
                                 "Tokens of a retry budget; half of them allow no retries.",
                                 {"dependency"})),
          pool_connections(m.gauges("resil_pool_connections", "Connections of a pool.",
                                    {"dependency", "state"})),
          pool_limit(m.gauges("resil_pool_limit", "How many connections a pool may have.",
                              {"dependency"})),
          pool_waiters(m.gauges("resil_pool_waiters", "Acquires that wait for a connection.",
                                {"dependency"})),
          pool_trouble(m.gauges("resil_pool_connect_failures",
                                "Connects that failed in a row, until now.", {"dependency"})),
          pool_lends(m.gauges("resil_pool_lends", "0 while a pool is paused or drained.",
                              {"dependency"})),
          pool_wait(m.gauges("resil_pool_wait_quantiles_seconds",
                             "How long those waited who then got a connection.",
                             {"dependency", "share"})),
          pool_acquired(m.counters("resil_pool_acquired_total", "Connections that were lent.",
                                   {"dependency", "wait"})),
          pool_failed(m.counters("resil_pool_acquire_failures_total",
                                 "Acquires that got no connection.", {"dependency", "reason"})),
          pool_opened(m.counters("resil_pool_connects_total", "Connects, by how they ended.",
                                 {"dependency", "result"})),
          pool_closed(m.counters("resil_pool_closed_total", "Connections that were closed.",
                                 {"dependency", "reason"})),
          pool_pings(m.counters("resil_pool_pings_total",
                                "Pings, by how they ended, and those that were not needed.",
                                {"dependency", "result"})),
          pool_events(m.counters("resil_pool_events_total", "What happened to a pool.",
                                 {"dependency", "kind"})),
          pool_connect_time(m.latencies("resil_pool_connect_duration_seconds",
                                        "How long it took to open connections.", {"dependency"}))
    {
    }

    void watch(std::function<void()> look)
    {
        std::lock_guard const lock(mutex);
        looks.push_back(std::move(look));
    }

    void look_at_all() const
    {
        std::lock_guard const lock(mutex);
        for (auto const& look : looks) {
            look();
        }
    }

    metric_family<counter> calls;
    metric_family<latency> call_time;
    metric_family<counter> attempts;
    metric_family<latency> attempt_time;
    metric_family<counter> retries;
    metric_family<counter> abandoned;
    metric_family<counter> rejected;
    metric_family<counter> expired;
    metric_family<counter> fallbacks;
    metric_family<gauge> circuit_state;
    metric_family<counter> circuit_calls;
    metric_family<counter> circuit_changes;
    metric_family<gauge> bulkhead_use;
    metric_family<gauge> bulkhead_limit;
    metric_family<counter> bulkhead_calls;
    metric_family<gauge> budget_tokens;
    metric_family<gauge> pool_connections;
    metric_family<gauge> pool_limit;
    metric_family<gauge> pool_waiters;
    metric_family<gauge> pool_trouble;
    metric_family<gauge> pool_lends;
    metric_family<gauge> pool_wait;
    metric_family<counter> pool_acquired;
    metric_family<counter> pool_failed;
    metric_family<counter> pool_opened;
    metric_family<counter> pool_closed;
    metric_family<counter> pool_pings;
    metric_family<counter> pool_events;
    metric_family<latency> pool_connect_time;
    mutable std::mutex mutex;
    std::vector<std::function<void()>> looks;
};

/// The handles for one pool, looked up once.
class watched_pool
{
public:
    watched_pool(policy_series const& all, std::string_view dependency)
        : opening_(all.pool_connections.with({dependency, "opening"})),
          idle_(all.pool_connections.with({dependency, "idle"})),
          pinging_(all.pool_connections.with({dependency, "pinging"})),
          in_use_(all.pool_connections.with({dependency, "in_use"})),
          resetting_(all.pool_connections.with({dependency, "resetting"})),
          closing_(all.pool_connections.with({dependency, "closing"})),
          limit_(all.pool_limit.with({dependency})), waiters_(all.pool_waiters.with({dependency})),
          trouble_(all.pool_trouble.with({dependency})), lends_(all.pool_lends.with({dependency})),
          wait_median_(all.pool_wait.with({dependency, "0.5"})),
          wait_most_(all.pool_wait.with({dependency, "0.99"})),
          at_once_(all.pool_acquired.with({dependency, "no"})),
          waiting_(all.pool_acquired.with({dependency, "yes"})),
          opened_(all.pool_opened.with({dependency, "ok"})),
          open_failed_(all.pool_opened.with({dependency, "failed"})),
          pings_ok_(all.pool_pings.with({dependency, "ok"})),
          pings_failed_(all.pool_pings.with({dependency, "failed"})),
          pings_skipped_(all.pool_pings.with({dependency, "skipped"}))
    {
        for (std::size_t i = 1; i < pool_failures; ++i) { // the first is none
            failed_.push_back(
                all.pool_failed.with({dependency, to_string(static_cast<pool_failure>(i))}));
        }
        for (std::size_t i = 0; i < pool_closes; ++i) {
            closed_.push_back(
                all.pool_closed.with({dependency, to_string(static_cast<pool_close>(i))}));
        }
    }

    void show(pool_snapshot const& now, pool_histogram const& waits) const
    {
        set(opening_, now.opening);
        set(idle_, now.idle);
        set(pinging_, now.pinging);
        set(in_use_, now.in_use);
        set(resetting_, now.resetting);
        set(closing_, now.closing);
        set(limit_, now.max_size);
        set(waiters_, now.waiters);
        set(trouble_, now.connect_failures);
        set(lends_, now.paused || now.draining ? 0 : 1);
        wait_median_.set(seconds(waits.quantile(0.5)));
        wait_most_.set(seconds(waits.quantile(0.99)));
        at_once_.raise_to(now.acquired_at_once);
        waiting_.raise_to(now.acquired_waiting);
        opened_.raise_to(now.opened);
        open_failed_.raise_to(now.open_failed);
        pings_ok_.raise_to(now.pings_ok);
        pings_failed_.raise_to(now.pings_failed);
        pings_skipped_.raise_to(now.pings_skipped);
        for (std::size_t i = 0; i < failed_.size(); ++i) {
            failed_[i].raise_to(now.failed[i + 1]);
        }
        for (std::size_t i = 0; i < closed_.size(); ++i) {
            closed_[i].raise_to(now.closed[i]);
        }
    }

private:
    static void set(gauge const& shown, std::size_t number)
    {
        shown.set(static_cast<double>(number));
    }

    static double seconds(duration d) noexcept { return std::chrono::duration<double>(d).count(); }

    gauge opening_, idle_, pinging_, in_use_, resetting_, closing_;
    gauge limit_, waiters_, trouble_, lends_, wait_median_, wait_most_;
    counter at_once_, waiting_, opened_, open_failed_, pings_ok_, pings_failed_, pings_skipped_;
    std::vector<counter> failed_;
    std::vector<counter> closed_;
};

} // namespace detail

policy_metrics::policy_metrics(metrics const& registry)
    : series_(std::make_shared<detail::policy_series>(registry))
{
    registry.on_read([weak = std::weak_ptr(series_)] {
        if (auto const series = weak.lock()) {
            series->look_at_all();
        }
    });
}

call_observer policy_metrics::observer(std::string_view endpoint, std::string_view dependency) const
{
    auto const& all = *series_;
    std::vector<counter> calls, attempts;
    for (std::size_t i = 0; i < call_outcomes; ++i) {
        calls.push_back(
            all.calls.with({endpoint, dependency, to_string(static_cast<call_outcome>(i))}));
    }
    for (auto const judged : {verdict::success, verdict::transient, verdict::throttled,
                              verdict::permanent, verdict::ignored}) { // as in the enumeration
        attempts.push_back(all.attempts.with({endpoint, dependency, to_string(judged)}));
    }
    return call_observer(std::make_shared<detail::call_series const>(detail::call_series{
        .calls = std::move(calls),
        .success_time = all.call_time.with({endpoint, dependency, "true"}),
        .failure_time = all.call_time.with({endpoint, dependency, "false"}),
        .attempts = std::move(attempts),
        .attempt_time = all.attempt_time.with({endpoint, dependency}),
        .retries = all.retries.with({endpoint, dependency}),
        .abandoned = {all.abandoned, endpoint, dependency,
                      {reason::attempts_exhausted, reason::not_repeatable, reason::key_not_seen,
                       reason::budget_exhausted, reason::deadline_too_near,
                       reason::retry_after_too_long, reason::nested, reason::exception}},
        .rejected = {all.rejected, endpoint, dependency,
                     {reason::circuit_open, reason::probes_busy, reason::circuit_forced_open,
                      reason::bulkhead_full, reason::bulkhead_wait}},
        .timeouts = all.expired.with({endpoint, dependency, "timeout"}),
        .deadlines = all.expired.with({endpoint, dependency, "deadline"}),
        .fallbacks = all.fallbacks.with({endpoint, dependency})}));
}

void policy_metrics::watch_circuit(std::string_view dependency,
                                   std::function<circuit_snapshot()> look) const
{
    std::vector<std::pair<circuit_state, gauge>> states;
    for (auto const state :
         {circuit_state::closed, circuit_state::open, circuit_state::half_open,
          circuit_state::forced_open, circuit_state::forced_closed, circuit_state::metrics_only}) {
        states.emplace_back(state, series_->circuit_state.with({dependency, to_string(state)}));
    }
    series_->watch([look = std::move(look), states = std::move(states),
                    admitted = series_->circuit_calls.with({dependency, "admitted"}),
                    rejected = series_->circuit_calls.with({dependency, "rejected"})] {
        auto const now = look();
        for (auto const& [state, shown] : states) {
            shown.set(state == now.state ? 1.0 : 0.0);
        }
        admitted.raise_to(now.admitted);
        rejected.raise_to(now.rejected);
    });
}

void policy_metrics::watch_bulkhead(std::string_view dependency,
                                    std::function<bulkhead_snapshot()> look) const
{
    series_->watch([look = std::move(look),
                    running = series_->bulkhead_use.with({dependency, "running"}),
                    queued = series_->bulkhead_use.with({dependency, "queued"}),
                    most_running = series_->bulkhead_limit.with({dependency, "running"}),
                    most_queued = series_->bulkhead_limit.with({dependency, "queued"}),
                    admitted = series_->bulkhead_calls.with({dependency, "admitted"}),
                    rejected = series_->bulkhead_calls.with({dependency, "rejected"}),
                    abandoned = series_->bulkhead_calls.with({dependency, "abandoned"})] {
        auto const now = look();
        running.set(static_cast<double>(now.in_use));
        queued.set(static_cast<double>(now.queued));
        most_running.set(static_cast<double>(now.max_concurrent));
        most_queued.set(static_cast<double>(now.max_queued));
        admitted.raise_to(now.admitted);
        rejected.raise_to(now.rejected);
        abandoned.raise_to(now.abandoned);
    });
}

void policy_metrics::watch_pool(std::string_view dependency, std::function<pool_snapshot()> look,
                                std::function<pool_histogram const&()> waits) const
{
    series_->watch([look = std::move(look), waits = std::move(waits),
                    shown = detail::watched_pool(*series_, dependency)] {
        shown.show(look(), waits());
    });
}

void policy_metrics::watch(std::string_view dependency, retry_budget const& budget) const
{
    series_->watch([budget, tokens = series_->budget_tokens.with({dependency})] {
        tokens.set(budget.tokens());
    });
}

std::function<void(circuit_event const&)> policy_metrics::circuit_listener() const
{
    return [changes = series_->circuit_changes](circuit_event const& event) {
        changes.with({event.name, to_string(event.to), to_string(event.cause)}).add();
    };
}

std::function<void(pool_event const&)> policy_metrics::pool_listener() const
{
    return [events = series_->pool_events,
            connects = series_->pool_connect_time](pool_event const& event) {
        events.with({event.pool, to_string(event.kind)}).add();
        if (event.kind == pool_event_kind::opened) {
            connects.with({event.pool}).record(event.age);
        }
    };
}

} // namespace resil::service

#endif // RESIL_SERVICE_POLICY_METRICS_IPP
