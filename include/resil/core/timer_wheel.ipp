// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_TIMER_WHEEL_IPP
#define RESIL_CORE_TIMER_WHEEL_IPP

// The bodies of core/timer_wheel.hpp, which includes this unless they are compiled apart; see src.hpp.

#include <algorithm>

namespace resil::core {

timer_wheel::timer_wheel() noexcept
{
    for (auto& level : slots_) {
        for (wheel_link& slot : level) {
            slot = {&slot, &slot};
        }
    }
}

void timer_wheel::add(wheel_timer& timer, time_point at) noexcept
{
    timer.at_ = at;
    place(timer);
    ++size_;
}

void timer_wheel::remove(wheel_timer& timer) noexcept
{
    unlink(timer);
    --size_;
}

time_point timer_wheel::next_event() const noexcept
{
    return empty() ? time_point::max() : begin_of(first_place().tick);
}

wheel_timer* timer_wheel::take_due(time_point now, int& steps) noexcept
{
    std::uint64_t const until = tick_of(now);
    for (; !empty() && first_place().tick <= until; --steps) {
        if (steps == 0) {
            return nullptr;
        }
        where const first = first_place();
        hand_ = std::max(hand_, first.tick);
        auto& timer = front(slots_[first.level][first.slot]);
        unlink(timer);
        if (first.level == 0) {
            --steps;
            --size_;
            return &timer;
        }
        place(timer);
    }
    hand_ = std::max(hand_, until);
    return nullptr;
}

wheel_timer* timer_wheel::earliest() noexcept
{
    if (empty()) {
        return nullptr;
    }
    where first = first_place();
    for (; first.level != 0; first = first_place()) {
        hand_ = std::max(hand_, first.tick);
        place_again(slots_[first.level][first.slot]);
    }
    wheel_link& slot = slots_[0][first.slot];
    wheel_timer* found = &front(slot);
    for (wheel_link* l = slot.next; l != &slot; l = l->next) {
        auto& timer = static_cast<wheel_timer&>(*l);
        found = timer.at_ < found->at_ ? &timer : found;
    }
    return found;
}

std::size_t timer_wheel::level_of(std::uint64_t tick) const noexcept
{
    std::uint64_t const difference = tick ^ hand_;
    return std::size_t(std::bit_width(difference | 1U) - 1) / bits_of_a_level;
}

void timer_wheel::place(wheel_timer& timer) noexcept
{
    std::uint64_t const tick = std::max(first_tick_not_before(timer.at_), hand_);
    std::size_t const level = level_of(tick);
    std::size_t const slot = slot_of(tick, level);
    link_before(slots_[level][slot], timer);
    occupied_[level] |= std::uint64_t(1) << slot;
}

void timer_wheel::place_again(wheel_link& slot) noexcept
{
    while (slot.next != &slot) {
        wheel_timer& timer = front(slot);
        unlink(timer);
        place(timer);
    }
}

timer_wheel::where timer_wheel::first_place() const noexcept
{
    for (std::size_t level = 1; level < level_count; ++level) {
        std::size_t const slot = slot_of(hand_, level);
        if (occupied_[level] >> slot & 1U) {
            return {level, slot, hand_};
        }
    }
    std::size_t level = 0;
    while (occupied_[level] == 0) {
        ++level;
    }
    auto const slot = std::size_t(std::countr_zero(occupied_[level]));
    std::uint64_t const above = hand_ >> shift_of(level) >> bits_of_a_level;
    std::uint64_t const begin = (above << bits_of_a_level | slot) << shift_of(level);
    return {level, slot, begin};
}

wheel_timer& timer_wheel::front(wheel_link& slot) noexcept
{
    return static_cast<wheel_timer&>(*slot.next);
}

void timer_wheel::link_before(wheel_link& successor, wheel_link& link) noexcept
{
    link.prev = successor.prev;
    link.next = &successor;
    link.prev->next = &link;
    successor.prev = &link;
}

void timer_wheel::unlink(wheel_link& link) noexcept
{
    wheel_link* const slot = link.prev;
    link.prev->next = link.next;
    link.next->prev = link.prev;
    link = {};
    if (slot->next == slot) {
        forget(*slot);
    }
}

void timer_wheel::forget(wheel_link const& slot) noexcept
{
    auto const place = std::size_t(&slot - &slots_[0][0]);
    occupied_[place / slots_of_a_level] &= ~(std::uint64_t(1) << place % slots_of_a_level);
}

} // namespace resil::core

#endif // RESIL_CORE_TIMER_WHEEL_IPP
