// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_POOL_MACHINE_HPP
#define RESIL_CORE_POOL_MACHINE_HPP

#include <resil/config.hpp>
#include <resil/core/pool_options.hpp>
#include <resil/core/pool_reports.hpp>
#include <resil/core/pool_slot.hpp>
#include <resil/core/pool_state.hpp>
#include <resil/core/saturate.hpp>
#include <resil/error.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace resil::core {

/**
 * Lends connections, in order of arrival, and says when to open, ping, reset and close them:
 * the pool without threads, clocks, handlers and connections.
 *
 * After every event, with `under_way` what is being opened or, for a waiter, pinged, and
 * unless paused or a handover has just failed,
 *
 *     a waiter               has a deadline that has not passed, paused or not;
 *     a waiter               implies  no idle connection that may be lent as it is;
 *     waiters > under_way    implies  no idle connection at all, and none that may be opened;
 *     size <= max_size,      unless `resize` lowered it: then it only falls.
 *
 * One function, `pump`, restores this, and every event ends with it. A connection belongs to
 * the pool while it is opened, pinged or reset, and goes to whoever then is first in the queue.
 *
 * The caller supplies one slot for each connection there can be, before it is needed. After
 * every event it takes the actions that follow from it, in the same critical section, and works
 * them off outside of it. Each task of a slot is reported once; reports may come in any order,
 * at any time later. One that does not fit the slot's state is refused: it returns false and
 * changes nothing. A closed connection keeps its place until `closed`: the caller says how long
 * that is.
 *
 * Times are given with every event; one earlier than another before it counts as that one.
 * `unit` is a random draw in [0, 1).
 *
 * Thread safety: none but for `snapshot` and the histograms, which any thread may read; guard
 * the rest with a mutex. Nothing allocates but the constructor, nothing throws. Constant time
 * for each slot and waiter that changes its state, but for the logarithm that a waiter's
 * deadline costs; a look at idle connections that must be pinged or closed, and at all of them
 * in `sweep`, `next_due` and `invalidate`. Waiters must be gone before the machine is.
 */
class pool_machine : public pool_reports
{
public:
    /// Takes options that have been validated.
    using pool_reports::pool_reports;

    /// Gives the machine a vacant slot, to keep as long as the machine lives. After the first
    /// ones, `poke` opens `min_idle` connections.
    void supply(pool_slot& slot) noexcept { slots_.supply(slot); }

    /// Returns what follows from all events since the last time.
    pool_actions take_actions() noexcept { return std::exchange(actions_, {}); }

    // ----- acquires -------------------------------------------------------------------------

    /// Lends an idle connection if that takes neither a wait nor a ping; else null.
    RESIL_DECL pool_slot* try_acquire(time_point now) noexcept;

    /// Lends a connection, or queues the waiter until `deadline`, or rejects it.
    RESIL_DECL pool_entry acquire(pool_waiter& waiter, time_point now,
                                  time_point deadline) noexcept;

    /// Takes a waiter out of the queue: cancelled, or out of time. False if it is not there: it
    /// has got a connection or a failure, which is among the actions or on its way.
    RESIL_DECL bool abandon(pool_waiter& waiter, pool_failure why, time_point now) noexcept;

    /// Fails every waiter and warm-up whose deadline has passed. So does every other event.
    void expire(time_point now) noexcept { pump(begin(now)); }

    /// Undoes the end of a waiter that was among the actions, but could not be told: it is in
    /// the queue again, where it was, and its connection is the next to be lent; a failure is
    /// repeated. Nothing else happens before the next event; `next_due` asks for one. False,
    /// and nothing happens, if it is queued, or was not among the actions.
    RESIL_DECL bool handover_failed(pool_waiter& waiter) noexcept;

    // ----- warm-ups -------------------------------------------------------------------------

    /// Opens connections until `wanted` are there, idle or in use; ends when they are, when
    /// connecting fails for good, at the deadline, or with a drain. One that wants more than
    /// can be idle is rejected.
    RESIL_DECL pool_entry warm_up(pool_warm_up& one, time_point now) noexcept;

    /// Ends a warm-up: cancelled, or out of time. What is being opened for it is not stopped.
    /// False if it is over: it is among the actions or on its way.
    RESIL_DECL bool abandon(pool_warm_up& one, pool_failure why, time_point now) noexcept;

    /// Undoes the end of a warm-up that could not be told, as of a waiter's.
    RESIL_DECL bool handover_failed(pool_warm_up& one) noexcept;

    // ----- time -----------------------------------------------------------------------------

    /// Closes what is too old or unused, pings what is due, and opens what is missing.
    RESIL_DECL void sweep(time_point now) noexcept;

    /// Returns when to `sweep` next, if nothing happens before; nothing if there is no reason.
    RESIL_DECL std::optional<time_point> next_due(
        time_point now = time_point::min()) const noexcept;

    /// Goes on connecting after a pause, and the like; nothing if there is nothing to do.
    void poke(time_point now) noexcept { pump(begin(now)); }

    /// Returns when to `poke`: when the pause after a failed connect ends, if it is only this
    /// that connections wait for; or soon, for who could not be told.
    RESIL_DECL std::optional<time_point> poke_at() const noexcept;

    // ----- idle connections that are lent without asking ------------------------------------

    /// Returns the options that it works by.
    connection_pool_options const& options() const noexcept { return options_; }

    /// Says whether idle connections may be lent without asking, the one used last first.
    RESIL_DECL bool may_lend() const noexcept;

    /// Returns the idle connection that was used longest ago, or null.
    pool_slot* least_recent() const noexcept { return slots_.oldest(); }

    /// Returns the idle connection that was used next after another, or null.
    pool_slot* more_recent(pool_slot const& slot) const noexcept { return slot.prev; }

    /// Counts an idle connection as lent, but not yet used; false if it may not be lent as it
    /// is.
    RESIL_DECL bool lend_out(pool_slot& slot, time_point now) noexcept;

    /// Takes back, idle, what `lend_out` gave; an event has to follow.
    void take_in(pool_slot& slot) noexcept { slots_.make_idle(slot, latest_); }

    /// Returns the earliest generation whose connections nobody suspects.
    std::uint64_t trusted_from() const noexcept { return generations_.trusted_from(); }

    // ----- by hand --------------------------------------------------------------------------

    /// Lends and opens nothing until `resume`; who acquires waits, up to its deadline.
    void pause() noexcept { paused_ = !draining_; }

    /// Ends a pause.
    RESIL_DECL void resume(time_point now) noexcept;

    /// Changes the number of connections; slots for more have been supplied. Fewer: idle ones
    /// are closed now, the others when they come back.
    RESIL_DECL void resize(std::size_t max_size, time_point now) noexcept;

    /// Declares all connections dead: idle ones are closed now, the others when they come back.
    void invalidate(time_point now) noexcept { invalidate(generations_.current(), now); }

    /// The same, unless `generation` is over already, so that many who notice one outage do
    /// not kill what was opened after it.
    RESIL_DECL bool invalidate(std::uint64_t generation, time_point now) noexcept;

    /// Lends nothing to newcomers any more, and opens nothing; closes what is idle, and the
    /// rest as it comes back. Saying `fail` later fails those who were still to be served.
    RESIL_DECL void drain(drain_waiters policy, time_point now) noexcept;

    /// Says whether a drain is over: nothing is out, nothing is open, nobody waits.
    RESIL_DECL bool drained() const noexcept;

private:
    // When to try again to tell somebody for whom there was no memory.
    static constexpr duration retry_pause = std::chrono::milliseconds(10);

    RESIL_DECL pool_slot* lend_at_once(time_point now) noexcept;

    RESIL_DECL pool_entry enter(pool_waiter& waiter, time_point now) noexcept;

    RESIL_DECL pool_failure rejection(pool_waiter const& waiter, time_point now) const noexcept;

    RESIL_DECL pool_failure refusal(pool_warm_up const& one, time_point now) const noexcept;
};

} // namespace resil::core

#ifndef RESIL_SEPARATE_COMPILATION
#include <resil/core/pool_machine.ipp>
#endif

#endif // RESIL_CORE_POOL_MACHINE_HPP
