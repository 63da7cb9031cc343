// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_CIRCUIT_OPTIONS_IPP
#define RESIL_CORE_CIRCUIT_OPTIONS_IPP

// The bodies of core/circuit_options.hpp, which includes this unless they are compiled apart; see src.hpp.

namespace resil {

void circuit_window::validate() const
{
    switch (what_) {
    case kind::time:
        core::require_between("circuit_breaker.window.buckets", size_, 1, 1000);
        core::require_at_least("circuit_breaker.window.span", span_,
                               duration(std::chrono::microseconds(size_)));
        break;
    case kind::count:
        core::require_between("circuit_breaker.window.count", size_, 1, 1'000'000);
        break;
    case kind::consecutive:
        core::require_at_least("circuit_breaker.window.consecutive", size_, 1);
        break;
    }
}

void circuit_breaker_options::validate() const
{
    core::require_share("circuit_breaker.failure_ratio", failure_ratio);
    window.validate();
    core::require_at_least("circuit_breaker.minimum_calls", minimum_calls, 1);
    core::require_at_least("circuit_breaker.slow_call_duration", slow_call_duration,
                           duration::zero());
    core::require_share("circuit_breaker.slow_ratio", slow_ratio);
    core::require_more_than("circuit_breaker.open_duration", open_duration,
                            duration::zero());
    core::require_between("circuit_breaker.open_growth", open_growth, 1.0, 100.0);
    core::require_at_least("circuit_breaker.max_open_duration", max_open_duration,
                           open_duration);
    core::require_between("circuit_breaker.open_jitter_ratio", open_jitter_ratio, 0.0, 0.9);
    core::require_between("circuit_breaker.half_open_max_calls", half_open_max_calls, 1,
                          1000);
    core::require_between("circuit_breaker.half_open_required_successes",
                          half_open_required_successes, 1, half_open_max_calls);
    core::require_more_than("circuit_breaker.probe_lease", probe_lease, duration::zero());
}

} // namespace resil

#endif // RESIL_CORE_CIRCUIT_OPTIONS_IPP
