// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_POOL_QUEUE_HPP
#define RESIL_CORE_POOL_QUEUE_HPP

#include <resil/config.hpp>
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
    RESIL_DECL pool_queue(pool_counts& counts, pool_actions& actions) noexcept;

    /// Returns how many wait; may be called from any thread.
    std::size_t size() const noexcept { return queue_.size(); }

    /// Returns who has waited longest, or null.
    pool_waiter* front() const noexcept { return queue_.front(); }

    /// Returns the waiter behind so many others, or null; takes as many steps.
    RESIL_DECL pool_waiter* behind(std::size_t others) const noexcept;

    /// Adds a newcomer, whose deadline is set.
    RESIL_DECL void push(pool_waiter& waiter, time_point now) noexcept;

    /// Gives a connection to who has waited longest.
    RESIL_DECL void serve(pool_slot& slot, time_point now) noexcept;

    /// Takes out who failed, without a word.
    RESIL_DECL void remove(pool_waiter& waiter, pool_failure why, time_point now) noexcept;

    /// Takes out who failed, to be told.
    RESIL_DECL void fail(pool_waiter& waiter, pool_failure why, time_point now) noexcept;

    /// Fails everybody whose deadline has passed, and nobody else is looked at.
    RESIL_DECL void expire(time_point now) noexcept;

    /// Fails everybody.
    RESIL_DECL void fail_all(pool_failure why, time_point now) noexcept;

    /// Takes back who was among the actions and could not be told: to the old place. A failure
    /// is told again as soon as possible.
    RESIL_DECL void put_back(pool_waiter& waiter) noexcept;

private:
    RESIL_DECL void link(pool_waiter& waiter, pool_waiter* successor) noexcept;

    RESIL_DECL void unlink(pool_waiter& waiter, time_point now) noexcept;

    pool_list<pool_waiter> queue_{};
    pool_deadlines<pool_waiter> deadlines_{};
    std::uint64_t last_ticket_ = 0;
    pool_counts& counts_;
    pool_actions& actions_;
};

} // namespace resil::core

#ifndef RESIL_SEPARATE_COMPILATION
#include <resil/core/pool_queue.ipp>
#endif

#endif // RESIL_CORE_POOL_QUEUE_HPP
