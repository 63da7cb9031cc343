// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_HTTP_DEADLINE_HEADER_HPP
#define RESIL_HTTP_DEADLINE_HEADER_HPP

#include <resil/error.hpp>
#include <resil/http/error.hpp>
#include <resil/http/field_value.hpp>
#include <resil/http/header_counters.hpp>
#include <resil/http/text.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

namespace resil::http {

/**
 * The default name of the header that carries the time a call has left: `Resil-Remaining-Ms:
 * 250`.
 *
 * Milliseconds that remain, never a point in time: two machines' clocks differ. The precedents
 * are gRPC's `grpc-timeout`, userver's `X-YaTaxi-Client-TimeoutMs` and Envoy's
 * `x-envoy-expected-rq-timeout-ms`; give one of the latter two as the name to talk to those.
 */
inline constexpr std::string_view remaining_field = "Resil-Remaining-Ms";

namespace detail {

/// The most digits that are read: those of an Integer of RFC 8941, some 31,000 years.
inline constexpr std::size_t max_remaining_digits = 15;

} // namespace detail

/**
 * Writes how much time is left, in whole milliseconds, replacing any such header that is there.
 *
 * Rounded down, so that the peer never believes to have longer than there is; less than one
 * millisecond, or less than nothing, is 0: already over. `duration::max()`, which is what
 * `attempt::remaining()` says when nothing bounds the attempt, removes the header.
 *
 * Errors: `invalid_field_name` for a `name` that is none; then nothing was written.
 * Thread safety: that of `fields`.
 * Exceptions: what `fields.set` throws (allocation).
 * Cost: no allocation but that of `fields.set`.
 *
 * Example:
 *
 *     return resil::http::set_remaining(request, left); // Resil-Remaining-Ms: 250
 *
 * @param fields A Beast message, its header or its fields: anything with `set(name, value)` and
 *     `erase(name)`.
 * @param left How much; `attempt::remaining()` says it.
 * @param name The name of the header.
 */
template <class Fields>
[[nodiscard]] error_code set_remaining(Fields& fields, duration left,
                                       std::string_view name = remaining_field)
{
    if (!is_field_name(name)) {
        return errc::invalid_field_name;
    }
    if (left == duration::max()) {
        fields.erase(name);
        return {};
    }
    using std::chrono::milliseconds;
    auto const whole = std::chrono::floor<milliseconds>(std::max(left, duration(0)));
    std::array<char, 24> digits{};
    char* const end = std::to_chars(digits.begin(), digits.end(), whole.count()).ptr;
    fields.set(name, std::string_view(digits.data(), end));
    return {};
}

/**
 * Reads the value of the remaining-time header: 1 to 15 digits, spaces and tabs around them
 * ignored.
 *
 * More than `duration` can hold becomes `duration::max()`.
 *
 * Errors: anything else (a sign, a fraction, a unit, a list, nothing) gives no value.
 * Thread safety: pure, so safe from any thread.
 * Exceptions: never throws.
 * Cost: no allocation.
 */
constexpr std::optional<duration> parse_remaining(std::string_view value) noexcept
{
    std::string_view const text = detail::trim_ows(value);
    auto const number = detail::parse_number(text);
    if (!number || text.size() > detail::max_remaining_digits) {
        return std::nullopt;
    }
    return detail::saturated<std::chrono::milliseconds>(*number);
}

/**
 * Reads from a request how much time its caller has left; no value if it does not say.
 *
 * A malformed value is ignored and counted. Of several values the smallest holds: the caller's
 * deadline is never lengthened.
 *
 * Thread safety: that of `fields`.
 * Exceptions: never throws with Beast's fields.
 * Cost: no allocation.
 *
 * Example:
 *
 *     auto left = resil::http::read_remaining(request, counters);
 *     return resil::http::deadline_after(left, received_at); // for resil::call::deadline
 *
 * @param fields A Beast message, its header or its fields: anything with `equal_range(name)`.
 * @param counters Where malformed values are counted.
 * @param name The name of the header.
 */
template <class Fields>
std::optional<duration> read_remaining(Fields const& fields, header_counters const& counters,
                                       std::string_view name = remaining_field)
{
    std::optional<duration> smallest;
    auto [first, last] = fields.equal_range(name);
    for (; first != last; ++first) {
        auto const left = parse_remaining(first->value());
        if (!left) {
            counters.count_malformed_remaining();
        } else if (!smallest || *left < *smallest) {
            smallest = left;
        }
    }
    return smallest;
}

/**
 * Turns the time that was left at `received_at` into a deadline, for `resil::call::deadline`.
 *
 * No value stays none. The sum saturates at `time_point::max()`, which bounds nothing. Read
 * `received_at` from `timer_service::now()`, as early as possible: time spent before it is
 * added to the deadline.
 */
constexpr std::optional<time_point> deadline_after(std::optional<duration> left,
                                                   time_point received_at) noexcept
{
    if (!left) {
        return std::nullopt;
    }
    duration const room = received_at.time_since_epoch().count() > 0
                              ? duration(time_point::max() - received_at)
                              : duration::max();
    return *left > room ? time_point::max() : received_at + *left;
}

} // namespace resil::http

#endif // RESIL_HTTP_DEADLINE_HEADER_HPP
