// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "failing_allocations.hpp"

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace contract {
namespace {

struct plan
{
    long count = 0;
    long first = 0; // zero: nothing fails
    bool once = true;
    bool failed = false;
};

thread_local plan current;
std::atomic<long> living{0};

bool fails_now() noexcept
{
    if (current.first == 0 || ++current.count < current.first) {
        return false;
    }
    if (current.once && current.failed) {
        return false;
    }
    current.failed = true;
    return true;
}

void* allocate(std::size_t size) noexcept
{
    void* const memory = fails_now() ? nullptr : std::malloc(size == 0 ? 1 : size);
    living += int(memory != nullptr);
    return memory;
}

void* allocate_or_throw(std::size_t size)
{
    if (void* const memory = allocate(size)) {
        return memory;
    }
    throw std::bad_alloc();
}

void give_back(void* memory) noexcept
{
    living -= int(memory != nullptr);
    std::free(memory);
}

} // namespace

failing_allocations::failing_allocations(long first, mode m) noexcept
{
    current = {.count = 0, .first = first, .once = m == mode::once, .failed = false};
}

bool failing_allocations::stop() noexcept
{
    bool const failed = current.failed;
    current.first = 0;
    return failed;
}

long failing_allocations::live() noexcept
{
    return living;
}

} // namespace contract

void* operator new(std::size_t size)
{
    return contract::allocate_or_throw(size);
}

void* operator new[](std::size_t size)
{
    return contract::allocate_or_throw(size);
}

void* operator new(std::size_t size, std::nothrow_t const&) noexcept
{
    return contract::allocate(size);
}

void* operator new[](std::size_t size, std::nothrow_t const&) noexcept
{
    return contract::allocate(size);
}

void operator delete(void* memory) noexcept
{
    contract::give_back(memory);
}

void operator delete[](void* memory) noexcept
{
    contract::give_back(memory);
}

void operator delete(void* memory, std::size_t) noexcept
{
    contract::give_back(memory);
}

void operator delete[](void* memory, std::size_t) noexcept
{
    contract::give_back(memory);
}

void operator delete(void* memory, std::nothrow_t const&) noexcept
{
    contract::give_back(memory);
}

void operator delete[](void* memory, std::nothrow_t const&) noexcept
{
    contract::give_back(memory);
}

// What Asio allocates by this it gives back by `free`, which cannot be replaced as well: a leak of
// it is found by the leak sanitizer.
extern "C" void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept
{
    void* memory = nullptr;
    if (contract::fails_now() || ::posix_memalign(&memory, alignment, size) != 0) {
        return nullptr;
    }
    return memory;
}
