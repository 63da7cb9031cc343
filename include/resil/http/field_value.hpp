// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_HTTP_FIELD_VALUE_HPP
#define RESIL_HTTP_FIELD_VALUE_HPP

#include <resil/error.hpp>
#include <resil/http/error.hpp>
#include <resil/http/text.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace resil::http {

/// The longest name and value of a header field that Beast can hold; longer ones are refused.
inline constexpr std::size_t max_field_size = 65533;

namespace detail {

constexpr bool is_token_character(char c) noexcept
{
    return is_letter(c) || is_digit(c) || is_one_of(c, "!#$%&'*+-.^_`|~");
}

/// reg-name = *( unreserved / pct-encoded / sub-delims ) (RFC 3986, section 3.2.2), not empty.
constexpr bool is_registered_name(std::string_view name) noexcept
{
    for (std::size_t i = 0; i < name.size(); ++i) {
        bool const escape =
            name[i] == '%' && name.size() - i > 2 && is_hex(name[i + 1]) && is_hex(name[i + 2]);
        if (escape) {
            i += 2;
        } else if (!is_letter(name[i]) && !is_digit(name[i]) &&
                   !is_one_of(name[i], "-._~!$&'()*+,;=")) {
            return false;
        }
    }
    return !name.empty();
}

/// The characters of an IPv6 address in brackets; whether it is one is the resolver's to say.
constexpr bool is_bracketed_address(std::string_view host) noexcept
{
    if (host.size() < 4 || host.size() > 47 || host.front() != '[' || host.back() != ']') {
        return false;
    }
    std::string_view const address = host.substr(1, host.size() - 2);
    return std::ranges::count(address, ':') >= 2 && std::ranges::all_of(address, [](char c) {
               return is_hex(c) || c == ':' || c == '.';
           });
}

constexpr bool is_port(std::string_view port) noexcept
{
    auto const number = parse_number(port);
    return port.size() <= 5 && number && *number >= 1 && *number <= 65535;
}

} // namespace detail

/**
 * Says whether `name` can name a header field: a token (RFC 9110, section 5.1), at most
 * `max_field_size` long.
 */
constexpr bool is_field_name(std::string_view name) noexcept
{
    return !name.empty() && name.size() <= max_field_size &&
           std::ranges::all_of(name, detail::is_token_character);
}

/**
 * Says whether `value` can be written as it is as the value of a header field.
 *
 * As `field-value` (RFC 9110, section 5.5), with every control character refused, the tab too,
 * that the RFC allows between words. Bytes from 0x80 pass as they are. Empty is a value. A
 * space at either end is refused because the peer would not see it.
 */
constexpr bool is_field_value(std::string_view value) noexcept
{
    return value.size() <= max_field_size && std::ranges::none_of(value, detail::is_control) &&
           !value.starts_with(' ') && !value.ends_with(' ');
}

/**
 * Says whether `host` can be the value of `Host` (RFC 9110, section 7.2): `uri-host [":"
 * port]`.
 *
 * The host is a name of RFC 3986's characters, an IPv4 address, or an IPv6 address in brackets
 * without a zone, 1 to 255 characters; the port is 1 to 65535. A scheme, a user, a path, a
 * space and anything that is not ASCII are refused.
 */
constexpr bool is_host(std::string_view host) noexcept
{
    std::size_t const colon = host.find(':', host.starts_with('[') ? host.find(']') : 0);
    if (colon != host.npos && !detail::is_port(host.substr(colon + 1))) {
        return false;
    }
    std::string_view const name = host.substr(0, colon);
    return name.size() <= 255 &&
           (detail::is_registered_name(name) || detail::is_bracketed_address(name));
}

/**
 * Says whether `target` can stand in a request line (RFC 9112, section 3.2).
 *
 * 1 to `max_field_size` visible ASCII characters (0x21-0x7E) other than '#': what would end the
 * line or the target early is refused, and what a server makes of the rest is left to it.
 */
constexpr bool is_target(std::string_view target) noexcept
{
    return !target.empty() && target.size() <= max_field_size &&
           std::ranges::all_of(target, [](char c) { return c > 0x20 && c < 0x7F && c != '#'; });
}

/**
 * Sets a header field, replacing all of that name, after checking its name and its value.
 *
 * Beast writes what it is given: a value with a line break becomes a header, or a whole
 * request, of its author's choice. Use this wherever a name or a value comes from outside the
 * program.
 *
 * Errors: `invalid_field_name`, `invalid_field_value`; then nothing was written.
 * Thread safety: that of `fields`.
 * Exceptions: what `fields.set` throws (allocation).
 * Cost: one pass over both, and what `fields.set` costs.
 *
 * Example:
 *
 *     return resil::http::set_field(request, "X-Tenant", tenant);
 *
 * @param fields A Beast message, its header or its fields: anything with `set(name, value)`.
 * @param name The field's name.
 * @param value The field's value.
 */
template <class Fields>
[[nodiscard]] error_code set_field(Fields& fields, std::string_view name,
                                   std::string_view value)
{
    if (!is_field_name(name)) {
        return errc::invalid_field_name;
    }
    if (!is_field_value(value)) {
        return errc::invalid_field_value;
    }
    fields.set(name, value);
    return {};
}

/**
 * Sets `Host` after checking it with `is_host`.
 *
 * Errors: `invalid_host`; then nothing was written.
 * Exceptions: as `set_field`.
 */
template <class Fields>
[[nodiscard]] error_code set_host(Fields& fields, std::string_view host)
{
    if (!is_host(host)) {
        return errc::invalid_host;
    }
    fields.set("Host", host);
    return {};
}

/**
 * Sets the target of a request after checking it with `is_target`.
 *
 * Errors: `invalid_target`; then nothing was written.
 * Exceptions: what `request.target` throws (allocation).
 *
 * @param request A Beast request or its header: anything with `target(text)`.
 * @param target The target.
 */
template <class Request>
[[nodiscard]] error_code set_target(Request& request, std::string_view target)
{
    if (!is_target(target)) {
        return errc::invalid_target;
    }
    request.target(target);
    return {};
}

} // namespace resil::http

#endif // RESIL_HTTP_FIELD_VALUE_HPP
