// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_CALL_MEMORY_HPP
#define RESIL_DETAIL_CALL_MEMORY_HPP

#include <boost/asio/recycling_allocator.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace resil::detail {

/// The blocks of finished calls of one thread, kept for the next ones.
class kept_blocks
{
public:
    kept_blocks() = default;
    kept_blocks(kept_blocks const&) = delete;
    kept_blocks& operator=(kept_blocks const&) = delete;

    ~kept_blocks()
    {
        for (block& b : blocks_) {
            ::operator delete(b.memory);
        }
    }

    /// Returns a block that is large enough, or null.
    void* take(std::size_t bytes) noexcept
    {
        for (block& b : blocks_) {
            if (b.memory && b.bytes >= bytes) {
                return std::exchange(b.memory, nullptr);
            }
        }
        return nullptr;
    }

    /// Keeps a block; false if there is no room for it.
    bool keep(void* memory, std::size_t bytes) noexcept
    {
        for (block& b : blocks_) {
            if (!b.memory) {
                b = {memory, bytes};
                return true;
            }
        }
        return false;
    }

private:
    struct block
    {
        void* memory = nullptr;
        std::size_t bytes = 0;
    };

    std::array<block, 4> blocks_{};
};

/**
 * Allocates calls: from Asio's recycled memory up to the size that Asio recycles, else from our own.
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
        if constexpr (is_small) {
            return boost::asio::recycling_allocator<T>().allocate(n);
        } else {
            void* const kept = cache().take(sizeof(T) * n);
            return static_cast<T*>(kept ? kept : ::operator new(sizeof(T) * n));
        }
    }

    void deallocate(T* memory, std::size_t n) noexcept
    {
        if constexpr (is_small) {
            boost::asio::recycling_allocator<T>().deallocate(memory, n);
        } else if (!cache().keep(memory, sizeof(T) * n)) {
            ::operator delete(memory);
        }
    }

private:
    /// Asio keeps the size of a block in one byte, in units of four.
    static constexpr bool is_small =
        sizeof(T) <= 4 * 255 || alignof(T) > __STDCPP_DEFAULT_NEW_ALIGNMENT__;

    static kept_blocks& cache() noexcept
    {
        thread_local kept_blocks blocks;
        return blocks;
    }
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
