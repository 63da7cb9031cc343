// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_STRIPED_CELLS_HPP
#define RESIL_CORE_STRIPED_CELLS_HPP

#include <resil/config.hpp>
#include <resil/core/cache_line.hpp>
#include <resil/core/thread_slot.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>

namespace resil::core {

/**
 * Numbers that many threads add to, and few read: each thread writes to a stripe of its own.
 *
 * A stripe is made when its thread first writes; where there is no memory for it, and for threads without a number of
 * their own (see `thread_slot`), there is one that threads share. Reading sums over the stripes: each number as it was
 * at some moment, and never smaller than one that was read before.
 *
 * Thread safety: all is safe, without a lock. Writing throws nothing.
 * Cost: on a thread's own stripe an addition is a load and a store; on the shared one a locked instruction.
 */
class striped_cells
{
    using cell = std::atomic<std::uint64_t>;

public:
    /// What one thread writes to; not for other threads.
    class stripe
    {
    public:
        /// Adds to a number.
        void add(std::size_t i, std::uint64_t n) const noexcept
        {
            if (owned_) {
                cells_[i].store(cells_[i].load(relaxed) + n, relaxed);
            } else {
                cells_[i].fetch_add(n, relaxed);
            }
        }

        /// Makes a number at least so large; for those that are read with `max`.
        void raise(std::size_t i, std::uint64_t n) const noexcept
        {
            std::uint64_t before = cells_[i].load(relaxed);
            while (before < n && !cells_[i].compare_exchange_weak(before, n, relaxed)) {
            }
        }

    private:
        friend striped_cells;

        stripe(cell* cells, bool owned) noexcept : cells_(cells), owned_(owned) {}

        cell* cells_;
        bool owned_;
    };

    /// Makes so many numbers, all zero; throws `bad_alloc`.
    explicit striped_cells(std::size_t count) : count_(count)
    {
        stripes_[thread_slot::shared].store(make(), relaxed);
    }

    striped_cells(striped_cells const&) = delete;
    striped_cells& operator=(striped_cells const&) = delete;

    ~striped_cells()
    {
        for (auto& place : stripes_) {
            ::operator delete(place.load(relaxed), alignment);
        }
    }

    /// Returns the stripe of the calling thread.
    stripe mine() noexcept
    {
        std::size_t const slot = thread_slot::mine();
        cell* const found = stripes_[slot].load(relaxed); // only this thread puts one there
        if (found) {
            return stripe(found, slot != thread_slot::shared);
        }
        return first_of(slot);
    }

    /// Returns the stripe that threads share.
    stripe shared() noexcept
    {
        return stripe(stripes_[thread_slot::shared].load(relaxed), false);
    }

    /// Returns a number: the sum of all that was added.
    std::uint64_t sum(std::size_t i) const noexcept
    {
        std::uint64_t all = 0;
        for (auto const& place : stripes_) {
            if (cell const* const cells = place.load(std::memory_order_acquire)) {
                all += cells[i].load(relaxed);
            }
        }
        return all;
    }

    /// Returns the largest number that was given to `raise`.
    std::uint64_t max(std::size_t i) const noexcept
    {
        std::uint64_t most = 0;
        for (auto const& place : stripes_) {
            if (cell const* const cells = place.load(std::memory_order_acquire)) {
                most = std::max(most, cells[i].load(relaxed));
            }
        }
        return most;
    }

private:
    static constexpr auto relaxed = std::memory_order_relaxed;
    static constexpr std::align_val_t alignment{cache_line};

    // Whole cache lines: two threads' stripes do not share one.
    std::size_t size() const noexcept
    {
        return (count_ * sizeof(cell) + cache_line - 1) / cache_line * cache_line;
    }

    cell* make() const { return filled(::operator new(size(), alignment)); }

    cell* filled(void* memory) const noexcept
    {
        auto* const cells = static_cast<cell*>(memory);
        for (std::size_t i = 0; i < count_; ++i) {
            ::new (static_cast<void*>(cells + i)) cell(0);
        }
        return cells;
    }

    stripe first_of(std::size_t slot) noexcept
    {
        void* const memory = ::operator new(size(), alignment, std::nothrow);
        if (!memory) {
            return shared();
        }
        cell* const cells = filled(memory);
        stripes_[slot].store(cells, std::memory_order_release);
        return stripe(cells, true);
    }

    std::size_t count_;
    std::array<std::atomic<cell*>, thread_slot::count> stripes_{};
};

} // namespace resil::core

#endif // RESIL_CORE_STRIPED_CELLS_HPP
