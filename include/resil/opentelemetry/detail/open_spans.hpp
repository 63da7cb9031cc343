// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_OPENTELEMETRY_DETAIL_OPEN_SPANS_HPP
#define RESIL_OPENTELEMETRY_DETAIL_OPEN_SPANS_HPP

#include <resil/config.hpp>

#include <opentelemetry/nostd/shared_ptr.h>
#include <opentelemetry/trace/span.h>

#include <mutex>
#include <unordered_map>
#include <utility>

namespace resil::otel::detail {

using span_ptr = ::opentelemetry::nostd::shared_ptr<::opentelemetry::trace::Span>;

/// The spans of the calls that are under way; spans that are forgotten end by themselves.
class open_spans
{
public:
    /// Begins a call; one that was destroyed at the same address without an end is forgotten.
    void begin(void const* call, span_ptr span)
    {
        std::lock_guard const lock(mutex_);
        calls_[call] = {std::move(span), span_ptr()};
    }

    /// Returns the span of a call, or null.
    span_ptr of_call(void const* call) const
    {
        std::lock_guard const lock(mutex_);
        auto const found = calls_.find(call);
        return found == calls_.end() ? span_ptr() : found->second.call;
    }

    void begin_attempt(void const* call, span_ptr span)
    {
        std::lock_guard const lock(mutex_);
        auto const found = calls_.find(call);
        if (found != calls_.end()) {
            found->second.attempt = std::move(span);
        }
    }

    /// Takes the span of the call's attempt out, or null.
    span_ptr end_attempt(void const* call)
    {
        std::lock_guard const lock(mutex_);
        auto const found = calls_.find(call);
        return found == calls_.end() ? span_ptr()
                                     : std::exchange(found->second.attempt, span_ptr());
    }

    /// Takes the span of a call out, or null.
    span_ptr end(void const* call)
    {
        std::lock_guard const lock(mutex_);
        auto const found = calls_.find(call);
        if (found == calls_.end()) {
            return {};
        }
        auto span = std::move(found->second.call);
        calls_.erase(found);
        return span;
    }

private:
    struct spans
    {
        span_ptr call;
        span_ptr attempt;
    };

    mutable std::mutex mutex_;
    std::unordered_map<void const*, spans> calls_;
};

} // namespace resil::otel::detail

#endif // RESIL_OPENTELEMETRY_DETAIL_OPEN_SPANS_HPP
