// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_POOL_RULES_IPP
#define RESIL_CORE_POOL_RULES_IPP

// The bodies of core/pool_rules.hpp, which includes this unless they are compiled apart; see src.hpp.

#include <algorithm>

namespace resil::core {

time_point draw_expiry(connection_pool_options const& options, time_point now,
                       double unit) noexcept
{
    if (options.max_lifetime == duration::zero()) {
        return time_point::max();
    }
    duration const cut = scaled(options.max_lifetime, options.lifetime_jitter_ratio * unit);
    return plus(now, options.max_lifetime - cut);
}

std::uint64_t draw_last_use(connection_pool_options const& options, double unit) noexcept
{
    if (options.max_uses == 0) {
        return 0;
    }
    double const cut = static_cast<double>(options.max_uses) * options.uses_jitter_ratio * unit;
    auto const fewer = static_cast<std::uint64_t>(cut);
    return std::max<std::uint64_t>(1, options.max_uses - std::min(fewer, options.max_uses));
}

duration draw_keepalive(connection_pool_options const& options, double unit) noexcept
{
    return options.keepalive_interval - scaled(options.keepalive_interval, 0.1 * unit);
}

bool used_up(pool_slot const& slot) noexcept
{
    return slot.last_use != 0 && slot.uses >= slot.last_use;
}

bool stale(connection_pool_options const& options, pool_slot const& slot,
           time_point now) noexcept
{
    return until(slot.alive_at, now) > options.ping_after_idle;
}

time_point unused_at(connection_pool_options const& options, pool_slot const& slot) noexcept
{
    return options.idle_timeout == duration::zero()
               ? time_point::max()
               : plus(slot.idle_since, options.idle_timeout);
}

time_point keepalive_at(pool_slot const& slot) noexcept
{
    return slot.keepalive == duration::zero() ? time_point::max()
                                              : plus(slot.alive_at, slot.keepalive);
}

duration ping_patience(connection_pool_options const& options, time_point now,
                       time_point deadline) noexcept
{
    return std::min(options.ping_timeout, until(now, deadline) / 2);
}

} // namespace resil::core

#endif // RESIL_CORE_POOL_RULES_IPP
