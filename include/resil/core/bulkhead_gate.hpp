// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_BULKHEAD_GATE_HPP
#define RESIL_CORE_BULKHEAD_GATE_HPP

#include <resil/core/bulkhead_machine.hpp>
#include <resil/core/bulkhead_options.hpp>
#include <resil/core/cache_line.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace resil::core {

/**
 * Hands out permits without a lock while some are free and nobody waits.
 *
 * The machine lends its free permits to the gate: they lie in one atomic word, and count as in
 * use with the machine. Whoever needs the machine takes its mutex and does
 *
 *     gate.shut(machine);         // the permits go back to the machine, which can decide
 *     machine.enter(waiter);      // or whatever it is; then pump with `grant_next`
 *     gate.open(machine);         // ...and are lent again, if nobody waits
 *
 * In a gate that is shut nobody takes a permit. Permits that are given back are collected by
 * the next `shut`, and `leave` tells to see to it.
 *
 * No wake-up is lost. Who waits was queued under the mutex, after a `shut`; since then the gate
 * has not been open, for `open` lends nothing while somebody waits. A permit given back before
 * that `shut` was collected by it, and the machine would have handed it out. One given back
 * later found the gate shut, so who gave it back takes the mutex, collects it and pumps. Nor is
 * one forgotten in the word when the gate opens: `open` replaces the word only if it is empty,
 * or else leaves the gate shut, for somebody is on the way to the mutex.
 *
 * Thread safety: `try_enter` and `leave` from any threads; the others under the machine's
 * mutex. What was done before a `leave` happens before whatever is done with that permit
 * afterwards. Nothing allocates, nothing throws.
 * Cost: one atomic operation for `try_enter`, and one for `leave`.
 */
class alignas(cache_line) bulkhead_gate
{
public:
    /// Opens, with all permits of a new machine.
    explicit bulkhead_gate(bulkhead_machine& machine) noexcept { open(machine); }

    bulkhead_gate(bulkhead_gate const&) = delete;
    bulkhead_gate& operator=(bulkhead_gate const&) = delete;

    /// Takes a permit; false if none lies here: then the machine has to decide.
    bool try_enter() noexcept
    {
        auto before = word_.load(std::memory_order_relaxed);
        while (may_enter(before)) {
            if (word_.compare_exchange_weak(before, before + one_admitted - one_permit,
                                            std::memory_order_acquire,
                                            std::memory_order_relaxed)) {
                return true;
            }
        }
        return false;
    }

    /// Gives a held permit back; false if the caller now has to `shut`, pump and `open`.
    [[nodiscard]] bool leave() noexcept
    {
        auto const before = word_.fetch_add(one_permit, std::memory_order_release);
        return (before & is_shut) == 0;
    }

    /// Gives back to the machine what it lent, and what has come in since.
    void shut(bulkhead_machine& machine) noexcept
    {
        auto const before = word_.exchange(is_shut, std::memory_order_acq_rel);
        machine.take_back(permits(before), admitted(before));
    }

    /// Lends permits of the machine, if it has any to lend and nothing came in meanwhile.
    void open(bulkhead_machine& machine) noexcept
    {
        if (!machine.may_lend()) {
            return;
        }
        auto const lent = machine.lend(largest_loan);
        auto expected = is_shut;
        if (!word_.compare_exchange_strong(expected, lent, std::memory_order_acq_rel,
                                           std::memory_order_relaxed)) {
            machine.take_back(lent, 0);
        }
    }

    /// Returns the numbers of this moment.
    bulkhead_snapshot snapshot(bulkhead_machine const& machine) const noexcept
    {
        auto const now = word_.load(std::memory_order_relaxed);
        auto seen = machine.snapshot();
        seen.in_use -= static_cast<std::size_t>(permits(now));
        seen.admitted += admitted(now);
        return seen;
    }

private:
    // From below: 40 bits of permits, more than there can be calls; 23 bits of admissions since
    // the gate opened, which the machine takes over before they overflow; shut or not.
    static constexpr std::uint64_t one_permit = 1;
    static constexpr std::uint64_t one_admitted = std::uint64_t(1) << 40;
    static constexpr std::uint64_t is_shut = std::uint64_t(1) << 63;
    static constexpr std::uint64_t most_admitted = is_shut - one_admitted;
    static constexpr std::uint64_t largest_loan = std::uint64_t(1) << 39;

    static bool may_enter(std::uint64_t word) noexcept
    {
        return permits(word) > 0 && word < most_admitted;
    }

    static std::uint64_t permits(std::uint64_t word) noexcept
    {
        return word & (one_admitted - 1);
    }

    static std::uint64_t admitted(std::uint64_t word) noexcept
    {
        return (word & ~is_shut) / one_admitted;
    }

    std::atomic<std::uint64_t> word_{is_shut};
};

} // namespace resil::core

#endif // RESIL_CORE_BULKHEAD_GATE_HPP
