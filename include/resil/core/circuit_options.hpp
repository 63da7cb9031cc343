// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_CIRCUIT_OPTIONS_HPP
#define RESIL_CORE_CIRCUIT_OPTIONS_HPP

#include <resil/config.hpp>
#include <resil/core/circuit_state.hpp>
#include <resil/core/option_check.hpp>
#include <resil/error.hpp>

#include <chrono>
#include <functional>
#include <string>

namespace resil {

/**
 * Says over which calls a breaker judges: those of a span of time, the last n, or a row.
 *
 * Thread safety: a value; distinct objects, and const use of a shared one, are safe.
 * Exceptions: only `validate` throws.
 * Cost: none; what a window needs is kept by the breaker: a count window one byte a call, a time window a few words a
 * bucket.
 *
 * Example:
 *
 *     auto const recent = resil::circuit_window::time(30s, 10);    // in steps of 3 s
 *     auto const last = resil::circuit_window::count(100);         // whenever they were
 *     auto const in_a_row = resil::circuit_window::consecutive(5); // without a success between
 */
class circuit_window
{
public:
    /// What is counted.
    enum class kind
    {
        time, ///< The calls of a span of time.
        count, ///< The last calls.
        consecutive, ///< Failures in a row.
    };

    /// Judges the calls of the last `span`, counted in `buckets` (1 to 1000) steps, so that the window
    /// covers between `span` less one step and `span`. At least a microsecond a step.
    static constexpr circuit_window time(duration span, int buckets = 10) noexcept
    {
        return {kind::time, span, buckets};
    }

    /// Judges the last `calls` (1 to 1,000,000) calls.
    static constexpr circuit_window count(int calls) noexcept
    {
        return {kind::count, duration::zero(), calls};
    }

    /// Judges calls in a row: the circuit opens at the `failures`-th (>= 1) failure without a success
    /// between. A slow call counts as a failure here. Ratios and `minimum_calls` do not apply.
    static constexpr circuit_window consecutive(int failures) noexcept
    {
        return {kind::consecutive, duration::zero(), failures};
    }

    /// Returns what is counted.
    constexpr kind what() const noexcept { return what_; }

    /// Returns the span of a time window; zero for the others.
    constexpr duration span() const noexcept { return span_; }

    /// Returns the number of buckets, of calls or of failures.
    constexpr int size() const noexcept { return size_; }

    /// Throws `invalid_option` if the span or the size is out of range.
    RESIL_DECL void validate() const;

    /// Says whether two windows are the same.
    friend bool operator==(circuit_window const&, circuit_window const&) = default;

private:
    constexpr circuit_window(kind what, duration span, int size) noexcept
        : what_(what), span_(span), size_(size)
    {
    }

    kind what_;
    duration span_;
    int size_;
};

/**
 * When a circuit breaker opens, how long it stays open, and how it finds out that it may close.
 */
struct circuit_breaker_options
{
    /// For events and messages; may be empty.
    std::string name{};

    /// The share of failures in the window that opens the circuit; in (0, 1]. Source:
    /// resilience4j and tower-resilience; Polly's 0.1 opens on one bad instance of ten.
    double failure_ratio = 0.5;

    /// The calls that are judged. Source: Polly and Kevlar, 30 s in 10 buckets.
    circuit_window window = circuit_window::time(std::chrono::seconds(30), 10);

    /// How few calls in the window are too few to judge by; >= 1; in a count window at most its
    /// size matters. Source: between Kevlar's 10 and Polly's 100: services of one call a second count.
    int minimum_calls = 20;

    /// From what time on a call counts as slow, failed or not; >= 0, zero for never. Source:
    /// off, as everywhere but in resilience4j, whose 60 s never apply (1.2).
    duration slow_call_duration = duration::zero();

    /// The share of slow calls in the window that opens the circuit; in (0, 1]. Source:
    /// resilience4j, all of them; only used with `slow_call_duration`.
    double slow_ratio = 1.0;

    /// How long the circuit stays open the first time; > 0. Source: Polly, Finagle.
    duration open_duration = std::chrono::seconds(5);

    /// The factor by which every further opening lasts longer; 1 to 100. It starts over once
    /// the circuit has been closed for as long as it was open. Source: Finagle, brpc, 2.
    double open_growth = 2.0;

    /// The longest time to stay open, jitter and a peer's wait included; >= `open_duration`.
    /// Source: resilience4j's and gobreaker's only open time.
    duration max_open_duration = std::chrono::seconds(60);

    /// By which share the open time is spread at random, up and down; in [0, 0.9]. Not all
    /// clients may probe at once. Source: resil's own; Finagle spreads its times by half.
    double open_jitter_ratio = 0.1;

    /// The probes of one round, and so how many can be in flight; 1 to 1000. Source: between
    /// Polly's 1, which one unlucky probe reopens, and resilience4j's 10.
    int half_open_max_calls = 3;

    /// How many of them must succeed; 1 to `half_open_max_calls`. Source: resil's own: one of three may be unlucky.
    int half_open_required_successes = 2;

    /// How long a probe may take; > 0. One without an answer by then has failed, and whatever
    /// comes later is ignored. Longer than any timeout inside the breaker. Source: resil's own, the attempt timeout of
    /// Microsoft.Extensions.Http.Resilience.
    duration probe_lease = std::chrono::seconds(10);

    /// Is told every change of state, after it happened and outside of any lock; may be empty.
    std::function<void(circuit_event const&)> listener{};

    /// Throws `invalid_option` if a member is NaN or out of range.
    RESIL_DECL void validate() const;
};

} // namespace resil

#ifndef RESIL_SEPARATE_COMPILATION
#include <resil/core/circuit_options.ipp>
#endif

#endif // RESIL_CORE_CIRCUIT_OPTIONS_HPP
