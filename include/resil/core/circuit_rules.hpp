// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_CIRCUIT_RULES_HPP
#define RESIL_CORE_CIRCUIT_RULES_HPP

#include <resil/core/backoff.hpp>
#include <resil/core/circuit_measure.hpp>
#include <resil/core/circuit_options.hpp>
#include <resil/error.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

namespace resil::core {

// The arithmetic of a circuit breaker's rules: when to open, and for how long. Pure,
// thread-safe, allocates nothing.

/// Returns the share of a part in a whole; 0 of nothing.
constexpr double share(std::uint64_t part, std::uint64_t whole) noexcept
{
    return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

/// Says whether a call that took so long counts as slow.
inline bool is_slow(circuit_breaker_options const& options, duration elapsed) noexcept
{
    return options.slow_call_duration > duration::zero() &&
           elapsed >= options.slow_call_duration;
}

/// Says whether calls in a row are what counts, instead of shares of a window.
inline bool counts_row(circuit_breaker_options const& options) noexcept
{
    return options.window.what() == circuit_window::kind::consecutive;
}

/// Returns why a closed circuit has to open, if it has to.
///
/// Shares are compared as quotients: 7 / 100 is exactly the double 0.07, but 100 * 0.07 is not
/// 7.
///
/// @param in_a_row  The failures since the last success.
inline std::optional<circuit_cause> reason_to_open(circuit_breaker_options const& options,
                                                   circuit_totals const& totals,
                                                   std::uint64_t in_a_row) noexcept
{
    auto const size = static_cast<std::uint64_t>(options.window.size());
    if (counts_row(options)) {
        bool const enough = in_a_row >= size;
        return enough ? std::optional(circuit_cause::consecutive_failures) : std::nullopt;
    }
    auto minimum = static_cast<std::uint64_t>(options.minimum_calls);
    if (options.window.what() == circuit_window::kind::count) {
        minimum = std::min(minimum, size);
    }
    if (totals.calls < minimum) {
        return {};
    }
    if (share(totals.failures, totals.calls) >= options.failure_ratio) {
        return circuit_cause::failure_ratio;
    }
    bool const too_slow = options.slow_call_duration > duration::zero() &&
                          share(totals.slow, totals.calls) >= options.slow_ratio;
    return too_slow ? std::optional(circuit_cause::slow_ratio) : std::nullopt;
}

/// Says whether so many probes of a round failed that the others cannot make up for it.
inline bool round_lost(circuit_breaker_options const& options, std::uint64_t failures) noexcept
{
    int const spare = options.half_open_max_calls - options.half_open_required_successes;
    return failures > static_cast<std::uint64_t>(spare);
}

/// Says whether enough probes of a round succeeded.
inline bool round_won(circuit_breaker_options const& options, std::uint64_t successes) noexcept
{
    return successes >= static_cast<std::uint64_t>(options.half_open_required_successes);
}

/// Computes for how long a circuit opens: longer each time in a row, spread at random.
///
/// The row ends when the circuit was closed for at least as long as it was open before.
class circuit_open_time
{
public:
    /// Returns the next open time, in (0, max_open_duration].
    ///
    /// @param hint  What the peer asked for, a floor; at most `max_open_duration` counts.
    /// @param unit  The random draw, in [0, 1).
    duration next(circuit_breaker_options const& options, duration hint, double unit) noexcept
    {
        in_a_row_ += in_a_row_ < std::numeric_limits<int>::max() ? 1 : 0;
        auto const growing = backoff::exponential(
            options.open_duration, options.max_open_duration, options.open_growth);
        last_ = jittered(growing, jitter::ratio, options.open_jitter_ratio, hint, in_a_row_,
                         duration::zero(), {}, unit);
        return last_;
    }

    /// Is told for how long the circuit was closed, when it opens again.
    void on_closed_for(duration closed) noexcept
    {
        if (closed >= last_) {
            reset();
        }
    }

    /// Starts over.
    void reset() noexcept { in_a_row_ = 0; }

private:
    int in_a_row_ = 0;
    duration last_{};
};

} // namespace resil::core

#endif // RESIL_CORE_CIRCUIT_RULES_HPP
