// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_HTTP_ERROR_HPP
#define RESIL_HTTP_ERROR_HPP

#include <resil/error.hpp>

#include <string>
#include <type_traits>

/// The adapter for HTTP, on Boost.Beast: verdicts, headers, and a client with pooled connections.
namespace resil::http {

/**
 * Names what this adapter refuses to write, and what it could not read.
 *
 * The messages name the field and the accepted range, and never repeat the value: it is the one
 * thing that cannot be trusted, and messages go to logs. Values are stable within a major
 * version.
 */
enum class errc
{
    invalid_field_name = 1,  ///< Not a token (RFC 9110, section 5.1), or too long.
    invalid_field_value,     ///< A control character, an outer space, or too long.
    invalid_host,            ///< Not `host [":" port]` (RFC 9110, section 7.2).
    invalid_target,          ///< A control character, space or '#', not ASCII, empty, too long.
    invalid_idempotency_key, ///< Not a key of the style asked for, or more than one of them.
    missing_idempotency_key, ///< The request carries no `Idempotency-Key`.
    invalid_method,          ///< Not a token, or CONNECT, which makes a tunnel.
    invalid_framing,         ///< A `Content-Length` or `Transfer-Encoding` not of the body.
    unexpected_upgrade,      ///< The peer answered 101: this is no HTTP connection any more.
    too_many_interim,        ///< The peer sent more interim (1xx) responses than are read.
    unexpected_status,       ///< The peer answered a check with no success (2xx).
};

namespace detail {

#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor" // Boost's category has none, on purpose
#endif

class error_category final : public boost::system::error_category
{
public:
    constexpr error_category() noexcept
        : boost::system::error_category(0x7265'7369'6c00'0002ULL)
    {
    }

    char const* name() const noexcept override { return "resil.http"; }

    std::string message(int value) const override
    {
        switch (static_cast<errc>(value)) {
        case errc::invalid_field_name:
            return "the name of a header field must be 1 to 65533 letters, digits or any of "
                   "!#$%&'*+-.^_`|~";
        case errc::invalid_field_value:
            return "the value of a header field must be at most 65533 bytes without control "
                   "characters (0x00-0x1F, 0x7F), and must not begin or end with a space";
        case errc::invalid_host:
            return "the host must be a name, an IPv4 address or an IPv6 address in brackets, "
                   "of 1 to 255 characters, and its port, if any, 1 to 65535";
        case errc::invalid_target:
            return "the request target must be 1 to 65533 characters of 0x21-0x7E other than "
                   "'#'";
        case errc::invalid_idempotency_key:
            return "the idempotency key must be given once, as 1 to 255 characters of "
                   "0x20-0x7E; a bare one has no space, '\"', ',', ';' or '\\'";
        case errc::missing_idempotency_key: return "the request has no Idempotency-Key";
        case errc::invalid_method:
            return "the method must be 1 to 65533 letters, digits or any of !#$%&'*+-.^_`|~, "
                   "and not CONNECT";
        case errc::invalid_framing:
            return "Content-Length must be left out or be the size of the body, given once; "
                   "Transfer-Encoding must be left out";
        case errc::unexpected_upgrade: return "the peer switched to another protocol (101)";
        case errc::too_many_interim: return "the peer sent too many interim responses (1xx)";
        case errc::unexpected_status: return "the peer answered with a status that is not one of success (2xx)";
        }
        return "unknown resil.http error";
    }
};

#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

inline constexpr error_category error_category_instance{};

} // namespace detail

/// Returns the category of `http::errc`; its name is "resil.http".
inline boost::system::error_category const& error_category() noexcept
{
    return detail::error_category_instance;
}

/// Makes an `error_code` of an `http::errc`; found by `error_code`'s converting constructor.
inline error_code make_error_code(errc value) noexcept
{
    return {static_cast<int>(value), error_category()};
}

} // namespace resil::http

namespace boost::system {

template <>
struct is_error_code_enum<resil::http::errc> : std::true_type
{
};

} // namespace boost::system

#endif // RESIL_HTTP_ERROR_HPP
