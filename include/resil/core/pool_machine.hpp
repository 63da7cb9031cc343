// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_POOL_MACHINE_HPP
#define RESIL_CORE_POOL_MACHINE_HPP

#include <resil/core/pool_counts.hpp>
#include <resil/core/pool_generations.hpp>
#include <resil/core/pool_histogram.hpp>
#include <resil/core/pool_opener.hpp>
#include <resil/core/pool_options.hpp>
#include <resil/core/pool_queue.hpp>
#include <resil/core/pool_slot.hpp>
#include <resil/core/pool_slots.hpp>
#include <resil/core/pool_state.hpp>
#include <resil/core/pool_stock.hpp>
#include <resil/core/pool_warm_ups.hpp>
#include <resil/core/saturate.hpp>
#include <resil/core/tally.hpp>
#include <resil/error.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace resil::core {

/// What became of an acquire, or of a warm-up.
enum class pool_entry
{
    granted,  ///< It has a connection: `waiter.slot`. Or enough of them are there.
    queued,   ///< It waits; `take_actions` will give it a connection or a failure.
    rejected, ///< It failed: `waiter.why`.
};

/// Returns the name of an entry, as it is spelt in the enumeration.
constexpr std::string_view to_string(pool_entry entry) noexcept
{
    switch (entry) {
    case pool_entry::granted: return "granted";
    case pool_entry::queued: return "queued";
    case pool_entry::rejected: return "rejected";
    }
    return "unknown";
}

/// In which condition a connection comes back.
enum class pool_return
{
    clean,        ///< Ready for the next user.
    dirty,        ///< It has to be reset first.
    broken,       ///< In the middle of something; of no use, and no sign of anything more.
    disconnected, ///< The peer is gone, and perhaps for others too.
};

/// Returns the name of a condition, as it is spelt in the enumeration.
constexpr std::string_view to_string(pool_return how) noexcept
{
    switch (how) {
    case pool_return::clean: return "clean";
    case pool_return::dirty: return "dirty";
    case pool_return::broken: return "broken";
    case pool_return::disconnected: return "disconnected";
    }
    return "unknown";
}

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
class pool_machine
{
public:
    /// Takes options that have been validated.
    explicit pool_machine(connection_pool_options const& options) : options_(options) {}

    pool_machine(pool_machine const&) = delete;
    pool_machine& operator=(pool_machine const&) = delete;

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
        if (one.why != pool_failure::none) {
            return pool_entry::rejected;
        }
        if (one.wanted <= slots_.usable()) {
            return pool_entry::granted;
        }
        warm_ups_.push(one);
        pump(now);
        return pool_entry::queued;
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

    // ----- reports --------------------------------------------------------------------------

    /// Hears that a connection was opened.
    bool opened(pool_slot& slot, time_point now, double unit) noexcept
    {
        if (slot.state != pool_slot_state::opening) {
            return false;
        }
        now = begin(now);
        opener_.opened(slot, now, unit);
        settle(slot, now);
        return true;
    }

    /// Hears that a connection could not be opened. If trying again would not help, who waits
    /// longest is told at once, and all who warm up; else they go on waiting.
    bool open_failed(pool_slot& slot, bool permanent, error_code error, time_point now,
                     double unit) noexcept
    {
        if (slot.state != pool_slot_state::opening) {
            return false;
        }
        now = begin(now);
        opener_.failed(slot, error, now, unit);
        if (permanent) {
            tell_connect_failed(error, now);
        }
        pump(now);
        return true;
    }

    /// Hears whether a ping was answered in time.
    bool pinged(pool_slot& slot, bool answered, time_point now) noexcept
    {
        if (slot.state != pool_slot_state::pinging) {
            return false;
        }
        now = begin(now);
        stock_.ping_ended(slot);
        if (answered) {
            stock_.answered(slot, now);
            settle(slot, now);
            return true;
        }
        stock_.unanswered(slot, now);
        pump(now);
        return true;
    }

    /// Takes a lent connection back.
    bool give_back(pool_slot& slot, pool_return how, time_point now) noexcept
    {
        if (slot.state != pool_slot_state::leased) {
            return false;
        }
        now = begin(now);
        counts_.holds.record(until(slot.since, now));
        slot.idle_since = slot.alive_at = now;
        if (how == pool_return::disconnected) {
            stock_.lose(slot, pool_close::broken, now);
        } else if (how == pool_return::broken) {
            stock_.close(slot, pool_close::broken, pool_task::cut, now);
        } else if (how == pool_return::dirty && !stock_.unfit(slot, now)) {
            slots_.order(slot, pool_slot_state::resetting, pool_task::reset, now);
        } else {
            settle(slot, now);
            return true;
        }
        pump(now);
        return true;
    }

    /// Hears whether a returned connection could be reset.
    bool reset_done(pool_slot& slot, bool ready, time_point now) noexcept
    {
        if (slot.state != pool_slot_state::resetting) {
            return false;
        }
        now = begin(now);
        if (ready) {
            slot.alive_at = now;
            settle(slot, now);
            return true;
        }
        stock_.close(slot, pool_close::reset_failed, pool_task::cut, now);
        pump(now);
        return true;
    }

    /// Hears that a connection is closed: its place is free.
    bool closed(pool_slot& slot, time_point now) noexcept
    {
        if (slot.state != pool_slot_state::closing) {
            return false;
        }
        now = begin(now);
        slots_.vacate(slot);
        pump(now);
        return true;
    }

    /// Lets a lent connection go for good: it is its user's now, and its place is free.
    bool detach(pool_slot& slot, time_point now) noexcept
    {
        if (slot.state != pool_slot_state::leased) {
            return false;
        }
        now = begin(now);
        counts_.holds.record(until(slot.since, now));
        ++counts_.detached;
        slots_.vacate(slot);
        pump(now);
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

    // ----- idle connections that are lent without asking --------------------------------------

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

    // ----- numbers; from any thread ---------------------------------------------------------

    /// Says whether it is being drained, or has been.
    bool draining() const noexcept { return draining_; }

    /// Returns how many connections are lent.
    std::size_t in_use() const noexcept { return slots_.number(pool_slot_state::leased); }

    /// Returns how many connections have been opened.
    std::uint64_t opened() const noexcept { return counts_.opened; }

    /// Returns the numbers; each as it was at some moment during the call.
    pool_snapshot snapshot() const noexcept
    {
        pool_snapshot s;
        counts_.show(s);
        s.max_size = slots_.max_size();
        s.opening = slots_.number(pool_slot_state::opening);
        s.idle = slots_.number(pool_slot_state::idle);
        s.pinging = slots_.number(pool_slot_state::pinging);
        s.in_use = slots_.number(pool_slot_state::leased);
        s.resetting = slots_.number(pool_slot_state::resetting);
        s.closing = slots_.number(pool_slot_state::closing);
        s.size = s.opening + s.idle + s.pinging + s.in_use + s.resetting + s.closing;
        s.waiters = queue_.size();
        s.generation = generations_.current();
        s.paused = paused_;
        s.draining = draining_;
        return s;
    }

    /// Returns how long those waited who then got a connection; not those who got one at once.
    pool_histogram const& waits_served() const noexcept { return counts_.waits_served; }

    /// Returns how long those waited in vain who were not rejected at once.
    pool_histogram const& waits_failed() const noexcept { return counts_.waits_failed; }

    /// Returns how long connections were lent.
    pool_histogram const& holds() const noexcept { return counts_.holds; }

    /// Returns how long it took to open connections.
    pool_histogram const& connects() const noexcept { return counts_.connects; }

private:
    // When to try again to tell somebody for whom there was no memory.
    static constexpr duration retry_pause = std::chrono::milliseconds(10);

    // Every event begins with this, and nobody who is out of time sees any more of it.
    time_point begin(time_point now) noexcept
    {
        latest_ = std::max(latest_, now);
        queue_.expire(latest_);
        warm_ups_.expire(latest_);
        return latest_;
    }

    // ----- questions ------------------------------------------------------------------------

    std::size_t most_idle() const noexcept
    {
        return std::min(options_.idle_limit(slots_.max_size()), slots_.max_size());
    }

    // What a waiter may count on.
    std::size_t under_way() const noexcept
    {
        return slots_.number(pool_slot_state::opening) + stock_.pings_for_waiters();
    }

    bool may_open(time_point now) const noexcept
    {
        return !paused_ && !draining_ && opener_.may_open(now);
    }

    // Demand that vanished is not opened for: this is asked before every single connect.
    bool wants_another() const noexcept
    {
        std::size_t const opening = slots_.number(pool_slot_state::opening);
        std::size_t const pinging = slots_.number(pool_slot_state::pinging);
        return queue_.size() > slots_.idle() + under_way() ||
               queue_.size() + options_.min_idle > slots_.idle() + opening + pinging ||
               warm_ups_.wanted() > slots_.usable() + opening;
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

    // ----- steps ----------------------------------------------------------------------------

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

    void tell_connect_failed(error_code error, time_point now) noexcept
    {
        if (pool_waiter* const waiter = queue_.front()) {
            waiter->error = error;
            queue_.fail(*waiter, pool_failure::connect_failed, now);
        }
        warm_ups_.fail_all(pool_failure::connect_failed, error);
    }

    // A connection is ready: it goes to who waits, in this same step, or becomes idle.
    void settle(pool_slot& slot, time_point now) noexcept
    {
        if (auto const why = stock_.unfit(slot, now)) {
            stock_.close(slot, *why, pool_task::close, now);
        } else {
            slots_.make_idle(slot, now);
        }
        pump(now);
    }

    // ----- the pump -------------------------------------------------------------------------

    void pump(time_point now) noexcept
    {
        retry_ = false;
        if (!paused_) {
            serve(now);
            ping_for_waiters(now);
            open_wanted(now);
        }
        stock_.close_surplus(now);
        finish_drain(now);
        warm_ups_.reach(slots_.usable());
    }

    void serve(time_point now) noexcept
    {
        while (queue_.front() != nullptr) {
            pool_slot* const slot = stock_.find_lendable(now);
            if (slot == nullptr) {
                return;
            }
            stock_.lend(*slot, now);
            queue_.serve(*slot, now);
        }
    }

    // Each ping is for one waiter: for the first that cannot count on anything else.
    void ping_for_waiters(time_point now) noexcept
    {
        auto* waiter = slots_.idle() > 0 ? queue_.behind(under_way()) : nullptr;
        for (; waiter != nullptr && slots_.idle() > 0; waiter = waiter->next) {
            stock_.ping(*slots_.first(), ping_patience(options_, now, waiter->deadline), now);
        }
    }

    void open_wanted(time_point now) noexcept
    {
        while (wants_another() && may_open(now)) {
            opener_.open(now);
        }
    }

    void finish_drain(time_point now) noexcept
    {
        if (!draining_) {
            return;
        }
        if (slots_.live() == 0) {
            queue_.fail_all(pool_failure::draining, now);
        }
        if (queue_.front() == nullptr) {
            stock_.clear(now);
        }
    }

    connection_pool_options options_;
    pool_actions actions_{};
    pool_counts counts_{};
    pool_generations generations_{};
    pool_slots slots_{options_, actions_};
    pool_queue queue_{counts_, actions_};
    pool_warm_ups warm_ups_{counts_, actions_};
    pool_opener opener_{options_, slots_, generations_, counts_};
    pool_stock stock_{options_, slots_, generations_, counts_, actions_};
    time_point latest_ = time_point::min();
    relaxed<bool> paused_{false};
    relaxed<bool> draining_{false};
    bool retry_ = false;
};

} // namespace resil::core

#endif // RESIL_CORE_POOL_MACHINE_HPP
