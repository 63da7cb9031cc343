// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_POOL_STOCK_HPP
#define RESIL_CORE_POOL_STOCK_HPP

#include <resil/config.hpp>
#include <resil/core/pool_counts.hpp>
#include <resil/core/pool_generations.hpp>
#include <resil/core/pool_options.hpp>
#include <resil/core/pool_rules.hpp>
#include <resil/core/pool_slots.hpp>
#include <resil/core/saturate.hpp>
#include <resil/error.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>

namespace resil::core {

/// Judges the connections of a pool: which may be lent, which must be pinged, which must go.
class pool_stock
{
public:
    RESIL_DECL pool_stock(connection_pool_options const& options, pool_slots& slots,
                          pool_generations& generations, pool_counts& counts,
                          pool_actions& actions) noexcept;

    // ----- judgement ------------------------------------------------------------------------

    /// Says why a connection must not be lent any more; asked before any ping is paid for.
    RESIL_DECL std::optional<pool_close> unfit(pool_slot const& slot,
                                               time_point now) const noexcept;

    /// Says whether a connection must be pinged before it is lent.
    RESIL_DECL bool needs_ping(pool_slot const& slot, time_point now) const noexcept;

    /// Returns how many pings are under way that somebody may wait for.
    RESIL_DECL std::size_t pings_for_waiters() const noexcept;

    /// Returns when `sweep` will find something to do among the idle connections.
    RESIL_DECL time_point next_due(time_point now, bool someone_waits) const noexcept;

    // ----- lending --------------------------------------------------------------------------

    /// Returns the first idle connection that may be lent as it is, or null; closes those on
    /// the way that must go.
    RESIL_DECL pool_slot* find_lendable(time_point now) noexcept;

    RESIL_DECL void lend(pool_slot& slot, time_point now) noexcept;

    /// Undoes `lend`: the connection is the next to be lent.
    RESIL_DECL void take_back(pool_slot& slot, time_point now) noexcept;

    // ----- pings ----------------------------------------------------------------------------

    RESIL_DECL void ping(pool_slot& slot, duration patience, time_point now) noexcept;

    /// Pings what has given no proof of life for long.
    RESIL_DECL void keep_alive(time_point now) noexcept;

    /// Hears of the end of a ping, whatever it was.
    RESIL_DECL void ping_ended(pool_slot& slot) noexcept;

    /// Hears of an answer.
    RESIL_DECL void answered(pool_slot& slot, time_point now) noexcept;

    /// Hears that there was none.
    RESIL_DECL void unanswered(pool_slot& slot, time_point now) noexcept;

    // ----- closing --------------------------------------------------------------------------

    RESIL_DECL void close(pool_slot& slot, pool_close why, pool_task how,
                          time_point now) noexcept;

    /// Closes a connection that must not be lent any more: politely, unless it is dead.
    RESIL_DECL void retire(pool_slot& slot, pool_close why, time_point now) noexcept;

    /// Closes a connection whose peer is gone, and draws conclusions about others.
    RESIL_DECL void lose(pool_slot& slot, pool_close why, time_point now) noexcept;

    /// Declares all dead, unless `generation` is over.
    RESIL_DECL bool invalidate(std::uint64_t generation, time_point now) noexcept;

    /// Closes the idle ones that must not be lent any more.
    RESIL_DECL void close_unfit(time_point now) noexcept;

    /// Closes those above `min_idle` that nobody has used for long.
    RESIL_DECL void close_unused(time_point now) noexcept;

    /// Closes idle ones that are too many, those that were used longest ago first.
    RESIL_DECL void close_surplus(time_point now) noexcept;

    /// Closes all idle ones.
    RESIL_DECL void clear(time_point now) noexcept;

private:
    // When to look again whether somebody still waits, whom a keepalive would delay.
    static constexpr duration busy_pause = std::chrono::seconds(1);

    RESIL_DECL static bool skipped_ping(pool_slot const& slot) noexcept;

    RESIL_DECL void bury_dead(time_point now) noexcept;

    // Looks at the idle connections, the one unused longest first.
    template <class Judge>
    void close_idle_if(time_point now, Judge judge) noexcept
    {
        for (pool_slot* slot = slots_.oldest(); slot != nullptr;) {
            pool_slot* const next = slot->prev;
            if (std::optional<pool_close> const why = judge(*slot)) {
                retire(*slot, *why, now);
            }
            slot = next;
        }
    }

    connection_pool_options const& options_;
    pool_slots& slots_;
    pool_generations& generations_;
    pool_counts& counts_;
    pool_actions& actions_;
    std::size_t keepalives_ = 0; // pings that nobody waits for
};

} // namespace resil::core

#ifndef RESIL_SEPARATE_COMPILATION
#include <resil/core/pool_stock.ipp>
#endif

#endif // RESIL_CORE_POOL_STOCK_HPP
