// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_POOL_MACHINE_HPP
#define RESIL_CORE_POOL_MACHINE_HPP

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
    pool_slot* try_acquire(time_point now) noexcept
    {
        now = begin(now);
        pool_slot* const slot = lend_at_once(now);
        pump(now);
        return slot;
    }

    /// Lends a connection, or queues the waiter until `deadline`, or rejects it.
    pool_entry acquire(pool_waiter& waiter, time_point now, time_point deadline) noexcept
    {
        now = begin(now);
        waiter = {};
        waiter.deadline = deadline;
        auto const entry = enter(waiter, now);
        pump(now);
        return entry;
    }

    /// Takes a waiter out of the queue: cancelled, or out of time. False if it is not there: it
    /// has got a connection or a failure, which is among the actions or on its way.
    bool abandon(pool_waiter& waiter, pool_failure why, time_point now) noexcept
    {
        if (!waiter.queued) {
            return false;
        }
        queue_.remove(waiter, why, std::max(latest_, now));
        waiter.ticket = 0;
        pump(begin(now));
        return true;
    }

    /// Fails every waiter and warm-up whose deadline has passed. So does every other event.
    void expire(time_point now) noexcept { pump(begin(now)); }

    /// Undoes the end of a waiter that was among the actions, but could not be told: it is in
    /// the queue again, where it was, and its connection is the next to be lent; a failure is
    /// repeated. Nothing else happens before the next event; `next_due` asks for one. False,
    /// and nothing happens, if it is queued, or was not among the actions.
    bool handover_failed(pool_waiter& waiter) noexcept
    {
        bool const served = waiter.slot != nullptr;
        bool const ended = served ? waiter.slot->state == pool_slot_state::leased
                                  : waiter.why != pool_failure::none;
        if (waiter.queued || waiter.ticket == 0 || !ended) {
            return false;
        }
        if (served) {
            stock_.take_back(*waiter.slot, latest_);
        }
        queue_.put_back(waiter);
        retry_ = true;
        return true;
    }

    // ----- warm-ups -------------------------------------------------------------------------

    /// Opens connections until `wanted` are there, idle or in use; ends when they are, when
    /// connecting fails for good, at the deadline, or with a drain. One that wants more than
    /// can be idle is rejected.
    pool_entry warm_up(pool_warm_up& one, time_point now) noexcept
    {
        now = begin(now);
        one.why = refusal(one, now);
        one.error = {};
        if (one.why == pool_failure::none && one.wanted > slots_.usable()) {
            warm_ups_.push(one);
        }
        pump(now);
        if (one.why != pool_failure::none) {
            return pool_entry::rejected;
        }
        return one.queued ? pool_entry::queued : pool_entry::granted;
    }

    /// Ends a warm-up: cancelled, or out of time. What is being opened for it is not stopped.
    /// False if it is over: it is among the actions or on its way.
    bool abandon(pool_warm_up& one, pool_failure why, time_point now) noexcept
    {
        if (!one.queued) {
            return false;
        }
        warm_ups_.remove(one, why);
        pump(begin(now));
        return true;
    }

    /// Undoes the end of a warm-up that could not be told, as of a waiter's.
    bool handover_failed(pool_warm_up& one) noexcept
    {
        if (one.queued) {
            return false;
        }
        warm_ups_.push(one);
        retry_ = true;
        return true;
    }

    // ----- time -----------------------------------------------------------------------------

    /// Closes what is too old or unused, pings what is due, and opens what is missing.
    void sweep(time_point now) noexcept
    {
        now = begin(now);
        stock_.close_unfit(now);
        stock_.close_unused(now);
        if (queue_.front() == nullptr) {
            stock_.keep_alive(now);
        }
        pump(now);
    }

    /// Returns when to `sweep` next, if nothing happens before; nothing if there is no reason.
    std::optional<time_point> next_due(time_point now = time_point::min()) const noexcept
    {
        time_point due = stock_.next_due(std::max(latest_, now), queue_.front() != nullptr);
        due = std::min(due, poke_at().value_or(due));
        return due != time_point::max() ? std::optional(due) : std::nullopt;
    }

    /// Goes on connecting after a pause, and the like; nothing if there is nothing to do.
    void poke(time_point now) noexcept { pump(begin(now)); }

    /// Returns when to `poke`: when the pause after a failed connect ends, if it is only this
    /// that connections wait for; or soon, for who could not be told.
    std::optional<time_point> poke_at() const noexcept
    {
        if (retry_) {
            return plus(latest_, retry_pause);
        }
        time_point const when = opener_.pause_ends();
        bool const waits = opener_.pausing(latest_) && may_open(when) && wants_another();
        return waits ? std::optional(when) : std::nullopt;
    }

    // ----- idle connections that are lent without asking ------------------------------------

    /// Returns the options that it works by.
    connection_pool_options const& options() const noexcept { return options_; }

    /// Says whether idle connections may be lent without asking, the one used last first.
    bool may_lend() const noexcept
    {
        std::size_t const most = slots_.max_size();
        return !paused_ && !draining_ && queue_.front() == nullptr &&
               options_.idle_order == idle_order::lifo && slots_.live() <= most &&
               options_.idle_limit(most) >= most;
    }

    /// Returns the idle connection that was used longest ago, or null.
    pool_slot* least_recent() const noexcept { return slots_.oldest(); }

    /// Returns the idle connection that was used next after another, or null.
    pool_slot* more_recent(pool_slot const& slot) const noexcept { return slot.prev; }

    /// Counts an idle connection as lent, but not yet used; false if it may not be lent as it
    /// is.
    bool lend_out(pool_slot& slot, time_point now) noexcept
    {
        now = std::max(latest_, now);
        if (stock_.unfit(slot, now) || stock_.needs_ping(slot, now)) {
            return false;
        }
        slots_.enter(slot, pool_slot_state::leased, now);
        return true;
    }

    /// Takes back, idle, what `lend_out` gave; an event has to follow.
    void take_in(pool_slot& slot) noexcept { slots_.make_idle(slot, latest_); }

    /// Returns the earliest generation whose connections nobody suspects.
    std::uint64_t trusted_from() const noexcept { return generations_.trusted_from(); }

    // ----- by hand --------------------------------------------------------------------------

    /// Lends and opens nothing until `resume`; who acquires waits, up to its deadline.
    void pause() noexcept { paused_ = !draining_; }

    /// Ends a pause.
    void resume(time_point now) noexcept
    {
        paused_ = false;
        pump(begin(now));
    }

    /// Changes the number of connections; slots for more have been supplied. Fewer: idle ones
    /// are closed now, the others when they come back.
    void resize(std::size_t max_size, time_point now) noexcept
    {
        now = begin(now);
        slots_.resize(max_size);
        warm_ups_.limit(most_idle());
        pump(now);
    }

    /// Declares all connections dead: idle ones are closed now, the others when they come back.
    void invalidate(time_point now) noexcept { invalidate(generations_.current(), now); }

    /// The same, unless `generation` is over already, so that many who notice one outage do
    /// not kill what was opened after it.
    bool invalidate(std::uint64_t generation, time_point now) noexcept
    {
        now = begin(now);
        bool const current = stock_.invalidate(generation, now);
        pump(now);
        return current;
    }

    /// Lends nothing to newcomers any more, and opens nothing; closes what is idle, and the
    /// rest as it comes back. Saying `fail` later fails those who were still to be served.
    void drain(drain_waiters policy, time_point now) noexcept
    {
        now = begin(now);
        draining_ = true;
        paused_ = false;
        warm_ups_.fail_all(pool_failure::draining, {});
        if (policy == drain_waiters::fail) {
            queue_.fail_all(pool_failure::draining, now);
        }
        pump(now);
    }

    /// Says whether a drain is over: nothing is out, nothing is open, nobody waits.
    bool drained() const noexcept
    {
        return draining_ && slots_.size() == 0 && queue_.front() == nullptr;
    }

private:
    // When to try again to tell somebody for whom there was no memory.
    static constexpr duration retry_pause = std::chrono::milliseconds(10);

    pool_slot* lend_at_once(time_point now) noexcept
    {
        bool const lends = !draining_ && !paused_ && queue_.front() == nullptr;
        pool_slot* const slot = lends ? stock_.find_lendable(now) : nullptr;
        if (slot != nullptr) {
            stock_.lend(*slot, now);
            ++counts_.acquired_at_once;
        }
        return slot;
    }

    pool_entry enter(pool_waiter& waiter, time_point now) noexcept
    {
        waiter.slot = waiter.deadline > now ? lend_at_once(now) : nullptr;
        if (waiter.slot != nullptr) {
            return pool_entry::granted;
        }
        waiter.why = rejection(waiter, now);
        if (waiter.why == pool_failure::none) {
            queue_.push(waiter, now);
            return pool_entry::queued;
        }
        waiter.error = counts_.connect_trouble();
        counts_.count(waiter.why);
        return pool_entry::rejected;
    }

    pool_failure rejection(pool_waiter const& waiter, time_point now) const noexcept
    {
        if (waiter.deadline <= now) {
            return pool_failure::timed_out;
        }
        if (draining_) {
            return pool_failure::draining;
        }
        if (opener_.tripped() && slots_.usable() == 0 && !paused_ && !may_open(now)) {
            return pool_failure::unavailable;
        }
        bool const served_soon = !paused_ && (slots_.idle() > 0 || may_open(now));
        std::size_t const places = options_.waiter_limit(slots_.max_size()) + under_way();
        return !served_soon && queue_.size() >= places ? pool_failure::queue_full
                                                       : pool_failure::none;
    }

    pool_failure refusal(pool_warm_up const& one, time_point now) const noexcept
    {
        if (draining_) {
            return pool_failure::draining;
        }
        if (one.wanted > most_idle()) {
            return pool_failure::too_many;
        }
        return one.deadline <= now ? pool_failure::timed_out : pool_failure::none;
    }
};

} // namespace resil::core

#endif // RESIL_CORE_POOL_MACHINE_HPP
