// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef BENCH_SUPPORT_COUNTED_MEMORY_HPP
#define BENCH_SUPPORT_COUNTED_MEMORY_HPP

#include <cstddef>

namespace bench {

/// What this program has asked of the system's allocator until now, `operator new` and Asio's
/// `aligned_alloc` included.
struct memory_use
{
    std::size_t calls; ///< Of the malloc family; `free` is not counted.
    std::size_t bytes; ///< Asked for in those calls.
};

memory_use memory_so_far() noexcept;

/// Returns what a function asks of the system's allocator.
template <class Function>
memory_use memory_of(Function&& function)
{
    memory_use const before = memory_so_far();
    function();
    memory_use const after = memory_so_far();
    return {after.calls - before.calls, after.bytes - before.bytes};
}

} // namespace bench

#endif // BENCH_SUPPORT_COUNTED_MEMORY_HPP
