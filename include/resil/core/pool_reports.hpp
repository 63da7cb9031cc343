// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_POOL_REPORTS_HPP
#define RESIL_CORE_POOL_REPORTS_HPP

#include <resil/config.hpp>
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
    RESIL_DECL bool opened(pool_slot& slot, time_point now, double unit) noexcept;

    /// Hears that a connection could not be opened. If trying again would not help, who waits
    /// longest is told at once, and all who warm up; else they go on waiting.
    RESIL_DECL bool open_failed(pool_slot& slot, bool permanent, error_code error,
                                time_point now, double unit) noexcept;

    /// Hears whether a ping was answered in time.
    RESIL_DECL bool pinged(pool_slot& slot, bool answered, time_point now) noexcept;

    /// Takes a lent connection back.
    RESIL_DECL bool give_back(pool_slot& slot, pool_return how, time_point now) noexcept;

    /// Hears whether a returned connection could be reset.
    RESIL_DECL bool reset_done(pool_slot& slot, bool ready, time_point now) noexcept;

    /// Hears that a connection is closed: its place is free.
    RESIL_DECL bool closed(pool_slot& slot, time_point now) noexcept;

    /// Lets a lent connection go for good: it is its user's now, and its place is free.
    RESIL_DECL bool detach(pool_slot& slot, time_point now) noexcept;
};

} // namespace resil::core

#ifndef RESIL_SEPARATE_COMPILATION
#include <resil/core/pool_reports.ipp>
#endif

#endif // RESIL_CORE_POOL_REPORTS_HPP
