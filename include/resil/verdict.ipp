// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_VERDICT_IPP
#define RESIL_VERDICT_IPP

// The bodies of verdict.hpp, which includes this unless they are compiled apart; see src.hpp.

namespace resil {

verdict judge(error_code ec) noexcept
{
    namespace net = boost::asio::error;
    if (!ec) {
        return verdict::success;
    }
    if (ec.category() == error_category()) {
        switch (static_cast<errc>(ec.value())) {
        case errc::timed_out:
        case errc::pool_timed_out:
        case errc::pool_unavailable: return verdict::transient;
        case errc::rate_limited: return verdict::throttled;
        case errc::operation_threw: return verdict::permanent;
        case errc::deadline_exceeded:
        case errc::circuit_open:
        case errc::bulkhead_full:
        case errc::pool_queue_full:
        case errc::pool_draining: return verdict::ignored;
        }
        return verdict::permanent;
    }
    if (ec == net::operation_aborted) {
        return verdict::ignored;
    }
    bool const transient = ec == net::connection_refused || ec == net::connection_reset ||
                           ec == net::connection_aborted || ec == net::broken_pipe ||
                           ec == net::eof || ec == net::host_unreachable ||
                           ec == net::network_unreachable || ec == net::network_down ||
                           ec == net::network_reset || ec == net::timed_out ||
                           ec == net::try_again || ec == net::would_block ||
                           ec == net::host_not_found_try_again;
    return transient ? verdict::transient : verdict::permanent;
}

bool proves_not_sent(error_code ec) noexcept
{
    namespace net = boost::asio::error;
    return ec == net::connection_refused || ec == net::host_not_found ||
           ec == net::host_not_found_try_again || ec == net::no_data || ec == net::no_recovery ||
           ec == net::service_not_found || ec == errc::pool_timed_out ||
           ec == errc::pool_queue_full || ec == errc::pool_unavailable ||
           ec == errc::pool_draining;
}

} // namespace resil

#endif // RESIL_VERDICT_IPP
