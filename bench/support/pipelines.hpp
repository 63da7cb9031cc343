// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// The pipelines that are measured, with times that are never reached and limits that never
// bind.

#ifndef BENCH_SUPPORT_PIPELINES_HPP
#define BENCH_SUPPORT_PIPELINES_HPP

#include <resil/bulkhead.hpp>
#include <resil/circuit_breaker.hpp>
#include <resil/deadline.hpp>
#include <resil/event.hpp>
#include <resil/fallback.hpp>
#include <resil/pipeline.hpp>
#include <resil/retry.hpp>
#include <resil/timeout.hpp>

#include <chrono>

namespace bench {

using namespace std::chrono_literals;

inline auto const whole_call = resil::deadline{800ms};
inline auto const each_attempt = resil::timeout{250ms};

inline resil::bulkhead wide_bulkhead()
{
    return resil::bulkhead{{.max_concurrent = 100'000}};
}

inline resil::circuit_breaker count_breaker()
{
    return resil::circuit_breaker{{.window = resil::circuit_window::count(100)}};
}

/// Repeats at once.
inline resil::retry eager_retry()
{
    return resil::retry{
        {.backoff = resil::backoff::fixed(0ms), .idempotency = resil::idempotency::safe}};
}

/// Deadline, retry, breaker, bulkhead, timeout; `more` go to the front.
template <class... More>
auto stack(More... more)
{
    return resil::pipeline{more...,         whole_call,
                           resil::retry{},  resil::circuit_breaker{},
                           wide_bulkhead(), each_attempt};
}

inline auto answer_nothing()
{
    return resil::fallback{[](resil::failure const&) {}};
}

/// The same behind a fallback: all six policies.
inline auto full_stack()
{
    return stack(answer_nothing());
}

/// Takes no event that there is: what an observer costs that has nothing to say.
struct deaf_observer
{
    void operator()(int) const {}
};

/// Takes every event, and counts them.
struct counting_observer
{
    unsigned long* events;

    template <class Event>
    void operator()(Event const&) const
    {
        ++*events;
    }
};

} // namespace bench

#endif // BENCH_SUPPORT_PIPELINES_HPP
