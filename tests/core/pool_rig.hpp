// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_CORE_POOL_RIG_HPP
#define RESIL_TESTS_CORE_POOL_RIG_HPP

#include <resil/core/pool_machine.hpp>

#include <boost/asio/error.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <core/words.hpp>
#include <cstddef>
#include <deque>
#include <vector>

namespace resil::tests {

using core::pool_entry;
using core::pool_return;
using core::pool_slot;
using core::pool_slot_state;
using core::pool_task;
using core::pool_waiter;
using core::pool_warm_up;

/// A pool machine with slots, a clock that a test moves, and everything that it was told to do.
class pool_rig
{
public:
    explicit pool_rig(connection_pool_options options, std::size_t slots = 0)
        : machine((options.validate(), options)), slots_(std::max(slots, options.max_size))
    {
        for (auto& slot : slots_) {
            machine.supply(slot);
        }
        poke();
    }

    // ----- acquires -------------------------------------------------------------------------

    /// Acquires; see `entry` for what became of it.
    pool_waiter& ask(duration patience = 5s)
    {
        auto& waiter = waiters_.emplace_back();
        entry = machine.acquire(waiter, now, now + patience);
        follow();
        return waiter;
    }

    /// Acquires, and must have to wait.
    pool_waiter& wait(duration patience = 5s)
    {
        auto& waiter = ask(patience);
        REQUIRE(entry == pool_entry::queued);
        return waiter;
    }

    /// Acquires, and opens or pings as is needed.
    pool_slot& lease()
    {
        auto& waiter = ask();
        while (waiter.queued) {
            pending(pool_task::ping) > 0 ? answer(true) : open();
        }
        REQUIRE(waiter.slot != nullptr);
        return *waiter.slot;
    }

    /// Leases so many.
    std::vector<pool_slot*> leases(std::size_t count)
    {
        std::vector<pool_slot*> all;
        while (all.size() < count) {
            all.push_back(&lease());
        }
        return all;
    }

    /// Lets so many connections be idle, the last one used last.
    std::vector<pool_slot*> idle(std::size_t count)
    {
        auto const all = leases(count);
        for (auto* slot : all) {
            give_back(*slot);
        }
        return all;
    }

    bool abandon(pool_waiter& waiter, pool_failure why = pool_failure::cancelled)
    {
        return followed(machine.abandon(waiter, why, now));
    }

    /// Says whether a waiter was told that it got a connection.
    bool served(pool_waiter const& waiter) const
    {
        return std::find(told.begin(), told.end(), &waiter) != told.end() &&
               waiter.slot != nullptr && waiter.why == pool_failure::none;
    }

    /// Returns how a waiter was told that it failed; `none` if it was not.
    pool_failure failed(pool_waiter const& waiter) const
    {
        bool const is_told = std::find(told.begin(), told.end(), &waiter) != told.end();
        return is_told ? waiter.why : pool_failure::none;
    }

    // ----- reports --------------------------------------------------------------------------

    /// Reports that the connect begun first succeeded.
    pool_slot& open(double unit = 0.0)
    {
        auto& slot = take(pool_task::open);
        REQUIRE(followed(machine.opened(slot, now, unit)));
        return slot;
    }

    /// Reports that the connect begun first failed.
    void fail_open(bool permanent = false,
                   error_code error = boost::asio::error::connection_refused, double unit = 0.5)
    {
        auto& slot = take(pool_task::open);
        REQUIRE(followed(machine.open_failed(slot, permanent, error, now, unit)));
    }

    /// Reports how the ping begun first ended.
    pool_slot& answer(bool answered)
    {
        auto& slot = take(pool_task::ping);
        REQUIRE(followed(machine.pinged(slot, answered, now)));
        return slot;
    }

    /// Reports how the reset begun first ended.
    pool_slot& reset(bool ready)
    {
        auto& slot = take(pool_task::reset);
        REQUIRE(followed(machine.reset_done(slot, ready, now)));
        return slot;
    }

    /// Reports everything closed that is to be, and returns why each was.
    std::vector<pool_close> close()
    {
        std::vector<pool_close> reasons;
        for (auto const task : {pool_task::close, pool_task::cut}) {
            while (pending(task) > 0) {
                auto& slot = take(task);
                reasons.push_back(slot.why);
                REQUIRE(followed(machine.closed(slot, now)));
            }
        }
        return reasons;
    }

    void give_back(pool_slot& slot, pool_return how = pool_return::clean)
    {
        REQUIRE(followed(machine.give_back(slot, how, now)));
    }

    // ----- time, and by hand ----------------------------------------------------------------

    void pass(duration d) { now += d; }

    void poke()
    {
        machine.poke(now);
        follow();
    }

    void sweep()
    {
        machine.sweep(now);
        follow();
    }

    void drain(drain_waiters policy = drain_waiters::fail)
    {
        machine.drain(policy, now);
        follow();
    }

    void resize(std::size_t size)
    {
        machine.resize(size, now);
        follow();
    }

    /// Sweeps whenever the machine asks for it, up to some moment from now.
    void sweep_for(duration d)
    {
        auto const end = now + d;
        for (auto due = machine.next_due(); due && *due <= end; due = machine.next_due()) {
            now = std::max(now, *due);
            sweep();
            close();
        }
        now = end;
    }

    /// Takes up what an event has ordered; after every event that is not one of the rig's.
    void follow()
    {
        auto actions = machine.take_actions();
        suspected = actions.suspected();
        invalidated = actions.invalidated();
        while (auto* const slot = actions.next_slot()) {
            tasks_.push_back(slot);
        }
        while (auto* const waiter = actions.next_waiter()) {
            told.push_back(waiter);
        }
        while (auto* const one = actions.next_warm_up()) {
            warmed_up.push_back(one);
        }
    }

    bool followed(bool accepted)
    {
        follow();
        return accepted;
    }

    /// Returns how many tasks of a kind are not reported.
    std::size_t pending(pool_task task) const
    {
        return static_cast<std::size_t>(std::count_if(
            tasks_.begin(), tasks_.end(), [=](auto* slot) { return slot->task == task; }));
    }

    /// Returns the first task of a kind that is not reported, which stays so.
    pool_slot& first(pool_task task) const
    {
        auto const place = std::find_if(tasks_.begin(), tasks_.end(),
                                        [=](auto* slot) { return slot->task == task; });
        REQUIRE(place != tasks_.end());
        return **place;
    }

    pool_snapshot seen() const { return machine.snapshot(); }

    core::pool_machine machine;
    time_point now = at(0s);
    pool_entry entry = pool_entry::rejected; ///< Of the last `ask`.
    std::vector<pool_waiter*> told{};        ///< Waiters, in the order they were told.
    std::vector<pool_warm_up*> warmed_up{};  ///< Warm-ups that are over.
    bool suspected = false;                  ///< By the last event.
    bool invalidated = false;                ///< By the last event.

private:
    pool_slot& take(pool_task task)
    {
        auto& slot = first(task);
        tasks_.erase(std::find(tasks_.begin(), tasks_.end(), &slot));
        return slot;
    }

    std::vector<pool_slot> slots_;
    std::deque<pool_waiter> waiters_{};
    std::vector<pool_slot*> tasks_{};
};

/// Options of a pool that never pings and never gets old, for tests that are about neither.
inline connection_pool_options plain_pool(std::size_t max_size)
{
    connection_pool_options options;
    options.max_size = max_size;
    options.ping_after_idle = connection_pool_options::never;
    options.max_lifetime = 0s;
    options.idle_timeout = 0s;
    return options;
}

/// Options of a pool that pings what has been idle for half a second, and has defaults else.
inline connection_pool_options pinging_pool(std::size_t max_size)
{
    connection_pool_options options;
    options.max_size = max_size;
    return options;
}

} // namespace resil::tests

#endif // RESIL_TESTS_CORE_POOL_RIG_HPP
