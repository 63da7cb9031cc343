// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_POOL_GATE_HPP
#define RESIL_CORE_POOL_GATE_HPP

#include <resil/config.hpp>
#include <resil/core/backoff.hpp>
#include <resil/core/pool_options.hpp>
#include <resil/core/saturate.hpp>
#include <resil/error.hpp>

#include <cstddef>
#include <cstdint>

namespace resil::core {

/**
 * Decides when a pool may try to connect again: a backoff, and a breaker on top of it.
 *
 * Attempts that ran side by side and failed together are one wave: only the first failure of a
 * wave makes the pause longer, or the pause would depend on how many were tried at once. After
 * so many failures in a row the gate is tripped; a single success opens it wide.
 */
class pool_gate
{
public:
    /// Says whether an attempt may begin now.
    bool open(time_point now) const noexcept { return now >= until_; }

    /// Returns when the pause ends.
    time_point until() const noexcept { return until_; }

    /// Returns the wave that an attempt which begins now belongs to.
    std::uint64_t wave() const noexcept { return wave_; }

    /// Returns how many attempts failed since the last one that did not.
    std::size_t failures() const noexcept { return failures_; }

    /// Says whether so many failed that only one probe at a time is worth it.
    RESIL_DECL bool tripped(connection_pool_options const& options) const noexcept;

    /// Hears that an attempt succeeded.
    RESIL_DECL void succeeded() noexcept;

    /// Hears that an attempt of some wave failed; `unit` is a draw in [0, 1).
    RESIL_DECL void failed(std::uint64_t wave, connection_pool_options const& options,
                           time_point now, double unit) noexcept;

private:
    static constexpr int longest_row = 1000; // far beyond any cap

    time_point until_ = time_point::min();
    std::uint64_t wave_ = 0;
    std::size_t failures_ = 0;
    int pauses_ = 0;
};

} // namespace resil::core

#ifndef RESIL_SEPARATE_COMPILATION
#include <resil/core/pool_gate.ipp>
#endif

#endif // RESIL_CORE_POOL_GATE_HPP
