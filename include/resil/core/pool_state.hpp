// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_POOL_STATE_HPP
#define RESIL_CORE_POOL_STATE_HPP

#include <resil/error.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace resil {

/// Why a connection was closed.
enum class pool_close
{
    expired,      ///< It was older than its lifetime.
    idle,         ///< Nobody had used it for too long.
    broken,       ///< Who returned it said so.
    ping,         ///< It did not answer a ping.
    generation,   ///< It was declared dead together with others.
    overflow,     ///< There were enough idle ones, or too many after a resize.
    reset_failed, ///< It could not be made ready for the next user.
    max_uses,     ///< It had been lent often enough.
    drain,        ///< The pool is being drained.
};

/// Returns the name of a reason, as it is spelt in the enumeration.
constexpr std::string_view to_string(pool_close why) noexcept
{
    switch (why) {
    case pool_close::expired: return "expired";
    case pool_close::idle: return "idle";
    case pool_close::broken: return "broken";
    case pool_close::ping: return "ping";
    case pool_close::generation: return "generation";
    case pool_close::overflow: return "overflow";
    case pool_close::reset_failed: return "reset_failed";
    case pool_close::max_uses: return "max_uses";
    case pool_close::drain: return "drain";
    }
    return "unknown";
}

/// Why an acquire got no connection, or a warm-up not enough of them.
enum class pool_failure
{
    none,           ///< It did get one, or waits.
    timed_out,      ///< Its deadline passed.
    cancelled,      ///< Its caller gave up.
    queue_full,     ///< Too many were waiting.
    draining,       ///< The pool lends nothing any more.
    unavailable,    ///< There is no connection, and connecting has failed too often.
    connect_failed, ///< Connecting failed for good; see the error.
    too_many,       ///< A warm-up wants more connections than can be idle.
};

/// Returns the name of a failure, as it is spelt in the enumeration.
constexpr std::string_view to_string(pool_failure why) noexcept
{
    switch (why) {
    case pool_failure::none: return "none";
    case pool_failure::timed_out: return "timed_out";
    case pool_failure::cancelled: return "cancelled";
    case pool_failure::queue_full: return "queue_full";
    case pool_failure::draining: return "draining";
    case pool_failure::unavailable: return "unavailable";
    case pool_failure::connect_failed: return "connect_failed";
    case pool_failure::too_many: return "too_many";
    }
    return "unknown";
}

/// How many values `pool_close` has.
inline constexpr std::size_t pool_closes = 9;

/// How many values `pool_failure` has.
inline constexpr std::size_t pool_failures = 8;

/**
 * What a pool looks like: gauges, then counters that only grow.
 *
 * Each number is of some moment while the snapshot was taken, not all of one moment.
 */
struct pool_snapshot
{
    std::size_t max_size = 0;         ///< As configured, or as resized.
    std::size_t size = 0;             ///< All connections: the following six, at one moment.
    std::size_t opening = 0;          ///< Being opened.
    std::size_t idle = 0;             ///< Ready to be lent.
    std::size_t pinging = 0;          ///< Being tested.
    std::size_t in_use = 0;           ///< Lent.
    std::size_t resetting = 0;        ///< Returned, and being made ready.
    std::size_t closing = 0;          ///< Being closed; they keep their places.
    std::size_t waiters = 0;          ///< Acquires that wait.
    std::size_t connect_failures = 0; ///< Failed connects since the last good one.
    std::uint64_t generation = 0;     ///< Of a connection that is opened now.
    bool paused = false;              ///< Lends nothing until resumed.
    bool draining = false;            ///< Lends nothing any more.
    error_code last_connect_error{};  ///< Of the latest failed connect.

    std::uint64_t acquired_at_once = 0; ///< Acquires that found an idle connection.
    std::uint64_t acquired_waiting = 0; ///< Acquires that were served after a wait.
    std::array<std::uint64_t, pool_failures> failed{}; ///< Acquires that failed, by reason.
    std::uint64_t opened = 0;                          ///< Connections opened.
    std::uint64_t open_failed = 0;                     ///< Connects that failed.
    std::uint64_t pings_ok = 0;                        ///< Pings answered.
    std::uint64_t pings_failed = 0;                    ///< Pings not answered.
    std::uint64_t pings_skipped = 0; ///< Loans without a ping, for it was used just now.
    std::uint64_t detached = 0;      ///< Connections taken out of the pool for good.
    std::array<std::uint64_t, pool_closes> closed{}; ///< Connections closed, by reason.

    /// Returns how many acquires failed in one way.
    std::uint64_t count(pool_failure why) const noexcept
    {
        return failed[static_cast<std::size_t>(why)];
    }

    /// Returns how many connections were closed for one reason.
    std::uint64_t count(pool_close why) const noexcept
    {
        return closed[static_cast<std::size_t>(why)];
    }
};

} // namespace resil

#endif // RESIL_CORE_POOL_STATE_HPP
