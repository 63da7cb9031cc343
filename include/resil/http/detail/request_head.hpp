// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_HTTP_DETAIL_REQUEST_HEAD_HPP
#define RESIL_HTTP_DETAIL_REQUEST_HEAD_HPP

#include <resil/error.hpp>
#include <resil/http/error.hpp>
#include <resil/http/field_value.hpp>
#include <resil/http/string_message.hpp>

#include <boost/beast/http/field.hpp>
#include <boost/beast/http/verb.hpp>

#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>

namespace resil::http::detail {

using boost::beast::http::field;
using boost::beast::http::verb;

/// Beast's own text, of whatever type in this version of Boost.
template <class Text>
std::string_view view(Text const& text) noexcept
{
    return {text.data(), text.size()};
}

inline std::size_t count(string_request const& message, field name)
{
    auto const [first, last] = message.equal_range(name);
    return static_cast<std::size_t>(std::distance(first, last));
}

/// Says what would let a peer see another request than this one, or more than one.
inline error_code check_start(string_request const& message)
{
    if (message.method() == verb::connect || !is_field_name(view(message.method_string()))) {
        return errc::invalid_method;
    }
    return is_target(view(message.target())) ? error_code() : errc::invalid_target;
}

inline error_code check_fields(string_request const& message)
{
    for (auto const& each : message) {
        if (!is_field_name(view(each.name_string()))) {
            return errc::invalid_field_name;
        }
        if (!is_field_value(view(each.value()))) {
            return errc::invalid_field_value;
        }
    }
    return {};
}

/// The body is a string, so its size is its length, and chunks are of no use; TRACE has none
/// (RFC 9110, section 9.3.8).
inline error_code check_framing(string_request const& message)
{
    std::size_t const lengths = count(message, field::content_length);
    bool const told =
        lengths == 1 && view(message[field::content_length]) ==
                            std::string_view(std::to_string(message.body().size()));
    bool const untold = lengths == 0 && message.body().empty();
    bool const allowed = message.method() != verb::trace || message.body().empty();
    bool const framed = (told || untold) && allowed;
    return framed && count(message, field::transfer_encoding) == 0 ? error_code()
                                                                   : errc::invalid_framing;
}

inline error_code check_host(string_request const& message)
{
    bool const good = count(message, field::host) == 1 && is_host(view(message[field::host]));
    return good ? error_code() : errc::invalid_host;
}

/// Says why a request must not be written as it is, if so.
inline error_code check_request(string_request const& message)
{
    error_code ec = check_start(message);
    ec = ec ? ec : check_fields(message);
    ec = ec ? ec : check_host(message);
    return ec ? ec : check_framing(message);
}

/// Says whether a server waits to hear that there is no body (RFC 9110, section 8.6).
inline bool expects_body(verb method) noexcept
{
    return method == verb::post || method == verb::put || method == verb::patch;
}

/// Adds what HTTP/1.1 demands and the request does not say: a host, and the body's length.
inline void complete_request(string_request& message, std::string_view host)
{
    message.version(11);
    if (count(message, field::host) == 0) {
        message.set(field::host, host);
    }
    bool const framed = count(message, field::content_length) != 0 ||
                        count(message, field::transfer_encoding) != 0;
    if (!framed && (!message.body().empty() || expects_body(message.method()))) {
        message.set(field::content_length, std::to_string(message.body().size()));
    }
}

/// The bytes of the request line and the header.
inline std::string written_head(string_request const& message)
{
    std::string head(view(message.method_string()));
    head.append(" ").append(view(message.target())).append(" HTTP/1.1\r\n");
    for (auto const& each : message) {
        head.append(view(each.name_string())).append(": ");
        head.append(view(each.value())).append("\r\n");
    }
    return head.append("\r\n");
}

/// Says whether sending the request twice does no more than sending it once (RFC 9110, section
/// 9.2.2), by its method, or because the peer can tell by a key that it is the same.
inline bool is_repeatable(string_request const& message)
{
    switch (message.method()) {
    case verb::get:
    case verb::head:
    case verb::options:
    case verb::trace:
    case verb::put:
    case verb::delete_: return true;
    default: break;
    }
    auto const [first, last] = message.equal_range("Idempotency-Key");
    return first != last && std::next(first) == last && !first->value().empty();
}

} // namespace resil::http::detail

#endif // RESIL_HTTP_DETAIL_REQUEST_HEAD_HPP
