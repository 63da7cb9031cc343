// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_POOL_HEALTH_HPP
#define RESIL_CORE_POOL_HEALTH_HPP

#include <resil/core/option_check.hpp>
#include <resil/error.hpp>

#include <chrono>
#include <string_view>

namespace resil {

/// How a pool is, by its own numbers.
enum class pool_health
{
    ok,          ///< It has connections, or nothing says that it could not have.
    busy,        ///< All connections are lent, and come back. That is well.
    stuck,       ///< All are lent, and none has come back for long.
    unreachable, ///< It has no connection, and cannot open one.
    closed,      ///< It is paused, or drains.
};

/// Returns the name of a state, as it is spelt in the enumeration.
constexpr std::string_view to_string(pool_health how) noexcept
{
    switch (how) {
    case pool_health::ok: return "ok";
    case pool_health::busy: return "busy";
    case pool_health::stuck: return "stuck";
    case pool_health::unreachable: return "unreachable";
    case pool_health::closed: return "closed";
    }
    return "unknown";
}

/// When a pool counts as stuck, and how long it is given to come back.
struct pool_health_options
{
    /// How long all connections may be lent with none coming back; > 0. Source: resil's own; more than the usual attempt
    /// with its retries.
    duration stuck_after = std::chrono::seconds(10);

    /// How long an unreachable pool tries to open a connection after each check; > 0. Source: resil's own, the `ttl` of a
    /// check.
    duration reconnect_within = std::chrono::seconds(3);

    /// Throws `invalid_option` if a member is out of range.
    void validate() const
    {
        core::require_more_than("pool_health.stuck_after", stuck_after, duration::zero());
        core::require_more_than("pool_health.reconnect_within", reconnect_within, duration::zero());
    }
};

} // namespace resil

#endif // RESIL_CORE_POOL_HEALTH_HPP
