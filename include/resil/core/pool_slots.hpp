// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_POOL_SLOTS_HPP
#define RESIL_CORE_POOL_SLOTS_HPP

#include <resil/config.hpp>
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
    RESIL_DECL pool_slots(connection_pool_options const& options,
                          pool_actions& actions) noexcept;

    // ----- questions ------------------------------------------------------------------------

    /// Returns how many there may be. May be called from any thread, as the next one.
    std::size_t max_size() const noexcept { return max_size_; }

    /// Returns how many are in a state.
    RESIL_DECL std::size_t number(pool_slot_state state) const noexcept;

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
    RESIL_DECL pool_slot* first() const noexcept;

    /// Returns the idle one that is lent after another, or null.
    RESIL_DECL pool_slot* after(pool_slot const& slot) const noexcept;

    // ----- changes --------------------------------------------------------------------------

    void resize(std::size_t max_size) noexcept { max_size_ = max_size; }

    /// Takes a new slot.
    RESIL_DECL void supply(pool_slot& slot) noexcept;

    /// Returns a vacant slot; only if there is room.
    RESIL_DECL pool_slot& take_spare() noexcept;

    /// Lets a slot go into a state that needs nothing to be done; not `idle` or `vacant`.
    RESIL_DECL void enter(pool_slot& slot, pool_slot_state state, time_point now) noexcept;

    /// Lets a slot go into a state, with something to be done.
    RESIL_DECL void order(pool_slot& slot, pool_slot_state state, pool_task task,
                          time_point now) noexcept;

    /// Puts a slot among the idle ones, by its last use.
    RESIL_DECL void make_idle(pool_slot& slot, time_point now) noexcept;

    /// Puts a slot before the idle ones, to be lent next.
    RESIL_DECL void make_first(pool_slot& slot, time_point now) noexcept;

    /// Empties a slot that is not idle.
    RESIL_DECL void vacate(pool_slot& slot) noexcept;

private:
    RESIL_DECL void spare(pool_slot& slot) noexcept;

    idle_order order_;
    relaxed<std::size_t> max_size_;
    relaxed<std::size_t> supplied_{0};
    pool_slot* spares_ = nullptr;
    pool_list<pool_slot> idle_{};
    std::array<relaxed<std::size_t>, pool_slot_states> numbers_{};
    pool_actions& actions_;
};

} // namespace resil::core

#ifndef RESIL_SEPARATE_COMPILATION
#include <resil/core/pool_slots.ipp>
#endif

#endif // RESIL_CORE_POOL_SLOTS_HPP
