// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_POOL_MACHINE_HPP
#define RESIL_CORE_POOL_MACHINE_HPP

#include <resil/core/pool_gate.hpp>
#include <resil/core/pool_generations.hpp>
#include <resil/core/pool_options.hpp>
#include <resil/core/pool_rules.hpp>
#include <resil/core/pool_state.hpp>
#include <resil/error.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace resil::core {

/// What became of an acquire.
enum class pool_entry
{
    granted,  ///< It has a connection: `waiter.slot`.
    queued,   ///< It waits; `take_actions` will give it a connection or a failure.
    rejected, ///< It failed: `waiter.why`.
};

/// In which condition a connection comes back.
enum class pool_return
{
    clean,        ///< Ready for the next user.
    dirty,        ///< It has to be reset first.
    broken,       ///< In the middle of something; of no use, and no sign of anything more.
    disconnected, ///< The peer is gone, and perhaps for others too.
};

/**
 * Lends connections, in order of arrival, and says when to open, ping, reset and close them:
 * the pool without threads, clocks, handlers and connections.
 *
 * After every event, with `under_way` the connections being opened or pinged, and unless paused,
 *
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
 * Thread safety: none; guard it with a mutex. Nothing allocates but the constructor, nothing
 * throws. Constant time for each slot and waiter that changes its state; a look at idle
 * connections that must be pinged or closed, and at all of them in `sweep` and `invalidate`.
 * Waiters must be gone before the machine is.
 */
class pool_machine
{
public:
    /// Takes options that have been validated.
    explicit pool_machine(connection_pool_options const& options)
        : options_(options), max_size_(options.max_size)
    {
    }

    pool_machine(pool_machine const&) = delete;
    pool_machine& operator=(pool_machine const&) = delete;

    /// Gives the machine a vacant slot, to keep as long as the machine lives. After the first
    /// ones, `poke` opens `min_idle` connections.
    void supply(pool_slot& slot) noexcept
    {
        spare(slot);
        ++supplied_;
    }

    /// Returns what follows from all events since the last time.
    pool_actions take_actions() noexcept { return std::exchange(actions_, {}); }

    // ----- acquires -------------------------------------------------------------------------

    /// Lends an idle connection if that takes neither a wait nor a ping; else null.
    pool_slot* try_acquire(time_point now) noexcept
    {
        now = advance(now);
        bool const lends = !draining_ && !paused_ && waiters_.front() == nullptr;
        pool_slot* const slot = lends ? take_lendable(now) : nullptr;
        if (slot != nullptr) {
            lend(*slot, now);
            ++counts_.acquired_at_once;
        }
        pump(now);
        return slot;
    }

    /// Lends a connection, or queues the waiter until `deadline`, or rejects it.
    pool_entry acquire(pool_waiter& waiter, time_point now, time_point deadline) noexcept
    {
        now = advance(now);
        waiter = {};
        waiter.deadline = deadline;
        waiter.why = deadline > now ? pool_failure::none : pool_failure::timed_out;
        if (waiter.why == pool_failure::none) {
            waiter.slot = try_acquire(now);
        }
        if (waiter.slot != nullptr) {
            return pool_entry::granted;
        }
        if (waiter.why == pool_failure::none) {
            waiter.why = rejection(now);
        }
        if (waiter.why != pool_failure::none) {
            count(waiter.why);
            pump(now);
            return pool_entry::rejected;
        }
        waiter.queued = true;
        waiters_.insert(waiter, nullptr);
        pump(now);
        return pool_entry::queued;
    }

    /// Takes a waiter out of the queue: cancelled, or out of time. False if it is not there: it
    /// has got a connection or a failure, which is among the actions or on its way.
    bool abandon(pool_waiter& waiter, pool_failure why, time_point now) noexcept
    {
        if (!waiter.queued) {
            return false;
        }
        unqueue(waiter, why);
        pump(advance(now));
        return true;
    }

    /// Fails every waiter whose deadline has passed, wherever in the queue it is.
    void expire(time_point now) noexcept
    {
        now = advance(now);
        for (pool_waiter* waiter = waiters_.front(); waiter != nullptr;) {
            pool_waiter* const next = waiter->next;
            if (waiter->deadline <= now) {
                fail(*waiter, pool_failure::timed_out);
            }
            waiter = next;
        }
        pump(now);
    }

    // ----- reports --------------------------------------------------------------------------

    /// Hears that a connection was opened.
    bool opened(pool_slot& slot, time_point now, double unit) noexcept
    {
        if (slot.state != pool_slot_state::opening) {
            return false;
        }
        now = advance(now);
        gate_.succeeded();
        ++counts_.opened;
        slot.uses = 0;
        slot.last_use = draw_last_use(options_, unit);
        slot.expires_at = draw_expiry(options_, now, unit);
        slot.keepalive = draw_keepalive(options_, unit);
        slot.idle_since = slot.alive_at = now;
        settle(slot, now);
        return true;
    }

    /// Hears that a connection could not be opened. If trying again would not help, who waits
    /// longest is told at once; else it goes on waiting.
    bool open_failed(pool_slot& slot, bool permanent, error_code error, time_point now,
                     double unit) noexcept
    {
        if (slot.state != pool_slot_state::opening) {
            return false;
        }
        now = advance(now);
        gate_.failed(slot.wave, options_, now, unit);
        ++counts_.open_failed;
        counts_.last_connect_error = error;
        vacate(slot);
        if (pool_waiter* const waiter = permanent ? head(now) : nullptr) {
            waiter->error = error;
            fail(*waiter, pool_failure::connect_failed);
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
        now = advance(now);
        if (!answered) {
            ++counts_.pings_failed;
            lose(slot, pool_close::ping, now);
            return true;
        }
        ++counts_.pings_ok;
        if (generations_.suspect(slot.generation)) {
            generations_.answered();
        }
        if (!generations_.dead(slot.generation)) {
            slot.generation = std::max(slot.generation, slot.asked_in);
        }
        slot.alive_at = now;
        settle(slot, now);
        return true;
    }

    /// Takes a lent connection back.
    bool give_back(pool_slot& slot, pool_return how, time_point now) noexcept
    {
        if (slot.state != pool_slot_state::leased) {
            return false;
        }
        now = advance(now);
        slot.idle_since = slot.alive_at = now;
        if (how == pool_return::disconnected) {
            lose(slot, pool_close::broken, now);
        } else if (how == pool_return::broken) {
            close(slot, pool_close::broken, pool_task::cut);
            pump(now);
        } else if (how == pool_return::dirty && !unfit(slot, now)) {
            order(slot, pool_slot_state::resetting, pool_task::reset);
            pump(now);
        } else {
            settle(slot, now);
        }
        return true;
    }

    /// Hears whether a returned connection could be reset.
    bool reset_done(pool_slot& slot, bool ready, time_point now) noexcept
    {
        if (slot.state != pool_slot_state::resetting) {
            return false;
        }
        now = advance(now);
        if (ready) {
            slot.alive_at = now;
            settle(slot, now);
            return true;
        }
        close(slot, pool_close::reset_failed, pool_task::cut);
        pump(now);
        return true;
    }

    /// Hears that a connection is closed: its place is free.
    bool closed(pool_slot& slot, time_point now) noexcept
    {
        if (slot.state != pool_slot_state::closing) {
            return false;
        }
        vacate(slot);
        pump(advance(now));
        return true;
    }

    /// Lets a lent connection go for good: it is its user's now, and its place is free.
    bool detach(pool_slot& slot, time_point now) noexcept
    {
        if (slot.state != pool_slot_state::leased) {
            return false;
        }
        ++counts_.detached;
        vacate(slot);
        pump(advance(now));
        return true;
    }

    // ----- time -----------------------------------------------------------------------------

    /// Fails expired waiters, closes what is too old or unused, pings what is due, and opens
    /// what is missing.
    void sweep(time_point now) noexcept
    {
        expire(now);
        now = advance(now);
        close_idle_if([&](pool_slot const& slot) { return unfit(slot, now); });
        close_idle_if([&](pool_slot const& slot) -> std::optional<pool_close> {
            bool const spared = idle_.size() <= options_.min_idle;
            return !spared && unused(options_, slot, now) ? std::optional(pool_close::idle)
                                                          : std::nullopt;
        });
        keep_alive(now);
        pump(now);
    }

    /// Goes on connecting after a pause, and the like; nothing if there is nothing to do.
    void poke(time_point now) noexcept { pump(advance(now)); }

    /// Returns when to `poke`: when the pause after a failed connect ends, if it is only this
    /// that connections wait for.
    std::optional<time_point> poke_at() const noexcept
    {
        bool const waits_for_gate = !gate_.open(latest_) && may_open(gate_.until());
        return waits_for_gate && wants_another() ? std::optional(gate_.until()) : std::nullopt;
    }

    // ----- by hand --------------------------------------------------------------------------

    /// Lends and opens nothing until `resume`; who acquires waits, up to its deadline.
    void pause() noexcept { paused_ = !draining_; }

    /// Ends a pause.
    void resume(time_point now) noexcept
    {
        paused_ = false;
        pump(advance(now));
    }

    /// Changes the number of connections; slots for more have been supplied. Fewer: idle ones
    /// are closed now, the others when they come back.
    void resize(std::size_t max_size, time_point now) noexcept
    {
        max_size_ = max_size;
        pump(advance(now));
    }

    /// Declares all connections dead: idle ones are closed now, the others when they come back.
    void invalidate(time_point now) noexcept { invalidate(generations_.current(), now); }

    /// The same, unless `generation` is over already, so that many who notice one outage do
    /// not kill what was opened after it.
    bool invalidate(std::uint64_t generation, time_point now) noexcept
    {
        if (!generations_.invalidate(generation)) {
            return false;
        }
        bury_dead();
        pump(advance(now));
        return true;
    }

    /// Lends nothing to newcomers any more, and opens nothing; closes what is idle, and the
    /// rest as it comes back. Saying `fail` later fails those who were still to be served.
    void drain(drain_waiters policy, time_point now) noexcept
    {
        draining_ = true;
        paused_ = false;
        if (policy == drain_waiters::fail) {
            fail_all(pool_failure::draining);
        }
        pump(advance(now));
    }

    /// Says whether a drain is over: nothing is out, nothing is open, nobody waits.
    bool drained() const noexcept
    {
        return draining_ && size() == 0 && waiters_.front() == nullptr;
    }

    /// Returns the numbers of this moment.
    pool_snapshot snapshot() const noexcept
    {
        pool_snapshot s = counts_;
        s.max_size = max_size_;
        s.size = size();
        s.opening = number(pool_slot_state::opening);
        s.idle = idle_.size();
        s.pinging = number(pool_slot_state::pinging);
        s.in_use = number(pool_slot_state::leased);
        s.resetting = number(pool_slot_state::resetting);
        s.closing = number(pool_slot_state::closing);
        s.waiters = waiters_.size();
        s.connect_failures = gate_.failures();
        s.generation = generations_.current();
        s.paused = paused_;
        s.draining = draining_;
        return s;
    }

private:
    // ----- questions ------------------------------------------------------------------------

    time_point advance(time_point now) noexcept { return latest_ = std::max(latest_, now); }

    std::size_t number(pool_slot_state state) const noexcept
    {
        return numbers_[static_cast<std::size_t>(state)];
    }

    std::size_t size() const noexcept { return supplied_ - number(pool_slot_state::vacant); }

    std::size_t live() const noexcept { return size() - number(pool_slot_state::closing); }

    std::size_t under_way() const noexcept
    {
        return number(pool_slot_state::opening) + number(pool_slot_state::pinging);
    }

    bool may_open(time_point now) const noexcept
    {
        bool const probing = gate_.tripped(options_);
        std::size_t const limit = probing ? 1 : options_.max_connecting;
        return !paused_ && !draining_ && spares_ != nullptr && size() < max_size_ &&
               number(pool_slot_state::opening) < limit && gate_.open(now);
    }

    // Demand that vanished is not opened for: this is asked before every single connect.
    bool wants_another() const noexcept
    {
        return waiters_.size() + options_.min_idle > idle_.size() + under_way();
    }

    pool_failure rejection(time_point now) const noexcept
    {
        if (draining_) {
            return pool_failure::draining;
        }
        bool const none_connected = live() == number(pool_slot_state::opening);
        if (gate_.tripped(options_) && none_connected && !paused_ && !may_open(now)) {
            return pool_failure::unavailable;
        }
        bool const served_soon = !paused_ && (idle_.size() > 0 || may_open(now));
        std::size_t const places = options_.waiter_limit(max_size_) + under_way();
        return !served_soon && waiters_.size() >= places ? pool_failure::queue_full
                                                         : pool_failure::none;
    }

    // Why a connection must not be lent any more; asked before any ping is paid for.
    std::optional<pool_close> unfit(pool_slot const& slot, time_point now) const noexcept
    {
        if (generations_.dead(slot.generation)) {
            return pool_close::generation;
        }
        if (live() > max_size_) {
            return pool_close::overflow;
        }
        if (used_up(slot)) {
            return pool_close::max_uses;
        }
        return now >= slot.expires_at ? std::optional(pool_close::expired) : std::nullopt;
    }

    bool needs_ping(pool_slot const& slot, time_point now) const noexcept
    {
        return options_.ping_after_idle != connection_pool_options::never &&
               (generations_.suspect(slot.generation) || stale(options_, slot, now));
    }

    // The idle connections in the order in which they are lent.
    pool_slot* first_idle() const noexcept
    {
        return options_.idle_order == idle_order::lifo ? idle_.front() : idle_.back();
    }

    pool_slot* after(pool_slot const& slot) const noexcept
    {
        return options_.idle_order == idle_order::lifo ? slot.next : slot.prev;
    }

    // ----- the pump -------------------------------------------------------------------------

    void pump(time_point now) noexcept
    {
        if (!paused_) {
            serve(now);
            ping_for_waiters(now);
            open_wanted(now);
        }
        close_surplus();
        finish_drain();
    }

    void serve(time_point now) noexcept
    {
        while (pool_waiter* const waiter = head(now)) {
            pool_slot* const slot = take_lendable(now);
            if (slot == nullptr) {
                return;
            }
            lend(*slot, now);
            waiter->slot = slot;
            ++counts_.acquired_waiting;
            unqueue(*waiter, pool_failure::none);
            actions_.add(*waiter);
        }
    }

    void ping_for_waiters(time_point now) noexcept
    {
        while (waiters_.size() > under_way() && first_idle() != nullptr) {
            ping(*first_idle(), ping_patience(options_, now, waiters_.front()->deadline));
        }
    }

    void open_wanted(time_point now) noexcept
    {
        while (wants_another() && may_open(now)) {
            pool_slot& slot = *spares_;
            spares_ = slot.next;
            slot.next = nullptr;
            slot.generation = generations_.current();
            slot.wave = gate_.wave();
            order(slot, pool_slot_state::opening, pool_task::open);
        }
    }

    // Those that were used longest ago go first.
    void close_surplus() noexcept
    {
        std::size_t const limit = options_.idle_limit(max_size_);
        while (idle_.size() > 0 && (idle_.size() > limit || live() > max_size_)) {
            close(*idle_.back(), pool_close::overflow, pool_task::close);
        }
    }

    void finish_drain() noexcept
    {
        if (!draining_) {
            return;
        }
        if (live() == 0) {
            fail_all(pool_failure::draining);
        }
        while (waiters_.front() == nullptr && idle_.front() != nullptr) {
            close(*idle_.front(), pool_close::drain, pool_task::close);
        }
    }

    // ----- waiters --------------------------------------------------------------------------

    // The first waiter that can still be served; those before it have expired.
    pool_waiter* head(time_point now) noexcept
    {
        while (waiters_.front() != nullptr && waiters_.front()->deadline <= now) {
            fail(*waiters_.front(), pool_failure::timed_out);
        }
        return waiters_.front();
    }

    void count(pool_failure why) noexcept { ++counts_.failed[static_cast<std::size_t>(why)]; }

    void unqueue(pool_waiter& waiter, pool_failure why) noexcept
    {
        waiters_.erase(waiter);
        waiter.queued = false;
        waiter.why = why;
        if (why != pool_failure::none) {
            count(why);
        }
    }

    void fail(pool_waiter& waiter, pool_failure why) noexcept
    {
        unqueue(waiter, why);
        actions_.add(waiter);
    }

    void fail_all(pool_failure why) noexcept
    {
        while (waiters_.front() != nullptr) {
            fail(*waiters_.front(), why);
        }
    }

    // ----- slots ----------------------------------------------------------------------------

    void spare(pool_slot& slot) noexcept
    {
        slot = {};
        slot.next = std::exchange(spares_, &slot);
        ++numbers_[static_cast<std::size_t>(pool_slot_state::vacant)];
    }

    void enter(pool_slot& slot, pool_slot_state state) noexcept
    {
        if (slot.state == pool_slot_state::idle) {
            idle_.erase(slot);
        }
        --numbers_[static_cast<std::size_t>(slot.state)];
        ++numbers_[static_cast<std::size_t>(state)];
        slot.state = state;
    }

    void order(pool_slot& slot, pool_slot_state state, pool_task task) noexcept
    {
        enter(slot, state);
        slot.task = task;
        actions_.add(slot);
    }

    void ping(pool_slot& slot, duration patience) noexcept
    {
        slot.patience = patience;
        slot.asked_in = generations_.current();
        order(slot, pool_slot_state::pinging, pool_task::ping);
    }

    void close(pool_slot& slot, pool_close why, pool_task how) noexcept
    {
        slot.why = why;
        ++counts_.closed[static_cast<std::size_t>(why)];
        order(slot, pool_slot_state::closing, how);
    }

    void vacate(pool_slot& slot) noexcept
    {
        --numbers_[static_cast<std::size_t>(slot.state)];
        spare(slot);
    }

    // A connection is ready: it goes to who waits, in this same step, or becomes idle.
    void settle(pool_slot& slot, time_point now) noexcept
    {
        if (auto const why = unfit(slot, now)) {
            close(slot, *why, pool_task::close);
        } else {
            make_idle(slot);
        }
        pump(now);
    }

    // In order of their last use, the latest first: a ping is no use.
    void make_idle(pool_slot& slot) noexcept
    {
        enter(slot, pool_slot_state::idle);
        pool_slot* successor = idle_.front();
        while (successor != nullptr && successor->idle_since > slot.idle_since) {
            successor = successor->next;
        }
        idle_.insert(slot, successor);
    }

    pool_slot* take_lendable(time_point now) noexcept
    {
        for (pool_slot* slot = first_idle(); slot != nullptr;) {
            pool_slot* const next = after(*slot);
            if (auto const why = unfit(*slot, now)) {
                close(*slot, *why, pool_task::close);
            } else if (!needs_ping(*slot, now)) {
                return slot;
            }
            slot = next;
        }
        return nullptr;
    }

    void lend(pool_slot& slot, time_point now) noexcept
    {
        enter(slot, pool_slot_state::leased);
        ++slot.uses;
        counts_.pings_skipped += slot.alive_at != now;
    }

    void lose(pool_slot& slot, pool_close why, time_point now) noexcept
    {
        bool const others_died = generations_.lost(slot.generation);
        close(slot, why, pool_task::cut);
        if (others_died) {
            bury_dead();
        }
        pump(now);
    }

    void bury_dead() noexcept
    {
        close_idle_if([this](pool_slot const& slot) {
            return generations_.dead(slot.generation) ? std::optional(pool_close::generation)
                                                      : std::nullopt;
        });
    }

    void keep_alive(time_point now) noexcept
    {
        for (pool_slot* slot = idle_.front(); slot != nullptr && !waiters_.front();) {
            pool_slot* const next = slot->next;
            if (keepalive_due(*slot, now)) {
                ping(*slot, options_.ping_timeout);
            }
            slot = next;
        }
    }

    // Looks at the idle connections, the one unused longest first.
    template <class Judge>
    void close_idle_if(Judge judge) noexcept
    {
        for (pool_slot* slot = idle_.back(); slot != nullptr;) {
            pool_slot* const next = slot->prev;
            if (std::optional<pool_close> const why = judge(*slot)) {
                bool const dead = *why == pool_close::generation;
                close(*slot, *why, dead ? pool_task::cut : pool_task::close);
            }
            slot = next;
        }
    }

    connection_pool_options options_;
    std::size_t max_size_;
    std::size_t supplied_ = 0;
    pool_slot* spares_ = nullptr;
    pool_list<pool_slot> idle_{};
    pool_list<pool_waiter> waiters_{};
    std::array<std::size_t, 7> numbers_{}; // of slots, by state
    pool_actions actions_{};
    pool_gate gate_{};
    pool_generations generations_{};
    pool_snapshot counts_{}; // its counters; the gauges are computed
    time_point latest_ = time_point::min();
    bool paused_ = false;
    bool draining_ = false;
};

} // namespace resil::core

#endif // RESIL_CORE_POOL_MACHINE_HPP
