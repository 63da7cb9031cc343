// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_POOL_OPENER_IPP
#define RESIL_CORE_POOL_OPENER_IPP

// The bodies of core/pool_opener.hpp, which includes this unless they are compiled apart; see src.hpp.

namespace resil::core {

pool_opener::pool_opener(connection_pool_options const& options, pool_slots& slots,
                         pool_generations const& generations, pool_counts& counts) noexcept
    : options_(options), slots_(slots), generations_(generations), counts_(counts)
{
}

bool pool_opener::may_open(time_point now) const noexcept
{
    std::size_t const most = tripped() ? 1 : options_.max_connecting;
    return slots_.room() && slots_.number(pool_slot_state::opening) < most &&
           gate_.open(now);
}

void pool_opener::open(time_point now) noexcept
{
    pool_slot& slot = slots_.take_spare();
    slot.id = ++last_id_;
    slot.generation = generations_.current();
    slot.wave = gate_.wave();
    slots_.order(slot, pool_slot_state::opening, pool_task::open, now);
}

void pool_opener::opened(pool_slot& slot, time_point now, double unit) noexcept
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

void pool_opener::failed(pool_slot& slot, error_code error, time_point now,
                         double unit) noexcept
{
    gate_.failed(slot.wave, options_, now, unit);
    ++counts_.open_failed;
    counts_.last_connect_error.set(error);
    counts_.connect_failures = gate_.failures();
    slots_.vacate(slot);
}

} // namespace resil::core

#endif // RESIL_CORE_POOL_OPENER_IPP
