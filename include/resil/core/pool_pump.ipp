// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_POOL_PUMP_IPP
#define RESIL_CORE_POOL_PUMP_IPP

// The bodies of core/pool_pump.hpp, which includes this unless they are compiled apart; see src.hpp.

#include <algorithm>

namespace resil::core {

pool_snapshot pool_pump::snapshot() const noexcept
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
    s.size = slots_.size();
    s.waiters = queue_.size();
    s.generation = generations_.current();
    s.paused = paused_;
    s.draining = draining_;
    return s;
}

time_point pool_pump::begin(time_point now) noexcept
{
    latest_ = std::max(latest_, now);
    queue_.expire(latest_);
    if (!warm_ups_.empty()) {
        warm_ups_.reach(slots_.usable()); // there may be one that could not be told
        warm_ups_.expire(latest_);
    }
    return latest_;
}

std::size_t pool_pump::most_idle() const noexcept
{
    return std::min(options_.idle_limit(slots_.max_size()), slots_.max_size());
}

std::size_t pool_pump::under_way() const noexcept
{
    return slots_.number(pool_slot_state::opening) + stock_.pings_for_waiters();
}

bool pool_pump::may_open(time_point now) const noexcept
{
    return !paused_ && !draining_ && opener_.may_open(now);
}

bool pool_pump::wants_another() const noexcept
{
    if (queue_.front() == nullptr && warm_ups_.empty() && options_.min_idle == 0) {
        return false;
    }
    std::size_t const opening = slots_.number(pool_slot_state::opening);
    std::size_t const pinging = slots_.number(pool_slot_state::pinging);
    return queue_.size() > slots_.idle() + under_way() ||
           queue_.size() + options_.min_idle > slots_.idle() + opening + pinging ||
           warm_ups_.wanted() > slots_.usable() + opening;
}

void pool_pump::tell_connect_failed(error_code error, time_point now) noexcept
{
    if (pool_waiter* const waiter = queue_.front()) {
        waiter->error = error;
        queue_.fail(*waiter, pool_failure::connect_failed, now);
    }
    warm_ups_.fail_all(pool_failure::connect_failed, error);
}

void pool_pump::settle(pool_slot& slot, time_point now) noexcept
{
    if (auto const why = stock_.unfit(slot, now)) {
        stock_.retire(slot, *why, now);
    } else {
        slots_.make_idle(slot, now);
    }
    pump(now);
}

void pool_pump::pump(time_point now) noexcept
{
    retry_ = false;
    if (!paused_) {
        serve(now);
        open_wanted(now);
    }
    stock_.close_surplus(now);
    if (draining_) {
        finish_drain(now);
    }
    if (!warm_ups_.empty()) {
        warm_ups_.reach(slots_.usable());
    }
}

void pool_pump::serve(time_point now) noexcept
{
    while (queue_.front() != nullptr) {
        pool_slot* const slot = stock_.find_lendable(now);
        if (slot == nullptr) {
            return ping_for_waiters(now);
        }
        stock_.lend(*slot, now);
        queue_.serve(*slot, now);
    }
}

void pool_pump::ping_for_waiters(time_point now) noexcept
{
    auto* waiter = slots_.idle() > 0 ? queue_.behind(under_way()) : nullptr;
    for (; waiter != nullptr && slots_.idle() > 0; waiter = waiter->next) {
        stock_.ping(*slots_.first(), ping_patience(options_, now, waiter->deadline), now);
    }
}

void pool_pump::open_wanted(time_point now) noexcept
{
    while (wants_another() && may_open(now)) {
        opener_.open(now);
    }
}

void pool_pump::finish_drain(time_point now) noexcept
{
    if (slots_.live() == 0) {
        queue_.fail_all(pool_failure::draining, now);
    }
    if (queue_.front() == nullptr) {
        stock_.clear(now);
    }
}

} // namespace resil::core

#endif // RESIL_CORE_POOL_PUMP_IPP
