// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_POOL_PUMP_HPP
#define RESIL_CORE_POOL_PUMP_HPP

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
    pool_snapshot snapshot() const noexcept
    {
        pool_snapshot s;
        counts_.show(s);
        s.max_size = slots_.max_size();
        s.opening = slots_.number(pool_slot_state::opening);
        s.idle = slots_.number(pool_slot_state::idle);
        s.pinging = slots_.number(pool_slot_state::pinging);
        s.in_use = slots_.number(pool_slot_state::leased);
        s.resetting = slots_.number(pool_slot_state::resetting);
        s.closing = slots_.number(pool_slot_state::closing);
        s.size = slots_.size();
        s.waiters = queue_.size();
        s.generation = generations_.current();
        s.paused = paused_;
        s.draining = draining_;
        return s;
    }

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
    time_point begin(time_point now) noexcept
    {
        latest_ = std::max(latest_, now);
        queue_.expire(latest_);
        if (!warm_ups_.empty()) {
            warm_ups_.reach(slots_.usable()); // there may be one that could not be told
            warm_ups_.expire(latest_);
        }
        return latest_;
    }

    // ----- questions ------------------------------------------------------------------------

    std::size_t most_idle() const noexcept
    {
        return std::min(options_.idle_limit(slots_.max_size()), slots_.max_size());
    }

    // Says whether nobody will ever ask for what comes back.
    bool is_last() const noexcept { return draining_ && queue_.front() == nullptr; }

    // What a waiter may count on.
    std::size_t under_way() const noexcept
    {
        return slots_.number(pool_slot_state::opening) + stock_.pings_for_waiters();
    }

    bool may_open(time_point now) const noexcept
    {
        return !paused_ && !draining_ && opener_.may_open(now);
    }

    // Demand that vanished is not opened for: this is asked before every single connect.
    bool wants_another() const noexcept
    {
        if (queue_.front() == nullptr && warm_ups_.empty() && options_.min_idle == 0) {
            return false;
        }
        std::size_t const opening = slots_.number(pool_slot_state::opening);
        std::size_t const pinging = slots_.number(pool_slot_state::pinging);
        return queue_.size() > slots_.idle() + under_way() ||
               queue_.size() + options_.min_idle > slots_.idle() + opening + pinging ||
               warm_ups_.wanted() > slots_.usable() + opening;
    }

    // ----- steps ----------------------------------------------------------------------------

    void tell_connect_failed(error_code error, time_point now) noexcept
    {
        if (pool_waiter* const waiter = queue_.front()) {
            waiter->error = error;
            queue_.fail(*waiter, pool_failure::connect_failed, now);
        }
        warm_ups_.fail_all(pool_failure::connect_failed, error);
    }

    // A connection is ready: it goes to who waits, in this same step, or becomes idle.
    void settle(pool_slot& slot, time_point now) noexcept
    {
        if (auto const why = stock_.unfit(slot, now)) {
            stock_.retire(slot, *why, now);
        } else {
            slots_.make_idle(slot, now);
        }
        pump(now);
    }

    // ----- the pump -------------------------------------------------------------------------

    void pump(time_point now) noexcept
    {
        retry_ = false;
        if (!paused_) {
            serve(now);
            open_wanted(now);
        }
        stock_.close_surplus(now);
        if (draining_) {
            finish_drain(now);
        }
        if (!warm_ups_.empty()) {
            warm_ups_.reach(slots_.usable());
        }
    }

    void serve(time_point now) noexcept
    {
        while (queue_.front() != nullptr) {
            pool_slot* const slot = stock_.find_lendable(now);
            if (slot == nullptr) {
                return ping_for_waiters(now);
            }
            stock_.lend(*slot, now);
            queue_.serve(*slot, now);
        }
    }

    // Each ping is for one waiter: for the first that cannot count on anything else.
    void ping_for_waiters(time_point now) noexcept
    {
        auto* waiter = slots_.idle() > 0 ? queue_.behind(under_way()) : nullptr;
        for (; waiter != nullptr && slots_.idle() > 0; waiter = waiter->next) {
            stock_.ping(*slots_.first(), ping_patience(options_, now, waiter->deadline), now);
        }
    }

    void open_wanted(time_point now) noexcept
    {
        while (wants_another() && may_open(now)) {
            opener_.open(now);
        }
    }

    void finish_drain(time_point now) noexcept
    {
        if (slots_.live() == 0) {
            queue_.fail_all(pool_failure::draining, now);
        }
        if (queue_.front() == nullptr) {
            stock_.clear(now);
        }
    }

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

#endif // RESIL_CORE_POOL_PUMP_HPP
