// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_POOL_COUNTS_HPP
#define RESIL_CORE_POOL_COUNTS_HPP

#include <resil/core/pool_histogram.hpp>
#include <resil/core/pool_slot.hpp>
#include <resil/core/pool_state.hpp>
#include <resil/core/tally.hpp>
#include <resil/error.hpp>

#include <array>
#include <cstddef>

namespace resil::core {

/// What a pool counts and measures. Written under the pool's lock, read without it.
struct pool_counts
{
    void count(pool_failure why) noexcept { ++failed[static_cast<std::size_t>(why)]; }
    void count(pool_close why) noexcept { ++closed[static_cast<std::size_t>(why)]; }

    /// Undoes a `count`.
    void uncount(pool_failure why) noexcept { --failed[static_cast<std::size_t>(why)]; }

    /// Returns why connects fail; nothing if the last one did not.
    error_code connect_trouble() const noexcept
    {
        return connect_failures > 0 ? last_connect_error.get() : error_code();
    }

    /// Writes the counters, and those gauges that are among them.
    void show(pool_snapshot& s) const noexcept
    {
        s.connect_failures = connect_failures;
        s.last_connect_error = last_connect_error.get();
        s.acquired_at_once = acquired_at_once;
        s.acquired_waiting = acquired_waiting;
        s.opened = opened;
        s.open_failed = open_failed;
        s.pings_ok = pings_ok;
        s.pings_failed = pings_failed;
        s.pings_skipped = pings_skipped;
        s.detached = detached;
        for (std::size_t i = 0; i < pool_failures; ++i) {
            s.failed[i] = failed[i];
        }
        for (std::size_t i = 0; i < pool_closes; ++i) {
            s.closed[i] = closed[i];
        }
    }

    relaxed<std::size_t> connect_failures{}; // in a row
    published<error_code> last_connect_error{};
    tally acquired_at_once{};
    tally acquired_waiting{};
    std::array<tally, pool_failures> failed{};
    tally opened{};
    tally open_failed{};
    tally pings_ok{};
    tally pings_failed{};
    tally pings_skipped{};
    tally detached{};
    std::array<tally, pool_closes> closed{};
    pool_histogram waits_served{};
    pool_histogram waits_failed{};
    pool_histogram holds{};
    pool_histogram connects{};
};

} // namespace resil::core

#endif // RESIL_CORE_POOL_COUNTS_HPP
