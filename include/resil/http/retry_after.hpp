// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_HTTP_RETRY_AFTER_HPP
#define RESIL_HTTP_RETRY_AFTER_HPP

#include <resil/error.hpp>
#include <resil/http/http_date.hpp>
#include <resil/http/text.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace resil::http {

/// A point on the wall clock, as a value: what dates in headers are compared with, once.
using wall_time = std::chrono::sys_time<duration>;

namespace detail {

/// From `now` until `date`: never negative, never too short, at most `duration::max()`.
constexpr duration wait_until(std::chrono::sys_seconds date, wall_time now) noexcept
{
    auto const whole = std::chrono::floor<std::chrono::seconds>(now);
    auto const seconds = (date - whole).count();
    if (seconds <= 0) {
        return duration(0);
    }
    duration part = now.time_since_epoch() % std::chrono::seconds(1);
    part += part.count() < 0 ? duration(std::chrono::seconds(1)) : duration(0);
    duration const wait = saturated<std::chrono::seconds>(static_cast<std::uint64_t>(seconds));
    return wait == duration::max() ? wait : wait - part;
}

} // namespace detail

/**
 * Reads the value of `Retry-After` (RFC 9110, section 10.2.3) as the wait that it asks for.
 *
 * `delay-seconds` is 1*DIGIT of any length; an `HTTP-date` is any that `parse_http_date`
 * accepts, and becomes a wait by comparing it with `now` here and only here, so a later change
 * of the wall clock changes nothing. A date that has passed gives 0: no floor, which is not "at
 * once". Too long waits become `duration::max()`. Spaces and tabs around the value are ignored.
 *
 * Errors: anything else (a sign, a fraction, a unit, a list, nothing) gives no value.
 * Thread safety: pure, so safe from any thread.
 * Exceptions: never throws.
 * Cost: no allocation, linear in the number of digits.
 *
 * Example:
 *
 *     // "120" is two minutes, "Sun, 06 Nov 1994 08:49:37 GMT" has passed: 0, "soon" is nothing
 *     return resil::http::parse_retry_after(value, now);
 *
 * @see judge_response, which reads it from a response, and counts what is malformed.
 */
constexpr std::optional<duration> parse_retry_after(std::string_view value,
                                                    wall_time now) noexcept
{
    std::string_view const text = detail::trim_ows(value);
    if (auto const seconds = detail::parse_number(text)) {
        return detail::saturated<std::chrono::seconds>(*seconds);
    }
    auto const whole = std::chrono::floor<std::chrono::seconds>(now);
    if (auto const date = parse_http_date(text, whole)) {
        return detail::wait_until(*date, now);
    }
    return std::nullopt;
}

} // namespace resil::http

#endif // RESIL_HTTP_RETRY_AFTER_HPP
