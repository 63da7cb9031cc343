// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_THREAD_SLOT_HPP
#define RESIL_CORE_THREAD_SLOT_HPP

#include <resil/config.hpp>

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace resil::core {

/**
 * Gives each running thread a number of its own, for memory that only one thread at a time writes to.
 *
 * There are 31 of them; a thread gives its number back when it ends. Zero is nobody's own: that of all threads beyond
 * the 31, and of one that is ending.
 *
 * Thread safety: all is safe. Who gets a number sees what its owner before wrote. Nothing allocates, nothing throws.
 * Cost: a read of a thread-local word; a locked instruction once a thread.
 */
class thread_slot
{
public:
    /// The number that threads share.
    static constexpr std::size_t shared = 0;

    /// How many numbers there are, `shared` included.
    static constexpr std::size_t count = 32;

    /// Returns the number of the calling thread.
    static std::size_t mine() noexcept { return number_ != undecided ? number_ : take(); }

private:
    static constexpr std::size_t undecided = count;

    struct end_of_thread
    {
        ~end_of_thread()
        {
            taken_.fetch_and(~(std::uint32_t(1) << number_), std::memory_order_release);
            number_ = shared;
        }
    };

    static std::size_t take() noexcept
    {
        number_ = shared;
        for (std::size_t free = first_free(); free < count && number_ == shared; free = first_free()) {
            auto const bit = std::uint32_t(1) << free;
            if ((taken_.fetch_or(bit, std::memory_order_acquire) & bit) == 0) { // nobody was faster
                number_ = free;
                static thread_local end_of_thread const at_end{};
                (void)at_end;
            }
        }
        return number_;
    }

    static std::size_t first_free() noexcept
    {
        return static_cast<std::size_t>(std::countr_one(taken_.load(std::memory_order_relaxed)));
    }

    static std::atomic<std::uint32_t> taken_; // a bit for each number; that of `shared` always
    static constinit thread_local std::size_t number_;
};

inline constinit std::atomic<std::uint32_t> thread_slot::taken_{1};
inline constinit thread_local std::size_t thread_slot::number_ = thread_slot::undecided;

} // namespace resil::core

#endif // RESIL_CORE_THREAD_SLOT_HPP
