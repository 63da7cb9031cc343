// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_POOL_RULES_HPP
#define RESIL_CORE_POOL_RULES_HPP

#include <resil/core/pool_options.hpp>
#include <resil/core/pool_slot.hpp>
#include <resil/core/saturate.hpp>
#include <resil/error.hpp>

#include <algorithm>
#include <cstdint>

namespace resil::core {

/// Draws when a connection opened now is too old: never later than `max_lifetime`.
inline time_point draw_expiry(connection_pool_options const& options, time_point now,
                              double unit) noexcept
{
    if (options.max_lifetime == duration::zero()) {
        return time_point::max();
    }
    duration const cut = scaled(options.max_lifetime, options.lifetime_jitter_ratio * unit);
    return plus(now, options.max_lifetime - cut);
}

/// Draws how often a connection may be lent: at least once, at most `max_uses`; 0 for ever.
inline std::uint64_t draw_last_use(connection_pool_options const& options, double unit) noexcept
{
    if (options.max_uses == 0) {
        return 0;
    }
    double const cut = static_cast<double>(options.max_uses) * options.uses_jitter_ratio * unit;
    auto const fewer = static_cast<std::uint64_t>(cut);
    return std::max<std::uint64_t>(1, options.max_uses - std::min(fewer, options.max_uses));
}

/// Draws how long an idle connection goes without proof of life; 0 for ever.
inline duration draw_keepalive(connection_pool_options const& options, double unit) noexcept
{
    return options.keepalive_interval - scaled(options.keepalive_interval, 0.1 * unit);
}

/// Says whether a connection has been lent as often as it may.
inline bool used_up(pool_slot const& slot) noexcept
{
    return slot.last_use != 0 && slot.uses >= slot.last_use;
}

/// Says whether too much time has passed since a connection proved that it is alive.
inline bool stale(connection_pool_options const& options, pool_slot const& slot,
                  time_point now) noexcept
{
    return until(slot.alive_at, now) > options.ping_after_idle;
}

/// Returns when an idle connection has been unused for too long.
inline time_point unused_at(connection_pool_options const& options,
                            pool_slot const& slot) noexcept
{
    return options.idle_timeout == duration::zero()
               ? time_point::max()
               : plus(slot.idle_since, options.idle_timeout);
}

/// Returns when it is time for a keepalive ping.
inline time_point keepalive_at(pool_slot const& slot) noexcept
{
    return slot.keepalive == duration::zero() ? time_point::max()
                                              : plus(slot.alive_at, slot.keepalive);
}

/// Returns how long a ping may take on behalf of a waiter: at least half of its time is left.
inline duration ping_patience(connection_pool_options const& options, time_point now,
                              time_point deadline) noexcept
{
    return std::min(options.ping_timeout, until(now, deadline) / 2);
}

} // namespace resil::core

#endif // RESIL_CORE_POOL_RULES_HPP
