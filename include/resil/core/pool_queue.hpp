// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_POOL_QUEUE_HPP
#define RESIL_CORE_POOL_QUEUE_HPP

#include <resil/core/pool_counts.hpp>
#include <resil/core/pool_deadlines.hpp>
#include <resil/core/pool_list.hpp>
#include <resil/core/pool_slot.hpp>
#include <resil/core/saturate.hpp>
#include <resil/error.hpp>

#include <cstddef>
#include <cstdint>

namespace resil::core {

/// The acquires that wait for a connection, in the order of their arrival.
class pool_queue
{
public:
    pool_queue(pool_counts& counts, pool_actions& actions) noexcept
        : counts_(counts), actions_(actions)
    {
    }

    /// Returns how many wait; may be called from any thread.
    std::size_t size() const noexcept { return queue_.size(); }

    /// Returns who has waited longest, or null.
    pool_waiter* front() const noexcept { return queue_.front(); }

    /// Returns the waiter behind so many others, or null; takes as many steps.
    pool_waiter* behind(std::size_t others) const noexcept
    {
        pool_waiter* waiter = queue_.front();
        for (; waiter != nullptr && others > 0; --others) {
            waiter = waiter->next;
        }
        return waiter;
    }

    /// Adds a newcomer, whose deadline is set.
    void push(pool_waiter& waiter, time_point now) noexcept
    {
        waiter.ticket = ++last_ticket_;
        waiter.arrived = now;
        link(waiter, nullptr);
    }

    /// Gives a connection to who has waited longest.
    void serve(pool_slot& slot, time_point now) noexcept
    {
        pool_waiter& waiter = *queue_.front();
        waiter.slot = &slot;
        ++counts_.acquired_waiting;
        unlink(waiter, now);
        counts_.waits_served.record(waiter.waited);
        actions_.add(waiter);
    }

    /// Takes out who failed, without a word.
    void remove(pool_waiter& waiter, pool_failure why, time_point now) noexcept
    {
        unlink(waiter, now);
        counts_.waits_failed.record(waiter.waited);
        counts_.count(why);
        waiter.why = why;
        if (why != pool_failure::connect_failed) {
            waiter.error = counts_.connect_trouble();
        }
    }

    /// Takes out who failed, to be told.
    void fail(pool_waiter& waiter, pool_failure why, time_point now) noexcept
    {
        remove(waiter, why, now);
        actions_.add(waiter);
    }

    /// Fails everybody whose deadline has passed, and nobody else is looked at.
    void expire(time_point now) noexcept
    {
        while (deadlines_.first() != nullptr && deadlines_.first()->deadline <= now) {
            pool_waiter& waiter = *deadlines_.first();
            bool const told_before = waiter.why != pool_failure::none;
            fail(waiter, told_before ? waiter.why : pool_failure::timed_out, now);
        }
    }

    /// Fails everybody.
    void fail_all(pool_failure why, time_point now) noexcept
    {
        while (queue_.front() != nullptr) {
            fail(*queue_.front(), why, now);
        }
    }

    /// Takes back who was among the actions and could not be told: to the old place. A failure
    /// is told again as soon as possible.
    void put_back(pool_waiter& waiter) noexcept
    {
        if (waiter.why == pool_failure::none) {
            --counts_.acquired_waiting;
            counts_.waits_served.take_back(waiter.waited);
            waiter.slot = nullptr;
        } else {
            counts_.uncount(waiter.why);
            counts_.waits_failed.take_back(waiter.waited);
            waiter.deadline = time_point::min();
        }
        pool_waiter* successor = queue_.front();
        while (successor != nullptr && successor->ticket < waiter.ticket) {
            successor = successor->next;
        }
        link(waiter, successor);
    }

private:
    void link(pool_waiter& waiter, pool_waiter* successor) noexcept
    {
        waiter.queued = true;
        queue_.insert(waiter, successor);
        deadlines_.insert(waiter);
    }

    void unlink(pool_waiter& waiter, time_point now) noexcept
    {
        waiter.queued = false;
        waiter.waited = until(waiter.arrived, now);
        deadlines_.erase(waiter);
        queue_.erase(waiter);
    }

    pool_list<pool_waiter> queue_{};
    pool_deadlines<pool_waiter> deadlines_{};
    std::uint64_t last_ticket_ = 0;
    pool_counts& counts_;
    pool_actions& actions_;
};

} // namespace resil::core

#endif // RESIL_CORE_POOL_QUEUE_HPP
