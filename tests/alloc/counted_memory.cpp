// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Counts every call to the system's allocator that this program makes.

#include "alloc/counted_memory.hpp"

#include <cstddef>
#include <cstdlib>
#include <new>

namespace {

std::size_t allocations = 0;

void* counted(std::size_t size) noexcept
{
    ++allocations;
    return std::malloc(size == 0 ? 1 : size);
}

} // namespace

std::size_t allocations_so_far() noexcept
{
    return allocations;
}

void* operator new(std::size_t size)
{
    if (void* const memory = counted(size)) {
        return memory;
    }
    throw std::bad_alloc();
}

void* operator new(std::size_t size, std::nothrow_t const&) noexcept
{
    return counted(size);
}

void operator delete(void* memory) noexcept
{
    std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept
{
    std::free(memory);
}

void operator delete(void* memory, std::nothrow_t const&) noexcept
{
    std::free(memory);
}

// Asio takes the frames of its operations and coroutines from here.
extern "C" void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept
{
    ++allocations;
    void* memory = nullptr;
    return ::posix_memalign(&memory, alignment, size) == 0 ? memory : nullptr;
}
