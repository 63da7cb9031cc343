// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Counts every call to the malloc family that this program makes, whatever makes it.

#include "support/counted_memory.hpp"

#include <atomic>
#include <cerrno>
#include <cstddef>

// What glibc's own malloc family is called when a program replaces the public names.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
}

namespace {

std::atomic<std::size_t> calls{0};
std::atomic<std::size_t> bytes{0};

void count(std::size_t size) noexcept
{
    calls.fetch_add(1, std::memory_order_relaxed);
    bytes.fetch_add(size, std::memory_order_relaxed);
}

void* counted_aligned(std::size_t alignment, std::size_t size) noexcept
{
    count(size);
    return __libc_memalign(alignment, size);
}

} // namespace

bench::memory_use bench::memory_so_far() noexcept
{
    return {calls.load(std::memory_order_relaxed), bytes.load(std::memory_order_relaxed)};
}

extern "C" {

void* malloc(std::size_t size) noexcept
{
    count(size);
    return __libc_malloc(size);
}

void* calloc(std::size_t number, std::size_t size) noexcept
{
    count(number * size);
    return __libc_calloc(number, size);
}

void* realloc(void* memory, std::size_t size) noexcept
{
    count(size);
    return __libc_realloc(memory, size);
}

void* memalign(std::size_t alignment, std::size_t size) noexcept
{
    return counted_aligned(alignment, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept
{
    return counted_aligned(alignment, size);
}

int posix_memalign(void** memory, std::size_t alignment, std::size_t size) noexcept
{
    *memory = counted_aligned(alignment, size);
    return *memory != nullptr ? 0 : ENOMEM;
}

} // extern "C"
