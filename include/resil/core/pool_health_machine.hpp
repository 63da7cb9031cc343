// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_POOL_HEALTH_MACHINE_HPP
#define RESIL_CORE_POOL_HEALTH_MACHINE_HPP

#include <resil/core/pool_health.hpp>
#include <resil/core/pool_state.hpp>
#include <resil/core/saturate.hpp>
#include <resil/error.hpp>

#include <cstdint>

namespace resil::core {

/**
 * Says how a pool is, from what it looks like now, and looked like before.
 *
 * While a pool is full, a loan that was made is one that has come back before.
 *
 * Thread safety: none; who owns it guards it.
 * Exceptions: nothing here throws.
 */
class pool_health_machine
{
public:
    /// Has seen nothing; `options` are valid.
    explicit pool_health_machine(pool_health_options const& options) noexcept : stuck_after_(options.stuck_after) {}

    /// Looks at a pool.
    pool_health look(pool_snapshot const& seen, time_point now) noexcept
    {
        std::uint64_t const loans = seen.acquired_at_once + seen.acquired_waiting;
        bool const full = seen.in_use >= seen.max_size;
        if (!full || !was_full_ || loans != loans_) {
            since_ = now;
        }
        was_full_ = full;
        loans_ = loans;
        if (seen.draining || seen.paused) {
            return pool_health::closed;
        }
        if (full) {
            return until(since_, now) >= stuck_after_ ? pool_health::stuck : pool_health::busy;
        }
        bool const any = seen.idle != 0 || seen.pinging != 0 || seen.in_use != 0 || seen.resetting != 0;
        return !any && seen.connect_failures > 0 ? pool_health::unreachable : pool_health::ok;
    }

private:
    duration stuck_after_;
    time_point since_{};
    std::uint64_t loans_ = 0;
    bool was_full_ = false;
};

} // namespace resil::core

#endif // RESIL_CORE_POOL_HEALTH_MACHINE_HPP
