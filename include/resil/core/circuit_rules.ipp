// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_CIRCUIT_RULES_IPP
#define RESIL_CORE_CIRCUIT_RULES_IPP

// The bodies of core/circuit_rules.hpp, which includes this unless they are compiled apart; see src.hpp.

#include <algorithm>

namespace resil::core {

bool is_slow(circuit_breaker_options const& options, duration elapsed) noexcept
{
    return options.slow_call_duration > duration::zero() &&
           elapsed >= options.slow_call_duration;
}

bool counts_row(circuit_breaker_options const& options) noexcept
{
    return options.window.what() == circuit_window::kind::consecutive;
}

std::optional<circuit_cause> reason_to_open(circuit_breaker_options const& options,
                                            circuit_totals const& totals,
                                            std::uint64_t in_a_row) noexcept
{
    auto const size = static_cast<std::uint64_t>(options.window.size());
    if (counts_row(options)) {
        bool const enough = in_a_row >= size;
        return enough ? std::optional(circuit_cause::consecutive_failures) : std::nullopt;
    }
    auto minimum = static_cast<std::uint64_t>(options.minimum_calls);
    if (options.window.what() == circuit_window::kind::count) {
        minimum = std::min(minimum, size);
    }
    if (totals.calls < minimum) {
        return {};
    }
    if (share(totals.failures, totals.calls) >= options.failure_ratio) {
        return circuit_cause::failure_ratio;
    }
    bool const too_slow = options.slow_call_duration > duration::zero() &&
                          share(totals.slow, totals.calls) >= options.slow_ratio;
    return too_slow ? std::optional(circuit_cause::slow_ratio) : std::nullopt;
}

bool round_lost(circuit_breaker_options const& options, std::uint64_t failures) noexcept
{
    int const spare = options.half_open_max_calls - options.half_open_required_successes;
    return failures > static_cast<std::uint64_t>(spare);
}

bool round_won(circuit_breaker_options const& options, std::uint64_t successes) noexcept
{
    return successes >= static_cast<std::uint64_t>(options.half_open_required_successes);
}

duration circuit_open_time::next(circuit_breaker_options const& options, duration hint,
                                 double unit) noexcept
{
    in_a_row_ += in_a_row_ < std::numeric_limits<int>::max() ? 1 : 0;
    auto const growing = backoff::exponential(
        options.open_duration, options.max_open_duration, options.open_growth);
    last_ = jittered(growing, jitter::ratio, options.open_jitter_ratio, hint, in_a_row_,
                     duration::zero(), {}, unit);
    return last_;
}

void circuit_open_time::on_closed_for(duration closed) noexcept
{
    if (closed >= last_) {
        reset();
    }
}

} // namespace resil::core

#endif // RESIL_CORE_CIRCUIT_RULES_IPP
