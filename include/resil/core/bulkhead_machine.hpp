// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_BULKHEAD_MACHINE_HPP
#define RESIL_CORE_BULKHEAD_MACHINE_HPP

#include <resil/config.hpp>
#include <resil/core/bulkhead_options.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace resil::core {

/// A call's place in the queue of a bulkhead; it lives in the call's own state, so that
/// queueing allocates nothing. Not moved while `queued`. The machine alone writes it.
struct bulkhead_waiter
{
    bulkhead_waiter* prev = nullptr;
    bulkhead_waiter* next = nullptr;
    bool queued = false; ///< In the queue. Not in it means: never entered, granted, or gone.
};

/// What became of a call that wants a permit.
enum class bulkhead_entry
{
    admitted, ///< It holds a permit.
    queued,   ///< It waits; a later `leave` or `grant_next` hands it a permit.
    full,     ///< Neither a permit nor a place in the queue is free.
};

/**
 * Hands out permits, in order of arrival: the bulkhead without threads, clocks and handlers.
 *
 * Who comes first is served first: a freed permit goes to the head of the queue in the same
 * step, and a newcomer never overtakes a waiter. Between two calls of members, with `h` the
 * handovers that failed and were not yet pumped,
 *
 *     in_use <= max_concurrent,   unless `resize` lowered it: then it only falls;
 *     queued > 0  implies  in_use >= max_concurrent,   unless h > 0.
 *
 * A waiter that is returned by `leave` or `grant_next` holds a permit and is out of the queue:
 * the caller wakes it, and if that cannot be done, says `handover_failed`. Who waits too long
 * or is cancelled says `abandon`; its result tells whether a permit had been handed over
 * meanwhile, which must then be left with `leave`.
 *
 * Thread safety: none; guard it with a mutex. Nothing allocates, nothing throws; every member
 * takes constant time. Waiters must be gone before the machine is.
 */
class bulkhead_machine
{
public:
    /// Takes the limits; they have been validated.
    RESIL_DECL explicit bulkhead_machine(bulkhead_options const& options) noexcept;

    bulkhead_machine(bulkhead_machine const&) = delete;
    bulkhead_machine& operator=(bulkhead_machine const&) = delete;

    /// Takes a permit, or a place at the end of the queue, or neither.
    RESIL_DECL bulkhead_entry enter(bulkhead_waiter& waiter) noexcept;

    /// Gives a permit back; returns the waiter that got it, or null. Without a permit in use,
    /// nothing happens.
    RESIL_DECL bulkhead_waiter* leave() noexcept;

    /// Hands a free permit to the head of the queue; returns it, or null if there is no permit
    /// or no waiter. Call it until null after `resize` and after a failed handover.
    RESIL_DECL bulkhead_waiter* grant_next() noexcept;

    /// Takes a waiter out of the queue. False if it is not there: if it ever queued, it has
    /// been handed a permit, which is now its to give back.
    RESIL_DECL bool abandon(bulkhead_waiter& waiter) noexcept;

    /// Undoes a handover: frees the permit and puts the waiter back at the head, even of a full
    /// queue. The next event has to pump with `grant_next`. False, and nothing happens, if the
    /// waiter is queued already or no permit is in use.
    RESIL_DECL bool handover_failed(bulkhead_waiter& waiter) noexcept;

    /// Says whether free permits may be handed out elsewhere: nobody waits for them, and no
    /// permit that is given back has to be withheld.
    bool may_lend() const noexcept { return queued_ == 0 && in_use_ <= max_concurrent_; }

    /// Lends free permits, up to so many, and returns how many. They count as in use until
    /// `take_back`. Only if `may_lend`.
    RESIL_DECL std::uint64_t lend(std::uint64_t most) noexcept;

    /// Takes back permits that are free, lent ones or others, and hears how many calls were
    /// admitted with lent ones. Then pump with `grant_next`.
    RESIL_DECL void take_back(std::uint64_t permits, std::uint64_t admitted) noexcept;

    /// Changes the number of permits. More: pump with `grant_next`. Fewer: the calls in flight
    /// finish, and no permit is handed out until enough of them have left.
    void resize(std::size_t max_concurrent) noexcept { max_concurrent_ = max_concurrent; }

    /// Changes both limits. Who waits already goes on waiting.
    RESIL_DECL void resize(std::size_t max_concurrent, std::size_t max_queued) noexcept;

    /// Returns the numbers of this moment.
    RESIL_DECL bulkhead_snapshot snapshot() const noexcept;

    /// Returns the waiter that has waited longest, or null.
    bulkhead_waiter* head() const noexcept { return head_; }

private:
    RESIL_DECL void take_permit() noexcept;

    // Null stands for the end of the queue.
    RESIL_DECL void link_before(bulkhead_waiter& waiter, bulkhead_waiter* successor) noexcept;

    RESIL_DECL void unlink(bulkhead_waiter& waiter) noexcept;

    std::size_t max_concurrent_;
    std::size_t max_queued_;
    std::size_t in_use_ = 0;
    std::size_t queued_ = 0;
    bulkhead_waiter* head_ = nullptr;
    bulkhead_waiter* tail_ = nullptr;
    std::uint64_t admitted_ = 0;
    std::uint64_t rejected_ = 0;
    std::uint64_t abandoned_ = 0;
};

} // namespace resil::core

#ifndef RESIL_SEPARATE_COMPILATION
#include <resil/core/bulkhead_machine.ipp>
#endif

#endif // RESIL_CORE_BULKHEAD_MACHINE_HPP
