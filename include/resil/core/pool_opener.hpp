// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_POOL_OPENER_HPP
#define RESIL_CORE_POOL_OPENER_HPP

#include <resil/core/pool_counts.hpp>
#include <resil/core/pool_gate.hpp>
#include <resil/core/pool_generations.hpp>
#include <resil/core/pool_options.hpp>
#include <resil/core/pool_rules.hpp>
#include <resil/core/pool_slots.hpp>
#include <resil/core/saturate.hpp>
#include <resil/error.hpp>

#include <cstddef>
#include <cstdint>

namespace resil::core {

/// Opens connections: so many at once, and after failures with pauses. It does not know how
/// many are wanted.
class pool_opener
{
public:
    pool_opener(connection_pool_options const& options, pool_slots& slots,
                pool_generations const& generations, pool_counts& counts) noexcept
        : options_(options), slots_(slots), generations_(generations), counts_(counts)
    {
    }

    /// Says whether one may be opened at some time, as things are.
    bool may_open(time_point now) const noexcept
    {
        std::size_t const most = tripped() ? 1 : options_.max_connecting;
        return slots_.room() && slots_.number(pool_slot_state::opening) < most &&
               gate_.open(now);
    }

    /// Returns when the pause after a failure ends.
    time_point pause_ends() const noexcept { return gate_.until(); }

    /// Says whether it waits for the end of a pause.
    bool pausing(time_point now) const noexcept { return !gate_.open(now); }

    /// Says whether so many connects failed that only one is tried at a time.
    bool tripped() const noexcept { return gate_.tripped(options_); }

    /// Begins to open one; only if `may_open`.
    void open(time_point now) noexcept
    {
        pool_slot& slot = slots_.take_spare();
        slot.id = ++last_id_;
        slot.generation = generations_.current();
        slot.wave = gate_.wave();
        slots_.order(slot, pool_slot_state::opening, pool_task::open, now);
    }

    /// Hears that one was opened.
    void opened(pool_slot& slot, time_point now, double unit) noexcept
    {
        gate_.succeeded();
        ++counts_.opened;
        counts_.connect_failures = 0;
        counts_.connects.record(until(slot.since, now));
        slot.last_use = draw_last_use(options_, unit);
        slot.expires_at = draw_expiry(options_, now, unit);
        slot.keepalive = draw_keepalive(options_, unit);
        slot.idle_since = slot.alive_at = now;
    }

    /// Hears that one could not be opened.
    void failed(pool_slot& slot, error_code error, time_point now, double unit) noexcept
    {
        gate_.failed(slot.wave, options_, now, unit);
        ++counts_.open_failed;
        counts_.last_connect_error.set(error);
        counts_.connect_failures = gate_.failures();
        slots_.vacate(slot);
    }

private:
    connection_pool_options const& options_;
    pool_slots& slots_;
    pool_generations const& generations_;
    pool_counts& counts_;
    pool_gate gate_{};
    std::uint64_t last_id_ = 0;
};

} // namespace resil::core

#endif // RESIL_CORE_POOL_OPENER_HPP
