// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_CALL_MEMORY_HPP
#define RESIL_DETAIL_CALL_MEMORY_HPP

#include <resil/config.hpp>

#include <boost/asio/recycling_allocator.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace resil::detail {

/// Blocks that one thread has given back, kept for the next calls.
class kept_blocks
{
public:
    static kept_blocks& of_this_thread() noexcept { return mine; }

    kept_blocks(kept_blocks const&) = delete;
    kept_blocks& operator=(kept_blocks const&) = delete;

    /// The sizes of blocks: things of nearly the same size share them.
    static constexpr std::size_t size_for(std::size_t bytes) noexcept
    {
        return (bytes + 63) / 64 * 64;
    }

    /// Returns a block of a size, or null; the one that was given back last is tried first.
    void* take(std::size_t bytes) noexcept
    {
        for (std::size_t i = count_; i-- > 0;) {
            if (blocks_[i].bytes == bytes) {
                void* const found = blocks_[i].memory;
                remove(i);
                return found;
            }
        }
        return nullptr;
    }

    /// Takes a block over; if there is no room, the one that nobody wanted for longest goes.
    void keep(void* memory, std::size_t bytes) noexcept
    {
        if (state_ != state::open && !open()) {
            return ::operator delete(memory);
        }
        if (count_ == blocks_.size()) {
            ::operator delete(blocks_[0].memory);
            remove(0);
        }
        blocks_[count_++] = {memory, bytes};
    }

private:
    constexpr kept_blocks() = default;

    enum class state : unsigned char
    {
        unused,
        open,
        ended, ///< The thread is ending: nothing is kept any more.
    };

    /// Gives the blocks back when the thread ends. A thing apart, so that reaching the blocks
    /// themselves takes no look at whether they have been constructed.
    struct end_of_thread
    {
        ~end_of_thread() { mine.end(); }
    };

    bool open() noexcept
    {
        if (state_ == state::ended) {
            return false;
        }
        static thread_local end_of_thread const at_end{};
        (void)at_end;
        state_ = state::open;
        return true;
    }

    void end() noexcept
    {
        state_ = state::ended;
        for (; count_ > 0; --count_) {
            ::operator delete(blocks_[count_ - 1].memory);
        }
    }

    struct block
    {
        void* memory = nullptr;
        std::size_t bytes = 0;
    };

    void remove(std::size_t i) noexcept
    {
        std::move(blocks_.begin() + std::ptrdiff_t(i) + 1, blocks_.begin() + std::ptrdiff_t(count_),
                  blocks_.begin() + std::ptrdiff_t(i));
        --count_;
    }

    std::array<block, 8> blocks_{}; // the oldest first
    std::size_t count_ = 0;
    state state_ = state::unused;

    static constinit thread_local kept_blocks mine;
};

inline constinit thread_local kept_blocks kept_blocks::mine{};

/**
 * Allocates what a call is made of, from blocks that are kept for each thread.
 *
 * Asio keeps two blocks of up to 1020 bytes a thread, which its own functions need: a call that took them
 * would make Asio go to the system.
 */
template <class T>
class call_allocator
{
public:
    using value_type = T;

    call_allocator() noexcept = default;

    template <class Other>
    explicit call_allocator(Other const&) noexcept
    {
    }

    T* allocate(std::size_t n)
    {
        if constexpr (is_overaligned) {
            return boost::asio::recycling_allocator<T>().allocate(n);
        } else {
            std::size_t const bytes = kept_blocks::size_for(sizeof(T) * n);
            void* const kept = kept_blocks::of_this_thread().take(bytes);
            return static_cast<T*>(kept ? kept : ::operator new(bytes));
        }
    }

    void deallocate(T* memory, std::size_t n) noexcept
    {
        if constexpr (is_overaligned) {
            boost::asio::recycling_allocator<T>().deallocate(memory, n);
        } else {
            kept_blocks::of_this_thread().keep(memory, kept_blocks::size_for(sizeof(T) * n));
        }
    }

private:
    static constexpr bool is_overaligned = alignof(T) > __STDCPP_DEFAULT_NEW_ALIGNMENT__;
};

/// The allocator of a call's own memory: the handler's, if the handler has one.
template <class T, class HandlerAllocator>
struct call_allocator_for
{
    using type = typename std::allocator_traits<HandlerAllocator>::template rebind_alloc<T>;
};

template <class T>
struct call_allocator_for<T, boost::asio::recycling_allocator<void>>
{
    using type = call_allocator<T>;
};

} // namespace resil::detail

#endif // RESIL_DETAIL_CALL_MEMORY_HPP
