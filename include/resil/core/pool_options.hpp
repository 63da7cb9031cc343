// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_POOL_OPTIONS_HPP
#define RESIL_CORE_POOL_OPTIONS_HPP

#include <resil/config.hpp>
#include <resil/core/option_check.hpp>
#include <resil/core/pool_event.hpp>
#include <resil/core/saturate.hpp>
#include <resil/error.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace resil {

/// Which idle connection is lent first.
enum class idle_order
{
    lifo, ///< The one used last, so that those nobody needs grow old and go.
    fifo, ///< The one idle longest: spreads the use, but keeps all of them alive.
};

/// Returns the name of an order, as it is spelt in the enumeration.
constexpr std::string_view to_string(idle_order order) noexcept
{
    switch (order) {
    case idle_order::lifo: return "lifo";
    case idle_order::fifo: return "fifo";
    }
    return "unknown";
}

/// What becomes of those who wait for a connection when a drain begins.
enum class drain_waiters
{
    fail,                 ///< They fail at once.
    serve_until_deadline, ///< They are served by what comes back, while anything is out.
};

/// Returns the name of a policy, as it is spelt in the enumeration.
constexpr std::string_view to_string(drain_waiters policy) noexcept
{
    switch (policy) {
    case drain_waiters::fail: return "fail";
    case drain_waiters::serve_until_deadline: return "serve_until_deadline";
    }
    return "unknown";
}

/**
 * How many connections a pool keeps, who waits for them, when they are tested and replaced.
 */
struct connection_pool_options
{
    /// Says of `ping_after_idle` that nothing is ever pinged.
    static constexpr duration never = duration::max();

    /// A larger number is a negative one that became unsigned.
    static constexpr std::size_t largest_size = std::numeric_limits<std::size_t>::max() / 16;

    /// For events and messages; may be empty.
    std::string name{};

    /// The most connections, in whatever state, those being opened and closed included; >= 1.
    /// Source: HikariCP, sqlx, bb8 and asyncpg, all 10.
    std::size_t max_size = 10;

    /// How many idle connections are kept ready; 0 to `max_idle`. Source: none, as in most.
    std::size_t min_idle = 0;

    /// How many idle connections are kept at most, the rest is closed on return; 1 to
    /// `max_size`; unset for all. Source: SQLAlchemy's overflow.
    std::optional<std::size_t> max_idle{};

    /// Which idle connection is lent first. Source: pgx and asyncpg.
    resil::idle_order idle_order = resil::idle_order::lifo;

    /// How long an acquire may take, ping and connect included, and never longer than the
    /// outer call; > 0. Source: resil's own; the 30 s of the peers outlive every caller.
    duration acquire_timeout = std::chrono::seconds(5);

    /// How many may wait beyond those for whom a connection is being opened or pinged; 0
    /// rejects instead; unset for 8 `max_size`. Source: userver, 200 for 15 connections.
    std::optional<std::size_t> max_waiters{};

    /// How long a connection is trusted without a ping; >= 0, zero pings always, `never` never.
    /// Source: HikariCP.
    duration ping_after_idle = std::chrono::milliseconds(500);

    /// How long a ping may take; > 0, and never more than half of what is left of the acquire.
    /// Source: pgx and askar had none, and hung.
    duration ping_timeout = std::chrono::seconds(1);

    /// How old a connection becomes; >= 0, zero for any age. Source: HikariCP.
    duration max_lifetime = std::chrono::minutes(30);

    /// By which share a lifetime is shortened at random, never lengthened; in [0, 0.9].
    /// Connections made together must not end together. Source: cockroachdb's advice.
    double lifetime_jitter_ratio = 0.1;

    /// How often a connection is lent; zero for any number. Source: off, as in most; asyncpg
    /// has 50,000.
    std::uint64_t max_uses = 0;

    /// By which share `max_uses` is lowered at random; in [0, 0.9]. Source: as that of the lifetime.
    double uses_jitter_ratio = 0.1;

    /// How long a connection above `min_idle` may be unused; >= 0, zero for ever. Source:
    /// HikariCP, sqlx, bb8.
    duration idle_timeout = std::chrono::minutes(10);

    /// How long an idle connection stays without proof of life before it is pinged in the
    /// background, less up to a tenth at random; zero for off, else >= 1 s. Never while anyone
    /// waits. Source: off, as in HikariCP.
    duration keepalive_interval = duration::zero();

    /// How long opening a connection may take; > 0. It outlives who asked for it. Source: resil's own; pgx needed two
    /// minutes, and psycopg has no bound.
    duration connect_timeout = std::chrono::seconds(5);

    /// How many connections are opened at once; >= 1. Source: between SqlClient's one at a time, which
    /// is too slow, and a storm.
    std::size_t max_connecting = 4;

    /// The pause after a first failed connect, doubled with each further one, with full jitter; > 0.
    /// Source: between HikariCP's 10 ms and psycopg's 1 s.
    duration connect_backoff = std::chrono::milliseconds(50);

    /// The longest such pause; >= `connect_backoff`. Source: HikariCP.
    duration max_connect_backoff = std::chrono::seconds(5);

    /// After how many failed connects in a row only one is tried at a time, and acquires fail
    /// at once if there is no connection at all; >= 1, zero for never. Source: userver.
    std::size_t connect_failures_to_trip = 5;

    /// How long resetting a returned connection may take; > 0. Longer, and it is discarded. Source: resil's own.
    duration reset_timeout = std::chrono::seconds(2);

    /// How long a polite close may keep its place; > 0; then the connection is cut. Source: pgx
    /// keeps it 15 s.
    duration close_timeout = std::chrono::seconds(1);

    /// After what time a lease that is still out is reported; >= 0, zero for never. Source:
    /// HikariCP.
    duration leak_threshold = duration::zero();

    /// What becomes of those who wait when the pool is drained.
    resil::drain_waiters drain_waiters = resil::drain_waiters::fail;

    /// Starts the pool's random numbers; unset for the system's random source.
    std::optional<std::uint64_t> seed{};

    /// Is told what happens, after it happened and outside of any lock; may be empty.
    std::function<void(pool_event const&)> listener{};

    /// Returns `max_idle`, or what stands for it, for a pool of some size.
    std::size_t idle_limit(std::size_t size) const noexcept { return max_idle.value_or(size); }

    /// Returns `max_waiters`, or what stands for it, for a pool of some size.
    RESIL_DECL std::size_t waiter_limit(std::size_t size) const noexcept;

    /// Throws `invalid_option` if a member is NaN or out of range.
    RESIL_DECL void validate() const;

private:
    RESIL_DECL void validate_sizes() const;

    RESIL_DECL void validate_times() const;
};

/// The words of SQLAlchemy's `create_engine`, with its defaults, for who comes from there.
struct sqlalchemy_pool_options
{
    std::size_t pool_size = 5;     ///< Connections that stay; >= 1. Source: SQLAlchemy, as all here.
    std::size_t max_overflow = 10; ///< Connections more than that under load; >= 0. Source: SQLAlchemy.
    std::chrono::duration<double> pool_timeout{30.0}; ///< How long to wait for one.
    std::chrono::duration<double> pool_recycle{-1.0}; ///< The oldest age; -1 for any.
    bool pool_pre_ping = false;                       ///< Ping at every checkout, or never.
    bool pool_use_lifo = false;                       ///< Which idle one is lent first.

    /// Returns the same in resil's words; what these do not say has resil's defaults. Throws nothing but `bad_alloc`.
    RESIL_DECL connection_pool_options options() const;

private:
    // Numbers too large to be added are left to `validate`.
    RESIL_DECL std::size_t total() const noexcept;
};

} // namespace resil

#ifndef RESIL_SEPARATE_COMPILATION
#include <resil/core/pool_options.ipp>
#endif

#endif // RESIL_CORE_POOL_OPTIONS_HPP
