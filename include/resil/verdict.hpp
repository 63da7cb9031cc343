// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_VERDICT_HPP
#define RESIL_VERDICT_HPP

#include <resil/config.hpp>
#include <resil/error.hpp>

#include <boost/asio/error.hpp>
#include <boost/system/errc.hpp>

#include <optional>
#include <string_view>

namespace resil {

/// Says what one outcome means to the policies; the one classification that all of them share.
enum class verdict
{
    success,   ///< Retry ends; the breaker counts a success.
    transient, ///< Retry repeats where that is safe; the breaker counts a failure.
    throttled, ///< Retry repeats where safe, no sooner than the hint; the breaker counts nothing.
    permanent, ///< Retry ends; the breaker counts a failure.
    ignored,   ///< Retry ends; the breaker counts nothing.
};

/// Returns the name of a verdict, as it is spelt in the enumeration.
constexpr std::string_view to_string(verdict v) noexcept
{
    switch (v) {
    case verdict::success: return "success";
    case verdict::transient: return "transient";
    case verdict::throttled: return "throttled";
    case verdict::permanent: return "permanent";
    case verdict::ignored: return "ignored";
    }
    return "unknown";
}

/**
 * What a classifier returns: a verdict, and the wait that the peer asked for, if it did.
 *
 * Converts from a plain verdict, so a classifier may return either.
 */
struct judgement
{
    /// Says what the outcome means, and what wait the peer asked for.
    constexpr judgement(resil::verdict v, std::optional<duration> wait = {}) noexcept
        : verdict(v), retry_after(wait)
    {
    }

    resil::verdict verdict;              ///< What the outcome means.
    std::optional<duration> retry_after; ///< A floor under the delay before the next attempt.
};

/**
 * Judges an error code; the default of every policy.
 *
 * Transient: refused, reset, aborted, broken pipe, eof, unreachable, timed out, try again, a
 * resolver's temporary failure, `errc::timed_out`, and a pool that had no connection in time or cannot connect.
 * Throttled: `errc::rate_limited`. Ignored: `operation_aborted`
 * and resil's own rejections and deadline. Everything else that is set is permanent.
 */
RESIL_DECL verdict judge(error_code ec) noexcept;

/**
 * Says whether an error proves that the request never left this side.
 *
 * True for a refused connection, for the errors of name resolution, and for a pool that lent nothing, and for nothing
 * else: after any other failure the peer may have received, and acted on, the request.
 */
RESIL_DECL bool proves_not_sent(error_code ec) noexcept;

/// The default classifier: judges by the error alone, whatever values came with it.
struct judge_error
{
    /// Judges what an operation completed with.
    template <class... Values>
    verdict operator()(error_code ec, Values const&...) const noexcept
    {
        return judge(ec);
    }
};

} // namespace resil

#ifndef RESIL_SEPARATE_COMPILATION
#include <resil/verdict.ipp>
#endif

#endif // RESIL_VERDICT_HPP
