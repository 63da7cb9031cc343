// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_ERROR_IPP
#define RESIL_ERROR_IPP

// The bodies of error.hpp, which includes this unless they are compiled apart; see src.hpp.

namespace resil::detail {

std::string error_category::message(int value) const
{
    switch (static_cast<errc>(value)) {
    case errc::timed_out: return "the step took longer than its timeout";
    case errc::deadline_exceeded: return "the call took longer than its deadline";
    case errc::circuit_open: return "the circuit is open";
    case errc::bulkhead_full: return "the bulkhead is full";
    case errc::rate_limited: return "the rate limit is reached";
    case errc::operation_threw: return "the operation or a callback threw an exception";
    case errc::pool_timed_out: return "no connection was to be had in time";
    case errc::pool_queue_full: return "too many wait for a connection already";
    case errc::pool_unavailable: return "no connection, and connecting keeps failing";
    case errc::pool_draining: return "the pool is being drained";
    }
    return "unknown resil error";
}

} // namespace resil::detail

namespace resil {

invalid_option::invalid_option(std::string_view field, std::string_view value,
                               std::string_view expected)
    : std::invalid_argument(std::string(field).append(" is ").append(value).append(
          ", but must be ").append(expected))
{
}

} // namespace resil

#endif // RESIL_ERROR_IPP
