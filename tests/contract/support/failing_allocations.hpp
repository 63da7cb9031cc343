// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_CONTRACT_SUPPORT_FAILING_ALLOCATIONS_HPP
#define RESIL_TESTS_CONTRACT_SUPPORT_FAILING_ALLOCATIONS_HPP

namespace contract {

/**
 * Lets an allocation of this thread fail, for the length of its life.
 *
 * It stands behind `operator new`, its nothrow form, and `aligned_alloc`, which Asio uses; all are
 * replaced in this program. Allocations are counted from 1.
 */
class failing_allocations
{
public:
    enum class mode
    {
        once,         ///< Only that one fails.
        from_then_on, ///< That one fails, and all after it.
    };

    failing_allocations(long first, mode m) noexcept;
    failing_allocations(failing_allocations const&) = delete;
    failing_allocations& operator=(failing_allocations const&) = delete;
    ~failing_allocations() { stop(); }

    /// Lets all allocations succeed again; says whether one has failed.
    bool stop() noexcept;

    /// Returns how many objects of `operator new` are alive.
    static long live() noexcept;
};

} // namespace contract

#endif // RESIL_TESTS_CONTRACT_SUPPORT_FAILING_ALLOCATIONS_HPP
