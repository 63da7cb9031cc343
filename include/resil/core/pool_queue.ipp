// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_POOL_QUEUE_IPP
#define RESIL_CORE_POOL_QUEUE_IPP

// The bodies of core/pool_queue.hpp, which includes this unless they are compiled apart; see src.hpp.

namespace resil::core {

pool_queue::pool_queue(pool_counts& counts, pool_actions& actions) noexcept
    : counts_(counts), actions_(actions)
{
}

pool_waiter* pool_queue::behind(std::size_t others) const noexcept
{
    pool_waiter* waiter = queue_.front();
    for (; waiter != nullptr && others > 0; --others) {
        waiter = waiter->next;
    }
    return waiter;
}

void pool_queue::push(pool_waiter& waiter, time_point now) noexcept
{
    waiter.ticket = ++last_ticket_;
    waiter.arrived = now;
    link(waiter, nullptr);
}

void pool_queue::serve(pool_slot& slot, time_point now) noexcept
{
    pool_waiter& waiter = *queue_.front();
    waiter.slot = &slot;
    ++counts_.acquired_waiting;
    unlink(waiter, now);
    counts_.waits_served.record(waiter.waited);
    actions_.add(waiter);
}

void pool_queue::remove(pool_waiter& waiter, pool_failure why, time_point now) noexcept
{
    unlink(waiter, now);
    counts_.waits_failed.record(waiter.waited);
    counts_.count(why);
    waiter.why = why;
    if (why != pool_failure::connect_failed) {
        waiter.error = counts_.connect_trouble();
    }
}

void pool_queue::fail(pool_waiter& waiter, pool_failure why, time_point now) noexcept
{
    remove(waiter, why, now);
    actions_.add(waiter);
}

void pool_queue::expire(time_point now) noexcept
{
    while (deadlines_.first() != nullptr && deadlines_.first()->deadline <= now) {
        pool_waiter& waiter = *deadlines_.first();
        bool const told_before = waiter.why != pool_failure::none;
        fail(waiter, told_before ? waiter.why : pool_failure::timed_out, now);
    }
}

void pool_queue::fail_all(pool_failure why, time_point now) noexcept
{
    while (queue_.front() != nullptr) {
        fail(*queue_.front(), why, now);
    }
}

void pool_queue::put_back(pool_waiter& waiter) noexcept
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

void pool_queue::link(pool_waiter& waiter, pool_waiter* successor) noexcept
{
    waiter.queued = true;
    queue_.insert(waiter, successor);
    deadlines_.insert(waiter);
}

void pool_queue::unlink(pool_waiter& waiter, time_point now) noexcept
{
    waiter.queued = false;
    waiter.waited = until(waiter.arrived, now);
    deadlines_.erase(waiter);
    queue_.erase(waiter);
}

} // namespace resil::core

#endif // RESIL_CORE_POOL_QUEUE_IPP
