// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_POOL_GATE_IPP
#define RESIL_CORE_POOL_GATE_IPP

// The bodies of core/pool_gate.hpp, which includes this unless they are compiled apart; see src.hpp.

namespace resil::core {

bool pool_gate::tripped(connection_pool_options const& options) const noexcept
{
    std::size_t const limit = options.connect_failures_to_trip;
    return limit != 0 && failures_ >= limit;
}

void pool_gate::succeeded() noexcept
{
    failures_ = 0;
    pauses_ = 0;
    until_ = time_point::min();
    ++wave_;
}

void pool_gate::failed(std::uint64_t wave, connection_pool_options const& options,
                       time_point now, double unit) noexcept
{
    ++failures_;
    if (wave != wave_) {
        return;
    }
    ++wave_;
    pauses_ += pauses_ < longest_row;
    auto const policy =
        backoff::exponential(options.connect_backoff, options.max_connect_backoff);
    until_ = plus(now, jittered(policy, jitter::full, 0.0, duration::zero(), pauses_,
                                duration::zero(), {}, unit));
}

} // namespace resil::core

#endif // RESIL_CORE_POOL_GATE_IPP
