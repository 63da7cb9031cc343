// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_HTTP_STATUS_HPP
#define RESIL_HTTP_STATUS_HPP

#include <resil/verdict.hpp>

namespace resil::http {

/**
 * Judges the status code of a response.
 *
 * | status | verdict | because |
 * |---|---|---|
 * | 408 | transient | the peer waited too long for the request (RFC 9110, 15.5.9) |
 * | 425 | throttled | the peer is well, and asks for the request later (RFC 8470, 5.2) |
 * | 429 | throttled | too many requests (RFC 6585, 4) |
 * | 501, 505 | permanent | the peer will never do it (RFC 9110, 15.6.2 and 15.6.6) |
 * | any other of 500 to 599 | transient | the peer failed (RFC 9110, 15.6) |
 * | anything else | success | the peer answered, whatever it answered |
 *
 * Thread safety: pure, so safe from any thread.
 * Exceptions: never throws.
 */
constexpr verdict judge_status(unsigned status) noexcept
{
    switch (status) {
    case 408: return verdict::transient;
    case 425:
    case 429: return verdict::throttled;
    case 501:
    case 505: return verdict::permanent;
    default: return status >= 500 && status <= 599 ? verdict::transient : verdict::success;
    }
}

} // namespace resil::http

#endif // RESIL_HTTP_STATUS_HPP
