// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_OPENTELEMETRY_SPAN_OBSERVER_HPP
#define RESIL_OPENTELEMETRY_SPAN_OBSERVER_HPP

#include <resil/config.hpp>
#include <resil/core/call_outcome.hpp>
#include <resil/event.hpp>
#include <resil/opentelemetry/detail/open_spans.hpp>
#include <resil/opentelemetry/detail/views.hpp>

#include <opentelemetry/nostd/shared_ptr.h>
#include <opentelemetry/trace/span.h>
#include <opentelemetry/trace/span_context.h>
#include <opentelemetry/trace/span_startoptions.h>
#include <opentelemetry/trace/tracer.h>

#include <chrono>
#include <memory>
#include <ratio>
#include <string>
#include <string_view>
#include <utility>

/// The adapter for OpenTelemetry's API: observers that make spans and metrics of calls and attempts.
namespace resil::otel {

/**
 * Makes a span of each call of a pipeline and of each attempt; give it to `resil::observe`.
 *
 * The span of a call has the name of the dependency, and is a child of the span that is active where the call starts, or
 * of that given to `child_of`. Those of its attempts are its children, of the kind "client". Retries, rejections,
 * expirations and fallbacks are events of the call's span. Failures are its status, with `error.type`; an ignored
 * outcome, such as that of a cancelled attempt, is none.
 *
 * A call may start on another thread than that which made it: then nothing is active there. Use `child_of`.
 *
 * A handle: copies share the spans that are open.
 *
 * Thread safety: safe, shared objects too; a mutex guards the list of open spans.
 * Exceptions: making one throws `bad_alloc`; being told an event may, too, and then there is no span of it.
 * Calls: the tracer and its spans, on the call's executor.
 * Cost: that of the spans, and some hundred nanoseconds an event.
 *
 * Example:
 *
 *     resil::observe{resil::otel::span_observer(tracer, "GET /product", "catalogue")},
 */
class span_observer
{
public:
    /// Makes spans by a tracer for calls to a dependency that an endpoint of the service makes.
    span_observer(::opentelemetry::nostd::shared_ptr<::opentelemetry::trace::Tracer> tracer,
                  std::string_view endpoint, std::string_view dependency)
        : shared_(std::make_shared<shared>(std::move(tracer), std::string(endpoint),
                                           std::string(dependency)))
    {
    }

    /// Returns an observer whose calls are children of a span, on whatever thread they start.
    span_observer child_of(::opentelemetry::trace::SpanContext const& parent) const
    {
        span_observer child(*this);
        child.parent_ = parent;
        return child;
    }

    /// Begins the span of a call.
    void operator()(call_started const& event) const
    {
        ::opentelemetry::trace::StartSpanOptions options;
        options.parent = parent_;
        auto const name = event.pipeline.empty() ? std::string_view(shared_->dependency) : event.pipeline;
        shared_->open.begin(event.call,
                            shared_->tracer->StartSpan(detail::view(name),
                                                       {{"resil.endpoint", detail::view(shared_->endpoint)},
                                                        {"resil.dependency", detail::view(shared_->dependency)}},
                                                       options));
    }

    /// Begins the span of an attempt.
    void operator()(attempt_started const& event) const
    {
        auto const call = shared_->open.of_call(event.call);
        if (!call) {
            return;
        }
        ::opentelemetry::trace::StartSpanOptions options;
        options.parent = call->GetContext();
        options.kind = ::opentelemetry::trace::SpanKind::kClient;
        shared_->open.begin_attempt(
            event.call,
            shared_->tracer->StartSpan("attempt",
                                       {{"resil.dependency", detail::view(shared_->dependency)},
                                        {"resil.attempt", event.attempt}},
                                       options));
    }

    /// Ends the span of an attempt.
    void operator()(attempt_succeeded const& event) const
    {
        if (auto const span = shared_->open.end_attempt(event.call)) {
            span->End();
        }
    }

    /// Ends the span of an attempt with its verdict and its error.
    void operator()(attempt_failed const& event) const
    {
        if (auto const span = shared_->open.end_attempt(event.call)) {
            span->SetAttribute("resil.verdict", detail::view(to_string(event.verdict)));
            if (event.verdict != verdict::ignored) {
                fail(*span, event.code);
            }
            span->End();
        }
    }

    /// Notes that there will be a further attempt.
    void operator()(retry_scheduled const& event) const
    {
        note(event.call, "retry",
             {{"resil.attempt", event.attempt},
              {"resil.delay_ms", std::chrono::duration<double, std::milli>(event.delay).count()}});
    }

    /// Notes why there will be no further attempt.
    void operator()(retry_abandoned const& event) const
    {
        note(event.call, "retry abandoned", {{"resil.reason", detail::view(to_string(event.reason))}});
    }

    /// Notes that an attempt was not admitted.
    void operator()(rejected const& event) const
    {
        note(event.call, "rejected",
             {{"resil.policy", detail::view(event.policy)},
              {"resil.reason", detail::view(to_string(event.reason))}});
    }

    /// Notes that something ran out of time.
    void operator()(expired const& event) const
    {
        note(event.call, "expired",
             {{"resil.policy", event.code == errc::timed_out ? "timeout" : "deadline"}});
    }

    /// Notes that a fallback answered.
    void operator()(fallback_used const& event) const
    {
        note(event.call, "fallback", {{"resil.reason", detail::view(to_string(event.reason))}});
    }

    /// Ends the span of a call.
    void operator()(call_ended const& event) const
    {
        auto const span = shared_->open.end(event.call);
        if (!span) {
            return;
        }
        auto const outcome = outcome_of(event);
        span->SetAttribute("resil.outcome", detail::view(to_string(outcome)));
        span->SetAttribute("resil.attempts", event.attempts);
        if (event.reason != reason::none) {
            span->SetAttribute("resil.reason", detail::view(to_string(event.reason)));
        }
        if (outcome != call_outcome::success && outcome != call_outcome::cancelled) {
            fail(*span, event.code);
        }
        span->End();
    }

private:
    /// What the copies share.
    struct shared
    {
        shared(::opentelemetry::nostd::shared_ptr<::opentelemetry::trace::Tracer> t, std::string e,
               std::string d)
            : tracer(std::move(t)), endpoint(std::move(e)), dependency(std::move(d))
        {
        }

        ::opentelemetry::nostd::shared_ptr<::opentelemetry::trace::Tracer> const tracer;
        std::string const endpoint;
        std::string const dependency;
        detail::open_spans open;
    };

    static void fail(::opentelemetry::trace::Span& span, error_code code)
    {
        std::string const type = code.to_string();
        std::string const message = code.message();
        span.SetAttribute("error.type", detail::view(type));
        span.SetStatus(::opentelemetry::trace::StatusCode::kError, detail::view(message));
    }

    void note(void const* call, ::opentelemetry::nostd::string_view what, detail::attributes more) const
    {
        if (auto const span = shared_->open.of_call(call)) {
            span->AddEvent(what, more);
        }
    }

    std::shared_ptr<shared> shared_;
    ::opentelemetry::trace::SpanContext parent_ = ::opentelemetry::trace::SpanContext::GetInvalid();
};

} // namespace resil::otel

#endif // RESIL_OPENTELEMETRY_SPAN_OBSERVER_HPP
