// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_POOL_OPENER_HPP
#define RESIL_CORE_POOL_OPENER_HPP

#include <resil/config.hpp>
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
    RESIL_DECL pool_opener(connection_pool_options const& options, pool_slots& slots,
                           pool_generations const& generations, pool_counts& counts) noexcept;

    /// Says whether one may be opened at some time, as things are.
    RESIL_DECL bool may_open(time_point now) const noexcept;

    /// Returns when the pause after a failure ends.
    time_point pause_ends() const noexcept { return gate_.until(); }

    /// Says whether it waits for the end of a pause.
    bool pausing(time_point now) const noexcept { return !gate_.open(now); }

    /// Says whether so many connects failed that only one is tried at a time.
    bool tripped() const noexcept { return gate_.tripped(options_); }

    /// Begins to open one; only if `may_open`.
    RESIL_DECL void open(time_point now) noexcept;

    /// Hears that one was opened.
    RESIL_DECL void opened(pool_slot& slot, time_point now, double unit) noexcept;

    /// Hears that one could not be opened.
    RESIL_DECL void failed(pool_slot& slot, error_code error, time_point now,
                           double unit) noexcept;

private:
    connection_pool_options const& options_;
    pool_slots& slots_;
    pool_generations const& generations_;
    pool_counts& counts_;
    pool_gate gate_{};
    std::uint64_t last_id_ = 0;
};

} // namespace resil::core

#ifndef RESIL_SEPARATE_COMPILATION
#include <resil/core/pool_opener.ipp>
#endif

#endif // RESIL_CORE_POOL_OPENER_HPP
