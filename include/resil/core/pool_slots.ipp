// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_POOL_SLOTS_IPP
#define RESIL_CORE_POOL_SLOTS_IPP

// The bodies of core/pool_slots.hpp, which includes this unless they are compiled apart; see src.hpp.

#include <utility>

namespace resil::core {

pool_slots::pool_slots(connection_pool_options const& options, pool_actions& actions) noexcept
    : order_(options.idle_order), max_size_(options.max_size), actions_(actions)
{
}

std::size_t pool_slots::number(pool_slot_state state) const noexcept
{
    return numbers_[static_cast<std::size_t>(state)];
}

pool_slot* pool_slots::first() const noexcept
{
    return order_ == idle_order::lifo ? idle_.front() : idle_.back();
}

pool_slot* pool_slots::after(pool_slot const& slot) const noexcept
{
    return order_ == idle_order::lifo ? slot.next : slot.prev;
}

void pool_slots::supply(pool_slot& slot) noexcept
{
    spare(slot);
    ++supplied_;
}

pool_slot& pool_slots::take_spare() noexcept
{
    pool_slot& slot = *spares_;
    spares_ = std::exchange(slot.next, nullptr);
    return slot;
}

void pool_slots::enter(pool_slot& slot, pool_slot_state state, time_point now) noexcept
{
    if (slot.state == pool_slot_state::idle) {
        idle_.erase(slot);
    }
    --numbers_[static_cast<std::size_t>(slot.state)];
    ++numbers_[static_cast<std::size_t>(state)];
    slot.state = state;
    slot.since = now;
}

void pool_slots::order(pool_slot& slot, pool_slot_state state, pool_task task,
                       time_point now) noexcept
{
    enter(slot, state, now);
    slot.task = task;
    actions_.add(slot);
}

void pool_slots::make_idle(pool_slot& slot, time_point now) noexcept
{
    enter(slot, pool_slot_state::idle, now);
    pool_slot* successor = idle_.front();
    while (successor != nullptr && successor->idle_since > slot.idle_since) {
        successor = successor->next;
    }
    idle_.insert(slot, successor);
}

void pool_slots::make_first(pool_slot& slot, time_point now) noexcept
{
    enter(slot, pool_slot_state::idle, now);
    idle_.insert(slot, order_ == idle_order::lifo ? idle_.front() : nullptr);
}

void pool_slots::vacate(pool_slot& slot) noexcept
{
    --numbers_[static_cast<std::size_t>(slot.state)];
    spare(slot);
}

void pool_slots::spare(pool_slot& slot) noexcept
{
    slot = {};
    slot.next = std::exchange(spares_, &slot);
    ++numbers_[static_cast<std::size_t>(pool_slot_state::vacant)];
}

} // namespace resil::core

#endif // RESIL_CORE_POOL_SLOTS_IPP
