// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_SHUTDOWN_PLAN_HPP
#define RESIL_CORE_SHUTDOWN_PLAN_HPP

#include <resil/core/saturate.hpp>
#include <resil/core/shutdown_options.hpp>
#include <resil/error.hpp>

#include <algorithm>
#include <chrono>

namespace resil::core {

/**
 * Says until when each phase of a shutdown may last: all of them end within one budget, whatever the others took.
 *
 * The latest ends are fixed when it begins. A phase that ends early leaves its time to those that follow.
 */
class shutdown_plan
{
public:
    /// Begins at `now`; `options` are valid.
    shutdown_plan(shutdown_options const& options, time_point now) noexcept : options_(options), begun_(now) {}

    /// Returns until when requests are taken at most, for the balancer's sake. Throws nothing.
    time_point accept_until() const noexcept { return plus(begun_, options_.balancer_wait); }

    /// Returns when it is quiet, if no connection has arrived since `last`; no later than `accept_until`. Throws nothing.
    time_point quiet_at(time_point last) const noexcept
    {
        return std::min(plus(last, options_.quiet), accept_until());
    }

    /// Returns until when streams may go on, if they are told now. Throws nothing.
    time_point stream_until(time_point now) const noexcept
    {
        return std::min(plus(now, options_.stream_grace), drain_until());
    }

    /// Returns until when work in flight may go on. Throws nothing.
    time_point drain_until() const noexcept { return over_at() - options_.closing_time - options_.cancel_grace; }

    /// Returns until when cancelled work is waited for, if it is cancelled now. Throws nothing.
    time_point cancel_until(time_point now) const noexcept
    {
        return std::min(plus(now, options_.cancel_grace), over_at() - options_.closing_time);
    }

    /// Returns when all is over. Throws nothing.
    time_point over_at() const noexcept { return plus(begun_, options_.budget); }

    /// Returns how much of the budget is left; not less than nothing. Throws nothing.
    duration rest(time_point now) const noexcept { return std::max(over_at() - now, duration::zero()); }

private:
    shutdown_options options_;
    time_point begun_;
};

/// Returns what a process ends with: 0 if all was drained, 1 if something was cut short, 128 + the signal that hurried it.
constexpr int shutdown_exit_code(bool forced, int hurrying_signal) noexcept
{
    if (hurrying_signal != 0) {
        return 128 + hurrying_signal;
    }
    return forced ? 1 : 0;
}

} // namespace resil::core

#endif // RESIL_CORE_SHUTDOWN_PLAN_HPP
