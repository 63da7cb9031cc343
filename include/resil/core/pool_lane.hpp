// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_POOL_LANE_HPP
#define RESIL_CORE_POOL_LANE_HPP

#include <resil/core/cache_line.hpp>
#include <resil/core/pool_machine.hpp>
#include <resil/core/pool_options.hpp>
#include <resil/core/pool_rules.hpp>
#include <resil/core/pool_state.hpp>
#include <resil/core/saturate.hpp>
#include <resil/error.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace resil::core {

/// A slot that can lie in the lane, too.
struct lane_slot : pool_slot
{
    std::atomic<std::uint16_t> below{0}; ///< The index of the one under it in the lane.
    std::uint16_t index = 0;             ///< Its own, for ever.
    std::atomic<std::uint64_t> lends{0}; ///< How often it was lent from the lane.
    time_point good_until{};             ///< From then on it must not be lent as it is.
};

/**
 * Lends the idle connections of a quiet pool, and takes them back, without a lock.
 *
 * The machine hands idle connections that may be lent as they are to the lane, a stack in one
 * atomic word, and counts them as lent. Whoever needs the machine takes its mutex and does
 *
 *     lane.shut(machine);           // what lies in the lane is idle in the machine again
 *     machine.acquire(waiter, ...); // or whatever it is
 *     lane.open(machine, now);      // ...and lies here again, if nobody waits
 *
 * In a lane that is shut nobody takes or puts anything. No wake-up is lost: who waits was queued
 * under the mutex after a `shut`, and the lane does not open while anybody waits; so what is
 * given back meanwhile goes through the machine. A connection of a time that has come under
 * suspicion is not put here: the lane was shut when that became known, and who read the word
 * before that fails to replace it, for its tag has changed.
 *
 * Thread safety: `take`, `put` and `idle` from any threads, the others under the machine's mutex.
 * What was done with a connection before `put` happens before whatever is done after the next
 * `take`. Nothing throws but `learn`, which alone allocates.
 * Cost: one atomic operation for `take`, and one for `put`; `shut` and `open` look at every
 * connection that is idle.
 */
class alignas(cache_line) pool_lane
{
public:
    /// Pools with more slots than this have no lane.
    static constexpr std::size_t most_slots = 65534;

    /// `used` false: it stays shut for ever.
    explicit pool_lane(bool used) noexcept : used_(used) {}

    pool_lane(pool_lane const&) = delete;
    pool_lane& operator=(pool_lane const&) = delete;

    /// Makes a slot known, before the machine gets it. Throws `bad_alloc`, with nothing changed.
    void learn(lane_slot& slot)
    {
        if (!used_ || known_ == most_slots) {
            used_ = false;
            return;
        }
        if (known_ == capacity_) {
            grow();
        }
        slot.index = static_cast<std::uint16_t>(known_);
        table_.load(std::memory_order_relaxed)[known_] = &slot;
        known_.fetch_add(1, std::memory_order_release);
    }

    /// Takes the connection that was used last; null if none lies here. It must be `fit`.
    lane_slot* take() noexcept
    {
        auto before = word_.load(std::memory_order_acquire);
        while (index_of(before) < most_slots) {
            lane_slot& top = at(index_of(before));
            auto const below = top.below.load(std::memory_order_relaxed);
            if (word_.compare_exchange_weak(before, word(before, count_of(before) - 1, below),
                                            std::memory_order_acquire,
                                            std::memory_order_acquire)) {
                return &top;
            }
        }
        return nullptr;
    }

    /// Says whether a connection that was taken may be lent as it is; else the machine gets it.
    static bool fit(lane_slot const& slot, time_point now) noexcept
    {
        return now < slot.good_until && !used_up(slot);
    }

    /// Counts a loan of a connection that was taken.
    static void lend(lane_slot& slot, time_point now) noexcept
    {
        ++slot.uses;
        slot.since = now;
        slot.lends.store(slot.lends.load(std::memory_order_relaxed) + 1,
                         std::memory_order_relaxed);
    }

    /// Puts a connection back that can be lent again; false if that is for the machine to decide.
    [[nodiscard]] bool put(lane_slot& slot, connection_pool_options const& options,
                           time_point now) noexcept
    {
        auto before = word_.load(std::memory_order_acquire);
        if (index_of(before) == is_shut || now >= slot.expires_at || used_up(slot)) {
            return false;
        }
        slot.idle_since = slot.alive_at = now;
        slot.good_until = good_until(slot, options);
        while (index_of(before) != is_shut &&
               slot.generation >= trusted_from_.load(std::memory_order_relaxed)) {
            slot.below.store(index_of(before), std::memory_order_relaxed);
            if (word_.compare_exchange_weak(
                    before, word(before, count_of(before) + 1, slot.index),
                    std::memory_order_release, std::memory_order_acquire)) {
                return true;
            }
        }
        return false;
    }

    /// Gives back to the machine what lies here.
    void shut(pool_machine& machine) noexcept
    {
        auto before = word_.load(std::memory_order_acquire);
        while (index_of(before) != is_shut &&
               !word_.compare_exchange_weak(before, word(before, 0, is_shut),
                                            std::memory_order_acquire,
                                            std::memory_order_acquire)) {
        }
        pool_slot* oldest = nullptr; // the machine wants them in the order of their use
        for (auto i = index_of(before); i < most_slots;) {
            lane_slot& slot = at(i);
            i = slot.below.load(std::memory_order_relaxed);
            slot.next = oldest;
            oldest = &slot;
        }
        while (oldest != nullptr) {
            pool_slot& slot = *oldest;
            oldest = slot.next;
            machine.take_in(slot);
        }
    }

    /// Takes what the machine can lend without being asked, if it can.
    void open(pool_machine& machine, time_point now) noexcept
    {
        if (!used_ || !machine.may_lend()) {
            return;
        }
        std::size_t count = 0;
        std::uint16_t top = is_empty;
        for (pool_slot* next = machine.least_recent(); next != nullptr;) {
            auto& slot = static_cast<lane_slot&>(*next);
            next = machine.more_recent(slot);
            if (machine.lend_out(slot, now)) {
                slot.good_until = good_until(slot, machine.options());
                slot.below.store(top, std::memory_order_relaxed);
                top = slot.index;
                ++count;
            }
        }
        trusted_from_.store(machine.trusted_from(), std::memory_order_relaxed);
        word_.store(word(word_.load(std::memory_order_relaxed), count, top),
                    std::memory_order_release);
    }

    /// Returns how many connections lie here.
    std::size_t idle() const noexcept
    {
        return count_of(word_.load(std::memory_order_relaxed));
    }

    /// Returns how many loans were made from here.
    std::uint64_t lends() const noexcept
    {
        std::uint64_t sum = 0;
        std::size_t const known = known_.load(std::memory_order_acquire);
        for (std::size_t i = 0; i < known; ++i) {
            sum += at(i).lends.load(std::memory_order_relaxed);
        }
        return sum;
    }

private:
    // From below: 16 bits for the index of the top; 16 bits for how many lie here; a tag that
    // changes with every change, so that a word never comes back while somebody looks at it.
    static constexpr std::uint16_t is_empty = 0xFFFE;
    static constexpr std::uint16_t is_shut = 0xFFFF;

    static std::uint16_t index_of(std::uint64_t word) noexcept
    {
        return static_cast<std::uint16_t>(word);
    }

    static std::size_t count_of(std::uint64_t word) noexcept { return (word >> 16) & 0xFFFF; }

    static std::uint64_t word(std::uint64_t before, std::size_t count,
                              std::uint16_t top) noexcept
    {
        return (((before >> 32) + 1) << 32) | (std::uint64_t(count) << 16) | top;
    }

    static time_point good_until(lane_slot const& slot,
                                 connection_pool_options const& options) noexcept
    {
        return std::min(slot.expires_at, plus(slot.alive_at, options.ping_after_idle));
    }

    lane_slot& at(std::size_t index) const noexcept
    {
        return *table_.load(std::memory_order_acquire)[index];
    }

    // Readers may still look at the table before, so it is kept.
    void grow()
    {
        std::size_t const more = std::min(std::max<std::size_t>(16, capacity_ * 2), most_slots);
        std::vector<lane_slot*> made(more);
        std::copy_n(table_.load(std::memory_order_relaxed), known_.load(), made.data());
        tables_.push_back(std::move(made));
        table_.store(tables_.back().data(), std::memory_order_release);
        capacity_ = more;
    }

    std::atomic<std::uint64_t> word_{is_shut};
    std::atomic<lane_slot**> table_{nullptr};
    std::atomic<std::uint64_t> trusted_from_{0};
    std::atomic<std::size_t> known_{0};
    std::size_t capacity_ = 0;
    bool used_;
    std::vector<std::vector<lane_slot*>> tables_;
};

} // namespace resil::core

#endif // RESIL_CORE_POOL_LANE_HPP
