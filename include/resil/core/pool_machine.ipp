// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_POOL_MACHINE_IPP
#define RESIL_CORE_POOL_MACHINE_IPP

// The bodies of core/pool_machine.hpp, which includes this unless they are compiled apart; see src.hpp.

#include <algorithm>

namespace resil::core {

pool_slot* pool_machine::try_acquire(time_point now) noexcept
{
    now = begin(now);
    pool_slot* const slot = lend_at_once(now);
    pump(now);
    return slot;
}

pool_entry pool_machine::acquire(pool_waiter& waiter, time_point now,
                                 time_point deadline) noexcept
{
    now = begin(now);
    waiter = {};
    waiter.deadline = deadline;
    auto const entry = enter(waiter, now);
    pump(now);
    return entry;
}

bool pool_machine::abandon(pool_waiter& waiter, pool_failure why, time_point now) noexcept
{
    if (!waiter.queued) {
        return false;
    }
    queue_.remove(waiter, why, std::max(latest_, now));
    waiter.ticket = 0;
    pump(begin(now));
    return true;
}

bool pool_machine::handover_failed(pool_waiter& waiter) noexcept
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

pool_entry pool_machine::warm_up(pool_warm_up& one, time_point now) noexcept
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

bool pool_machine::abandon(pool_warm_up& one, pool_failure why, time_point now) noexcept
{
    if (!one.queued) {
        return false;
    }
    warm_ups_.remove(one, why);
    pump(begin(now));
    return true;
}

bool pool_machine::handover_failed(pool_warm_up& one) noexcept
{
    if (one.queued) {
        return false;
    }
    warm_ups_.push(one);
    retry_ = true;
    return true;
}

void pool_machine::sweep(time_point now) noexcept
{
    now = begin(now);
    stock_.close_unfit(now);
    stock_.close_unused(now);
    if (queue_.front() == nullptr) {
        stock_.keep_alive(now);
    }
    pump(now);
}

std::optional<time_point> pool_machine::next_due(time_point now) const noexcept
{
    time_point due = stock_.next_due(std::max(latest_, now), queue_.front() != nullptr);
    due = std::min(due, poke_at().value_or(due));
    return due != time_point::max() ? std::optional(due) : std::nullopt;
}

std::optional<time_point> pool_machine::poke_at() const noexcept
{
    if (retry_) {
        return plus(latest_, retry_pause);
    }
    time_point const when = opener_.pause_ends();
    bool const waits = opener_.pausing(latest_) && may_open(when) && wants_another();
    return waits ? std::optional(when) : std::nullopt;
}

bool pool_machine::may_lend() const noexcept
{
    std::size_t const most = slots_.max_size();
    return !paused_ && !draining_ && queue_.front() == nullptr &&
           options_.idle_order == idle_order::lifo && slots_.live() <= most &&
           options_.idle_limit(most) >= most;
}

bool pool_machine::lend_out(pool_slot& slot, time_point now) noexcept
{
    now = std::max(latest_, now);
    if (stock_.unfit(slot, now) || stock_.needs_ping(slot, now)) {
        return false;
    }
    slots_.enter(slot, pool_slot_state::leased, now);
    return true;
}

void pool_machine::resume(time_point now) noexcept
{
    paused_ = false;
    pump(begin(now));
}

void pool_machine::resize(std::size_t max_size, time_point now) noexcept
{
    now = begin(now);
    slots_.resize(max_size);
    warm_ups_.limit(most_idle());
    pump(now);
}

bool pool_machine::invalidate(std::uint64_t generation, time_point now) noexcept
{
    now = begin(now);
    bool const current = stock_.invalidate(generation, now);
    pump(now);
    return current;
}

void pool_machine::drain(drain_waiters policy, time_point now) noexcept
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

bool pool_machine::drained() const noexcept
{
    return draining_ && slots_.size() == 0 && queue_.front() == nullptr;
}

pool_slot* pool_machine::lend_at_once(time_point now) noexcept
{
    bool const lends = !draining_ && !paused_ && queue_.front() == nullptr;
    pool_slot* const slot = lends ? stock_.find_lendable(now) : nullptr;
    if (slot != nullptr) {
        stock_.lend(*slot, now);
        ++counts_.acquired_at_once;
    }
    return slot;
}

pool_entry pool_machine::enter(pool_waiter& waiter, time_point now) noexcept
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

pool_failure pool_machine::rejection(pool_waiter const& waiter, time_point now) const noexcept
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

pool_failure pool_machine::refusal(pool_warm_up const& one, time_point now) const noexcept
{
    if (draining_) {
        return pool_failure::draining;
    }
    if (one.wanted > most_idle()) {
        return pool_failure::too_many;
    }
    return one.deadline <= now ? pool_failure::timed_out : pool_failure::none;
}

} // namespace resil::core

#endif // RESIL_CORE_POOL_MACHINE_IPP
