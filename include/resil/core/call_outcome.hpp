// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_CALL_OUTCOME_HPP
#define RESIL_CORE_CALL_OUTCOME_HPP

#include <resil/error.hpp>
#include <resil/event.hpp>

#include <cstddef>
#include <string_view>

namespace resil {

/// How a call ended, in the few words that dashboards need.
enum class call_outcome
{
    success,   ///< Its operation's, or a fallback's.
    failed,    ///< The operation's own failure.
    timed_out, ///< A timeout or a deadline ended it.
    rejected,  ///< A circuit breaker or a bulkhead did not admit it.
    cancelled, ///< Its caller gave up.
};

/// How many values `call_outcome` has.
inline constexpr std::size_t call_outcomes = 5;

/// Returns the name of an outcome, as it is spelt in the enumeration.
constexpr std::string_view to_string(call_outcome outcome) noexcept
{
    switch (outcome) {
    case call_outcome::success: return "success";
    case call_outcome::failed: return "failed";
    case call_outcome::timed_out: return "timed_out";
    case call_outcome::rejected: return "rejected";
    case call_outcome::cancelled: return "cancelled";
    }
    return "unknown";
}

/// Returns how a call ended.
inline call_outcome outcome_of(call_ended const& ended) noexcept
{
    if (!ended.code) {
        return call_outcome::success;
    }
    if (ended.reason == reason::cancelled) {
        return call_outcome::cancelled;
    }
    if (ended.code == errc::timed_out || ended.code == errc::deadline_exceeded) {
        return call_outcome::timed_out;
    }
    if (ended.code == errc::circuit_open || ended.code == errc::bulkhead_full) {
        return call_outcome::rejected;
    }
    return call_outcome::failed;
}

} // namespace resil

#endif // RESIL_CORE_CALL_OUTCOME_HPP
