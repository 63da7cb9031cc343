// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_OPENTELEMETRY_METRICS_OBSERVER_HPP
#define RESIL_OPENTELEMETRY_METRICS_OBSERVER_HPP

#include <resil/config.hpp>
#include <resil/core/call_outcome.hpp>
#include <resil/event.hpp>
#include <resil/opentelemetry/detail/views.hpp>

#include <opentelemetry/context/context.h>
#include <opentelemetry/metrics/meter.h>
#include <opentelemetry/metrics/sync_instruments.h>
#include <opentelemetry/nostd/unique_ptr.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace resil::otel {

/**
 * Counts and times calls and attempts by OpenTelemetry's instruments; give it to `resil::observe`.
 *
 * The metrics are those of `service::policy_metrics` about calls: an exporter for Prometheus makes `resil_calls_total` of
 * `resil.calls`, and so on, with the same labels.
 *
 * A handle: copies share the instruments.
 *
 * Thread safety: safe, shared objects too, as OpenTelemetry's instruments are.
 * Exceptions: making one throws `bad_alloc`; nothing else throws.
 * Calls: the meter and its instruments, on the call's executor.
 * Cost: that of the instruments: the SDK looks a set of attributes up for each event. `service::policy_metrics` is for
 * where that is too much.
 *
 * Example:
 *
 *     resil::observe{resil::otel::metrics_observer(*meter, "GET /product", "catalogue")},
 */
class metrics_observer
{
public:
    /// Makes the instruments by a meter, for calls to a dependency that an endpoint of the service makes. The meter's
    /// provider must outlive them.
    metrics_observer(::opentelemetry::metrics::Meter& meter, std::string_view endpoint,
                     std::string_view dependency)
        : shared_(std::make_shared<shared const>(meter, endpoint, dependency))
    {
    }

    /// Counts and times an attempt that succeeded.
    void operator()(attempt_succeeded const& event) const noexcept
    {
        shared_->attempt_ended(verdict::success, event.elapsed);
    }

    /// Counts and times an attempt that failed, by its verdict.
    void operator()(attempt_failed const& event) const noexcept
    {
        shared_->attempt_ended(event.verdict, event.elapsed);
    }

    /// Counts a retry.
    void operator()(retry_scheduled const&) const noexcept { shared_->count(*shared_->retries); }

    /// Counts a call that was not retried any more, by the reason.
    void operator()(retry_abandoned const& event) const noexcept
    {
        shared_->count(*shared_->abandoned, "reason", to_string(event.reason));
    }

    /// Counts an attempt that was not admitted, by the reason.
    void operator()(rejected const& event) const noexcept
    {
        shared_->count(*shared_->rejections, "reason", to_string(event.reason));
    }

    /// Counts what a timeout or a deadline ended.
    void operator()(expired const& event) const noexcept
    {
        shared_->count(*shared_->expirations, "policy",
                       event.code == errc::timed_out ? "timeout" : "deadline");
    }

    /// Counts a degraded success.
    void operator()(fallback_used const&) const noexcept { shared_->count(*shared_->fallbacks); }

    /// Counts and times a call, by its outcome.
    void operator()(call_ended const& event) const noexcept
    {
        auto const outcome = outcome_of(event);
        shared_->count(*shared_->calls, "outcome", to_string(outcome));
        shared_->time(*shared_->call_time, event.elapsed, "success",
                      outcome == call_outcome::success ? "true" : "false");
    }

private:
    using counter = ::opentelemetry::metrics::Counter<std::uint64_t>;
    using histogram = ::opentelemetry::metrics::Histogram<double>;

    /// The instruments, and what they are told each time.
    struct shared
    {
        shared(::opentelemetry::metrics::Meter& meter, std::string_view e, std::string_view d)
            : endpoint(e), dependency(d),
              calls(meter.CreateUInt64Counter("resil.calls", "Calls that ended, by outcome.")),
              call_time(meter.CreateDoubleHistogram(
                  "resil.call.duration", "How long calls took, with all their attempts and waits.",
                  "s")),
              attempts(meter.CreateUInt64Counter(
                  "resil.attempts", "Attempts that ended, by what they were judged to be.")),
              attempt_time(meter.CreateDoubleHistogram("resil.attempt.duration",
                                                       "How long single attempts took.", "s")),
              retries(meter.CreateUInt64Counter("resil.retries",
                                                "Further attempts that were decided on.")),
              abandoned(meter.CreateUInt64Counter(
                  "resil.retries.abandoned",
                  "Calls that were not tried again although they might have been.")),
              rejections(meter.CreateUInt64Counter(
                  "resil.rejections", "Attempts that a breaker or a bulkhead did not admit.")),
              expirations(meter.CreateUInt64Counter("resil.expirations",
                                                    "Attempts and calls that ran out of time.")),
              fallbacks(meter.CreateUInt64Counter("resil.fallbacks",
                                                  "Calls that were answered by a fallback."))
        {
        }

        void attempt_ended(verdict judged, duration took) const noexcept
        {
            count(*attempts, "verdict", to_string(judged));
            attempt_time->Record(seconds(took),
                                 {{"endpoint", detail::view(endpoint)},
                                  {"dependency", detail::view(dependency)}},
                                 ::opentelemetry::context::Context());
        }

        void count(counter& which) const noexcept
        {
            which.Add(1, {{"endpoint", detail::view(endpoint)},
                          {"dependency", detail::view(dependency)}});
        }

        void count(counter& which, std::string_view label, std::string_view value) const noexcept
        {
            which.Add(1, {{"endpoint", detail::view(endpoint)},
                          {"dependency", detail::view(dependency)},
                          {detail::view(label), detail::view(value)}});
        }

        void time(histogram& which, duration took, std::string_view label,
                  std::string_view value) const noexcept
        {
            which.Record(seconds(took),
                         {{"endpoint", detail::view(endpoint)},
                          {"dependency", detail::view(dependency)},
                          {detail::view(label), detail::view(value)}},
                         ::opentelemetry::context::Context());
        }

        static double seconds(duration d) noexcept
        {
            return std::chrono::duration<double>(d).count();
        }

        std::string const endpoint;
        std::string const dependency;
        ::opentelemetry::nostd::unique_ptr<counter> const calls;
        ::opentelemetry::nostd::unique_ptr<histogram> const call_time;
        ::opentelemetry::nostd::unique_ptr<counter> const attempts;
        ::opentelemetry::nostd::unique_ptr<histogram> const attempt_time;
        ::opentelemetry::nostd::unique_ptr<counter> const retries;
        ::opentelemetry::nostd::unique_ptr<counter> const abandoned;
        ::opentelemetry::nostd::unique_ptr<counter> const rejections;
        ::opentelemetry::nostd::unique_ptr<counter> const expirations;
        ::opentelemetry::nostd::unique_ptr<counter> const fallbacks;
    };

    std::shared_ptr<shared const> shared_;
};

} // namespace resil::otel

#endif // RESIL_OPENTELEMETRY_METRICS_OBSERVER_HPP
