// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_POOL_PUMP_HPP
#define RESIL_CORE_POOL_PUMP_HPP

#include <resil/config.hpp>
#include <resil/core/pool_counts.hpp>
#include <resil/core/pool_generations.hpp>
#include <resil/core/pool_histogram.hpp>
#include <resil/core/pool_opener.hpp>
#include <resil/core/pool_options.hpp>
#include <resil/core/pool_queue.hpp>
#include <resil/core/pool_rules.hpp>
#include <resil/core/pool_slot.hpp>
#include <resil/core/pool_slots.hpp>
#include <resil/core/pool_state.hpp>
#include <resil/core/pool_stock.hpp>
#include <resil/core/pool_warm_ups.hpp>
#include <resil/core/tally.hpp>
#include <resil/error.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace resil::core {

/// The parts of a pool, and the one function that keeps its promises; see `pool_machine`, which
/// is made of events: each begins with `begin` and ends with `pump`.
class pool_pump
{
public:
    /// Takes options that have been validated.
    explicit pool_pump(connection_pool_options const& options) : options_(options) {}

    pool_pump(pool_pump const&) = delete;
    pool_pump& operator=(pool_pump const&) = delete;

    // ----- numbers; from any thread ---------------------------------------------------------

    /// Says whether it is being drained, or has been.
    bool draining() const noexcept { return draining_; }

    /// Returns how many connections are idle; any thread may ask.
    std::size_t idle() const noexcept { return slots_.number(pool_slot_state::idle); }

    /// Returns how many connections are lent.
    std::size_t in_use() const noexcept { return slots_.number(pool_slot_state::leased); }

    /// Returns how many connections there are: idle, lent, pinged or reset.
    std::size_t connected() const noexcept { return slots_.usable(); }

    /// Returns how many connections have been opened.
    std::uint64_t connections_opened() const noexcept { return counts_.opened; }

    /// Returns the numbers; each as it was at some moment during the call.
    RESIL_DECL pool_snapshot snapshot() const noexcept;

    /// Returns how long those waited who then got a connection; not those who got one at once.
    pool_histogram const& waits_served() const noexcept { return counts_.waits_served; }

    /// Returns how long those waited in vain who were not rejected at once.
    pool_histogram const& waits_failed() const noexcept { return counts_.waits_failed; }

    /// Returns how long connections were lent.
    pool_histogram const& holds() const noexcept { return counts_.holds; }

    /// Returns how long it took to open connections.
    pool_histogram const& connects() const noexcept { return counts_.connects; }

protected:
    // Every event begins with this, and nobody who is out of time sees any more of it.
    RESIL_DECL time_point begin(time_point now) noexcept;

    // ----- questions ------------------------------------------------------------------------

    RESIL_DECL std::size_t most_idle() const noexcept;

    // Says whether nobody will ever ask for what comes back.
    bool is_last() const noexcept { return draining_ && queue_.front() == nullptr; }

    // What a waiter may count on.
    RESIL_DECL std::size_t under_way() const noexcept;

    RESIL_DECL bool may_open(time_point now) const noexcept;

    // Demand that vanished is not opened for: this is asked before every single connect.
    RESIL_DECL bool wants_another() const noexcept;

    // ----- steps ----------------------------------------------------------------------------

    RESIL_DECL void tell_connect_failed(error_code error, time_point now) noexcept;

    // A connection is ready: it goes to who waits, in this same step, or becomes idle.
    RESIL_DECL void settle(pool_slot& slot, time_point now) noexcept;

    // ----- the pump -------------------------------------------------------------------------

    RESIL_DECL void pump(time_point now) noexcept;

    RESIL_DECL void serve(time_point now) noexcept;

    // Each ping is for one waiter: for the first that cannot count on anything else.
    RESIL_DECL void ping_for_waiters(time_point now) noexcept;

    RESIL_DECL void open_wanted(time_point now) noexcept;

    RESIL_DECL void finish_drain(time_point now) noexcept;

    connection_pool_options options_;
    pool_actions actions_{};
    pool_counts counts_{};
    pool_generations generations_{};
    pool_slots slots_{options_, actions_};
    pool_queue queue_{counts_, actions_};
    pool_warm_ups warm_ups_{counts_, actions_};
    pool_opener opener_{options_, slots_, generations_, counts_};
    pool_stock stock_{options_, slots_, generations_, counts_, actions_};
    time_point latest_ = time_point::min();
    relaxed<bool> paused_{false};
    relaxed<bool> draining_{false};
    bool retry_ = false;
};

} // namespace resil::core

#ifndef RESIL_SEPARATE_COMPILATION
#include <resil/core/pool_pump.ipp>
#endif

#endif // RESIL_CORE_POOL_PUMP_HPP
