// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_POOL_REPORTS_IPP
#define RESIL_CORE_POOL_REPORTS_IPP

// The bodies of core/pool_reports.hpp, which includes this unless they are compiled apart; see src.hpp.

namespace resil::core {

bool pool_reports::opened(pool_slot& slot, time_point now, double unit) noexcept
{
    if (slot.state != pool_slot_state::opening) {
        return false;
    }
    now = begin(now);
    opener_.opened(slot, now, unit);
    settle(slot, now);
    return true;
}

bool pool_reports::open_failed(pool_slot& slot, bool permanent, error_code error,
                               time_point now, double unit) noexcept
{
    if (slot.state != pool_slot_state::opening) {
        return false;
    }
    now = begin(now);
    opener_.failed(slot, error, now, unit);
    if (permanent) {
        tell_connect_failed(error, now);
    }
    pump(now);
    return true;
}

bool pool_reports::pinged(pool_slot& slot, bool answered, time_point now) noexcept
{
    if (slot.state != pool_slot_state::pinging) {
        return false;
    }
    now = begin(now);
    stock_.ping_ended(slot);
    if (answered) {
        stock_.answered(slot, now);
        settle(slot, now);
        return true;
    }
    stock_.unanswered(slot, now);
    pump(now);
    return true;
}

bool pool_reports::give_back(pool_slot& slot, pool_return how, time_point now) noexcept
{
    if (slot.state != pool_slot_state::leased) {
        return false;
    }
    now = begin(now);
    counts_.holds.record(until(slot.since, now));
    slot.idle_since = slot.alive_at = now;
    if (how == pool_return::disconnected) {
        stock_.lose(slot, pool_close::broken, now);
    } else if (how == pool_return::broken) {
        stock_.close(slot, pool_close::broken, pool_task::cut, now);
    } else if (how == pool_return::dirty && !stock_.unfit(slot, now) && !is_last()) {
        slots_.order(slot, pool_slot_state::resetting, pool_task::reset, now);
    } else {
        settle(slot, now);
        return true;
    }
    pump(now);
    return true;
}

bool pool_reports::reset_done(pool_slot& slot, bool ready, time_point now) noexcept
{
    if (slot.state != pool_slot_state::resetting) {
        return false;
    }
    now = begin(now);
    if (ready) {
        slot.alive_at = now;
        settle(slot, now);
        return true;
    }
    stock_.close(slot, pool_close::reset_failed, pool_task::cut, now);
    pump(now);
    return true;
}

bool pool_reports::closed(pool_slot& slot, time_point now) noexcept
{
    if (slot.state != pool_slot_state::closing) {
        return false;
    }
    now = begin(now);
    slots_.vacate(slot);
    pump(now);
    return true;
}

bool pool_reports::detach(pool_slot& slot, time_point now) noexcept
{
    if (slot.state != pool_slot_state::leased) {
        return false;
    }
    now = begin(now);
    counts_.holds.record(until(slot.since, now));
    ++counts_.detached;
    slots_.vacate(slot);
    pump(now);
    return true;
}

} // namespace resil::core

#endif // RESIL_CORE_POOL_REPORTS_IPP
