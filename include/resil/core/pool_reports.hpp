// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_POOL_REPORTS_HPP
#define RESIL_CORE_POOL_REPORTS_HPP

#include <resil/core/pool_pump.hpp>
#include <resil/core/pool_slot.hpp>
#include <resil/core/pool_state.hpp>
#include <resil/core/saturate.hpp>
#include <resil/error.hpp>

namespace resil::core {

/// What a pool hears of its connections: that they were opened, pinged, reset, closed, or given
/// back; see `pool_machine`. Each of these returns false, and changes nothing, if it does not
/// fit the slot's state.
class pool_reports : public pool_pump
{
public:
    using pool_pump::pool_pump;

    /// Hears that a connection was opened.
    bool opened(pool_slot& slot, time_point now, double unit) noexcept
    {
        if (slot.state != pool_slot_state::opening) {
            return false;
        }
        now = begin(now);
        opener_.opened(slot, now, unit);
        settle(slot, now);
        return true;
    }

    /// Hears that a connection could not be opened. If trying again would not help, who waits
    /// longest is told at once, and all who warm up; else they go on waiting.
    bool open_failed(pool_slot& slot, bool permanent, error_code error, time_point now,
                     double unit) noexcept
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

    /// Hears whether a ping was answered in time.
    bool pinged(pool_slot& slot, bool answered, time_point now) noexcept
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

    /// Takes a lent connection back.
    bool give_back(pool_slot& slot, pool_return how, time_point now) noexcept
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

    /// Hears whether a returned connection could be reset.
    bool reset_done(pool_slot& slot, bool ready, time_point now) noexcept
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

    /// Hears that a connection is closed: its place is free.
    bool closed(pool_slot& slot, time_point now) noexcept
    {
        if (slot.state != pool_slot_state::closing) {
            return false;
        }
        now = begin(now);
        slots_.vacate(slot);
        pump(now);
        return true;
    }

    /// Lets a lent connection go for good: it is its user's now, and its place is free.
    bool detach(pool_slot& slot, time_point now) noexcept
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
};

} // namespace resil::core

#endif // RESIL_CORE_POOL_REPORTS_HPP
