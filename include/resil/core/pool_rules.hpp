// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_POOL_RULES_HPP
#define RESIL_CORE_POOL_RULES_HPP

#include <resil/config.hpp>
#include <resil/core/pool_options.hpp>
#include <resil/core/pool_slot.hpp>
#include <resil/core/saturate.hpp>
#include <resil/error.hpp>

#include <algorithm>
#include <cstdint>

namespace resil::core {

/// Draws when a connection opened now is too old: never later than `max_lifetime`.
RESIL_DECL time_point draw_expiry(connection_pool_options const& options, time_point now,
                                  double unit) noexcept;

/// Draws how often a connection may be lent: at least once, at most `max_uses`; 0 for ever.
RESIL_DECL std::uint64_t draw_last_use(connection_pool_options const& options,
                                       double unit) noexcept;

/// Draws how long an idle connection goes without proof of life; 0 for ever.
RESIL_DECL duration draw_keepalive(connection_pool_options const& options,
                                   double unit) noexcept;

/// Says whether a connection has been lent as often as it may.
RESIL_DECL bool used_up(pool_slot const& slot) noexcept;

/// Says whether too much time has passed since a connection proved that it is alive.
RESIL_DECL bool stale(connection_pool_options const& options, pool_slot const& slot,
                      time_point now) noexcept;

/// Returns when an idle connection has been unused for too long.
RESIL_DECL time_point unused_at(connection_pool_options const& options,
                                pool_slot const& slot) noexcept;

/// Returns when it is time for a keepalive ping.
RESIL_DECL time_point keepalive_at(pool_slot const& slot) noexcept;

/// Returns how long a ping may take on behalf of a waiter: at least half of its time is left.
RESIL_DECL duration ping_patience(connection_pool_options const& options, time_point now,
                                  time_point deadline) noexcept;

} // namespace resil::core

#ifndef RESIL_SEPARATE_COMPILATION
#include <resil/core/pool_rules.ipp>
#endif

#endif // RESIL_CORE_POOL_RULES_HPP
