// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef TESTS_ALLOC_COUNTED_MEMORY_HPP
#define TESTS_ALLOC_COUNTED_MEMORY_HPP

#include <cstddef>

/// Returns how often this program has called `operator new` and `aligned_alloc` until now.
std::size_t allocations_so_far() noexcept;

/// Returns how often a function calls the system's allocator.
template <class Function>
std::size_t allocated_by(Function&& function)
{
    std::size_t const before = allocations_so_far();
    function();
    return allocations_so_far() - before;
}

#endif // TESTS_ALLOC_COUNTED_MEMORY_HPP
