// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_POOL_SLOTS_HPP
#define RESIL_CORE_POOL_SLOTS_HPP

#include <resil/core/pool_list.hpp>
#include <resil/core/pool_options.hpp>
#include <resil/core/pool_slot.hpp>
#include <resil/core/tally.hpp>
#include <resil/error.hpp>

#include <array>
#include <cstddef>
#include <utility>

namespace resil::core {

/**
 * Keeps the slots of a pool: the vacant ones, the idle ones in order, and how many are in which
 * state. It decides nothing.
 *
 * The idle ones are in the order of their last use, the latest first.
 */
class pool_slots
{
public:
    pool_slots(connection_pool_options const& options, pool_actions& actions) noexcept
        : order_(options.idle_order), max_size_(options.max_size), actions_(actions)
    {
    }

    // ----- questions ------------------------------------------------------------------------

    /// Returns how many there may be. May be called from any thread, as the next one.
    std::size_t max_size() const noexcept { return max_size_; }

    /// Returns how many are in a state.
    std::size_t number(pool_slot_state state) const noexcept
    {
        return numbers_[static_cast<std::size_t>(state)];
    }

    /// Returns how many are not vacant.
    std::size_t size() const noexcept { return supplied_ - number(pool_slot_state::vacant); }

    /// Returns how many are neither vacant nor being closed.
    std::size_t live() const noexcept { return size() - number(pool_slot_state::closing); }

    /// Returns how many hold a connection that is not being closed.
    std::size_t usable() const noexcept { return live() - number(pool_slot_state::opening); }

    /// Returns how many are idle.
    std::size_t idle() const noexcept { return idle_.size(); }

    /// Says whether one more may be opened.
    bool room() const noexcept { return spares_ != nullptr && size() < max_size_; }

    /// Returns the idle one that was used last, or null.
    pool_slot* newest() const noexcept { return idle_.front(); }

    /// Returns the idle one that has been unused longest, or null.
    pool_slot* oldest() const noexcept { return idle_.back(); }

    /// Returns the idle one that is lent first, or null.
    pool_slot* first() const noexcept
    {
        return order_ == idle_order::lifo ? idle_.front() : idle_.back();
    }

    /// Returns the idle one that is lent after another, or null.
    pool_slot* after(pool_slot const& slot) const noexcept
    {
        return order_ == idle_order::lifo ? slot.next : slot.prev;
    }

    // ----- changes --------------------------------------------------------------------------

    void resize(std::size_t max_size) noexcept { max_size_ = max_size; }

    /// Takes a new slot.
    void supply(pool_slot& slot) noexcept
    {
        spare(slot);
        ++supplied_;
    }

    /// Returns a vacant slot; only if there is room.
    pool_slot& take_spare() noexcept
    {
        pool_slot& slot = *spares_;
        spares_ = std::exchange(slot.next, nullptr);
        return slot;
    }

    /// Lets a slot go into a state that needs nothing to be done; not `idle` or `vacant`.
    void enter(pool_slot& slot, pool_slot_state state, time_point now) noexcept
    {
        if (slot.state == pool_slot_state::idle) {
            idle_.erase(slot);
        }
        --numbers_[static_cast<std::size_t>(slot.state)];
        ++numbers_[static_cast<std::size_t>(state)];
        slot.state = state;
        slot.since = now;
    }

    /// Lets a slot go into a state, with something to be done.
    void order(pool_slot& slot, pool_slot_state state, pool_task task, time_point now) noexcept
    {
        enter(slot, state, now);
        slot.task = task;
        actions_.add(slot);
    }

    /// Puts a slot among the idle ones, by its last use.
    void make_idle(pool_slot& slot, time_point now) noexcept
    {
        enter(slot, pool_slot_state::idle, now);
        pool_slot* successor = idle_.front();
        while (successor != nullptr && successor->idle_since > slot.idle_since) {
            successor = successor->next;
        }
        idle_.insert(slot, successor);
    }

    /// Puts a slot before the idle ones, to be lent next.
    void make_first(pool_slot& slot, time_point now) noexcept
    {
        enter(slot, pool_slot_state::idle, now);
        idle_.insert(slot, order_ == idle_order::lifo ? idle_.front() : nullptr);
    }

    /// Empties a slot that is not idle.
    void vacate(pool_slot& slot) noexcept
    {
        --numbers_[static_cast<std::size_t>(slot.state)];
        spare(slot);
    }

private:
    void spare(pool_slot& slot) noexcept
    {
        slot = {};
        slot.next = std::exchange(spares_, &slot);
        ++numbers_[static_cast<std::size_t>(pool_slot_state::vacant)];
    }

    idle_order order_;
    relaxed<std::size_t> max_size_;
    relaxed<std::size_t> supplied_{0};
    pool_slot* spares_ = nullptr;
    pool_list<pool_slot> idle_{};
    std::array<relaxed<std::size_t>, pool_slot_states> numbers_{};
    pool_actions& actions_;
};

} // namespace resil::core

#endif // RESIL_CORE_POOL_SLOTS_HPP
