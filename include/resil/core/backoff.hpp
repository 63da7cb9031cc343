// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_BACKOFF_HPP
#define RESIL_CORE_BACKOFF_HPP

#include <resil/config.hpp>
#include <resil/core/option_check.hpp>
#include <resil/core/saturate.hpp>
#include <resil/error.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <string_view>
#include <utility>

namespace resil {

/**
 * Names how a delay is spread at random, so that clients which failed together do not return
 * together.
 *
 * With v the plain delay and U(a, b) a uniform draw. Full, equal and decorrelated are the
 * formulas of AWS ("Exponential Backoff and Jitter", aws-arch-backoff-simulator); ratio is
 * gRPC's (A6, 0.2) and Polly's (0.25).
 */
enum class jitter
{
    none,         ///< `v`.
    full,         ///< `U(0, v)`: the fewest calls for the time it takes; the default of retry.
    equal,        ///< `v/2 + U(0, v/2)`: never less than half the delay.
    decorrelated, ///< `min(cap, U(base, 3 * the previous delay))`: grows by itself.
    ratio,        ///< `v * U(1 - ratio, 1 + ratio)`, with `v` low enough to stay within the cap.
};

/// Returns the name of a kind of jitter, as it is spelt in the enumeration.
constexpr std::string_view to_string(jitter kind) noexcept
{
    switch (kind) {
    case jitter::none: return "none";
    case jitter::full: return "full";
    case jitter::equal: return "equal";
    case jitter::decorrelated: return "decorrelated";
    case jitter::ratio: return "ratio";
    }
    return "unknown";
}

/**
 * Computes the delay between a failed attempt and the next one, before jitter.
 *
 * The default is exponential: 100 ms, doubling, at most 10 s. All arithmetic
 * saturates: every failed attempt from 1 to 2^31 - 1 gives a delay in [0, cap()], and with
 * options that `validate()` accepts it never shrinks from one attempt to the next. A user's own
 * generator is capped too.
 *
 * Thread safety: a value; distinct objects are safe; a shared one may be read from several threads as far as its
 * generator may be called from them.
 * Exceptions: copying one throws what copying its generator throws; `validate` throws `invalid_option`.
 * Calls: the generator, in `plain()`.
 * Cost: tens of nanoseconds and no allocation, apart from copying a large generator.
 *
 * Example:
 *
 *     resil::backoff const same = resil::backoff::fixed(200ms);
 *     resil::backoff const longer = resil::backoff::linear(100ms, 1s);
 *     resil::backoff const doubling = resil::backoff::exponential(100ms, 10s);
 */
class backoff
{
public:
    /// Computes a delay from the number of the failed attempt (1-based) and its error.
    using generator = std::function<duration(int failed_attempt, error_code error)>;

    /// Grows exponentially, from 100 ms by 2 to 10 s.
    backoff() = default;

    /// Gives the same delay (>= 0) after every attempt. Its cap is twice the delay: room for jitter.
    static backoff fixed(duration delay) { return {kind::fixed, delay, doubled(delay)}; }

    /// Gives `step` (>= 0), 2 `step`, 3 `step`, ..., at most `cap` (>= step).
    static backoff linear(duration step, duration cap) { return {kind::linear, step, cap}; }

    /// Gives `base` (>= 0), `base * factor` (>= 1), `base * factor^2`, ..., at most `cap` (>= base).
    RESIL_DECL static backoff exponential(duration base, duration cap, double factor = 2.0);

    /// Gives whatever a function says, with less than zero taken as zero, and at most `cap` (>= 0).
    RESIL_DECL static backoff generated(generator function, duration cap);

    /// Returns the delay after a failed attempt, in [0, cap()]; numbers below 1 count as 1. Throws what a
    /// generator throws.
    RESIL_DECL duration plain(int failed_attempt, error_code error) const;

    /// Returns the longest delay, jitter included.
    duration cap() const noexcept { return cap_; }

    /// Returns the delay after the first attempt; zero for a generator, which is not asked.
    duration base() const noexcept { return base_; }

    /// Throws `invalid_option` if a duration is negative, `cap < base`, the factor is below 1
    /// or not finite, or the generator is empty.
    RESIL_DECL void validate() const;

private:
    enum class kind
    {
        fixed,
        linear,
        exponential,
        generated
    };

    backoff(kind k, duration base, duration cap) : kind_(k), base_(base), cap_(cap) {}

    static constexpr duration doubled(duration d) noexcept
    {
        return d > duration::zero() ? core::plus(d, d) : d;
    }

    RESIL_DECL duration unbounded(int attempt, error_code error) const;

    RESIL_DECL duration added(int times) const noexcept;

    kind kind_ = kind::exponential;
    duration base_ = std::chrono::milliseconds(100);
    duration cap_ = std::chrono::seconds(10);
    double factor_ = 2.0;
    generator generator_{};
};

/**
 * Computes the delay before the next attempt: the plain delay, spread at random.
 *
 * The result lies in [min(min_delay, cap), cap], whatever the other arguments are. Source of the formulas: see
 * `jitter`.
 *
 * Exceptions: what a generator throws; nothing else.
 *
 * @param policy          The plain delays.
 * @param kind            How they are spread.
 * @param jitter_ratio    For `jitter::ratio` only; in [0, 1], beyond that taken as the nearest.
 * @param min_delay       A floor under the result; >= 0.
 * @param failed_attempt  Which attempt failed; 1-based.
 * @param previous_delay  The delay before the failed attempt, zero before the first; for
 *                        `jitter::decorrelated` only.
 * @param error           How it failed; for generators.
 * @param unit            The random draw, in [0, 1); beyond that taken as the nearest.
 */
RESIL_DECL duration jittered(backoff const& policy, jitter kind, double jitter_ratio,
                             duration min_delay, int failed_attempt, duration previous_delay,
                             error_code error, double unit);

} // namespace resil

#ifndef RESIL_SEPARATE_COMPILATION
#include <resil/core/backoff.ipp>
#endif

#endif // RESIL_CORE_BACKOFF_HPP
