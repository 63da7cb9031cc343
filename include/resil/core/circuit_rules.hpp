// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_CIRCUIT_RULES_HPP
#define RESIL_CORE_CIRCUIT_RULES_HPP

#include <resil/config.hpp>
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
RESIL_DECL bool is_slow(circuit_breaker_options const& options, duration elapsed) noexcept;

/// Says whether calls in a row are what counts, instead of shares of a window.
RESIL_DECL bool counts_row(circuit_breaker_options const& options) noexcept;

/// Returns why a closed circuit has to open, if it has to.
///
/// Shares are compared as quotients: 7 / 100 is exactly the double 0.07, but 100 * 0.07 is not
/// 7.
///
/// @param in_a_row  The failures since the last success.
RESIL_DECL std::optional<circuit_cause> reason_to_open(circuit_breaker_options const& options,
                                                       circuit_totals const& totals,
                                                       std::uint64_t in_a_row) noexcept;

/// Says whether so many probes of a round failed that the others cannot make up for it.
RESIL_DECL bool round_lost(circuit_breaker_options const& options,
                           std::uint64_t failures) noexcept;

/// Says whether enough probes of a round succeeded.
RESIL_DECL bool round_won(circuit_breaker_options const& options,
                          std::uint64_t successes) noexcept;

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
    RESIL_DECL duration next(circuit_breaker_options const& options, duration hint,
                             double unit) noexcept;

    /// Is told for how long the circuit was closed, when it opens again.
    RESIL_DECL void on_closed_for(duration closed) noexcept;

    /// Starts over.
    void reset() noexcept { in_a_row_ = 0; }

private:
    int in_a_row_ = 0;
    duration last_{};
};

} // namespace resil::core

#ifndef RESIL_SEPARATE_COMPILATION
#include <resil/core/circuit_rules.ipp>
#endif

#endif // RESIL_CORE_CIRCUIT_RULES_HPP
