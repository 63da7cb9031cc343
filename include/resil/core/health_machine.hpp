// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_HEALTH_MACHINE_HPP
#define RESIL_CORE_HEALTH_MACHINE_HPP

#include <resil/config.hpp>
#include <resil/core/health_options.hpp>
#include <resil/core/saturate.hpp>
#include <resil/error.hpp>

#include <algorithm>
#include <optional>

namespace resil::core {

/// What is to be done for a check.
enum class health_step
{
    wait,   ///< Nothing, until `next_at()`.
    start,  ///< Run it.
    cancel, ///< Cancel the run: its time is up, and it has been counted as failed.
};

/**
 * Decides when one check is run, and what its results mean.
 *
 * A run that does not end after it was cancelled is not joined by another: each time that one would be due, it counts as
 * one more failure. What it says in the end is not believed. The first result decides alone, since nothing is known
 * that it would have to overturn.
 *
 * Thread safety: none; who owns it guards it.
 * Exceptions: nothing here throws.
 */
class health_machine
{
public:
    /// Knows nothing, and is due at `now`; `options` are valid.
    health_machine(health_check_options const& options, time_point now) noexcept : options_(options), due_(now) {}

    /// Returns the options.
    health_check_options const& options() const noexcept { return options_; }

    /// Says what is to be done now; a `start` is taken to be done. `unit` is random, in [0, 1).
    health_step poll(time_point now, double unit) noexcept
    {
        if (!running_) {
            return now < due_ ? health_step::wait : start(now);
        }
        if (!overdue_) {
            return now < plus(begun_, options_.timeout) ? health_step::wait : run_out(now, unit);
        }
        if (now >= due_) {
            count(errc::timed_out, now, unit);
        }
        return health_step::wait;
    }

    /// Returns when to `poll` next.
    time_point next_at() const noexcept
    {
        return running_ && !overdue_ ? plus(begun_, options_.timeout) : due_;
    }

    /// Hears how a run has ended, after `start`.
    void ended(error_code ec, time_point now, double unit) noexcept
    {
        running_ = false;
        if (overdue_) {
            overdue_ = false;
            return; // it has been counted
        }
        latency_ = until(begun_, now);
        count(ec, now, unit);
    }

    /// Says whether its result is younger than `ttl`, or it is known not to end; if it is not, a run is due or under way.
    bool is_fresh(time_point now) const noexcept { return known_at_ && now < plus(*known_at_, options_.ttl); }

    /// Says whether its last result is believed, and not still to be confirmed.
    bool settled() const noexcept { return known_at_ && (believed_ == health_status::ok) == was_good_; }

    /// Says whether a run has not ended.
    bool running() const noexcept { return running_; }

    /// Returns how it is.
    health_status status(time_point now) const noexcept
    {
        return now < good_until() ? believed_ : health_status::unknown;
    }

    /// Returns when what is believed becomes unknown.
    time_point good_until() const noexcept
    {
        return known_at_ ? plus(*known_at_, plus(options_.ttl, plus(options_.ttl, options_.ttl))) : time_point::min();
    }

    /// Returns how it is if that does not become too old.
    health_status believed() const noexcept { return believed_; }

    /// Returns when it last succeeded, if ever.
    std::optional<time_point> last_ok() const noexcept { return last_ok_; }

    /// Returns why the last run failed; nothing if it did not.
    error_code error() const noexcept { return error_; }

    /// Returns how long the last run took that ended in time.
    duration latency() const noexcept { return latency_; }

private:
    // Together with a confirmation, the longest pause is no longer than `ttl`, where that leaves room.
    static constexpr double shortest_pause = 0.75;
    static constexpr double longest_pause = 0.9;

    health_step start(time_point now) noexcept
    {
        running_ = true;
        begun_ = now;
        return health_step::start;
    }

    health_step run_out(time_point now, double unit) noexcept
    {
        overdue_ = true;
        latency_ = options_.timeout;
        count(errc::timed_out, now, unit);
        return health_step::cancel;
    }

    void count(error_code ec, time_point now, double unit) noexcept
    {
        bool const good = !ec;
        error_ = ec;
        last_ok_ = good ? now : last_ok_;
        known_at_ = now;
        in_a_row_ = good == was_good_ ? std::min(in_a_row_ + 1, 100) : 1;
        was_good_ = good;
        health_status const seen = good ? health_status::ok : health_status::failing;
        bool const enough = in_a_row_ >= (good ? options_.recover_after : options_.fail_after);
        if (believed_ == health_status::unknown || enough) {
            believed_ = seen;
        }
        double const share = shortest_pause + (longest_pause - shortest_pause) * unit;
        due_ = settled() ? std::max(now, plus(begun_or(now), scaled(options_.ttl, share)))
                         : plus(now, options_.confirm_after);
    }

    // A run that is over has begun some time ago; one that does not end is counted from now on.
    time_point begun_or(time_point now) const noexcept { return overdue_ ? now : begun_; }

    health_check_options options_;
    time_point due_;
    time_point begun_{};
    std::optional<time_point> known_at_{};
    std::optional<time_point> last_ok_{};
    error_code error_{};
    duration latency_{};
    health_status believed_ = health_status::unknown;
    int in_a_row_ = 0;
    bool was_good_ = false;
    bool running_ = false;
    bool overdue_ = false;
};

} // namespace resil::core

#endif // RESIL_CORE_HEALTH_MACHINE_HPP
