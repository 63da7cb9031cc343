// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_HTTP_DETAIL_REQUEST_CHECK_HPP
#define RESIL_HTTP_DETAIL_REQUEST_CHECK_HPP

#include <resil/error.hpp>
#include <resil/http/string_message.hpp>

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/status.hpp>

#include <optional>

namespace resil::http::detail {

/// The answer to a request that could not be read; none if there is nobody who would read it.
inline std::optional<boost::beast::http::status> status_of_unread(error_code ec)
{
    using boost::beast::http::error;
    using boost::beast::http::status;
    if (ec == resil::errc::timed_out) {
        return status::request_timeout;
    }
    if (ec == error::header_limit || ec == error::buffer_overflow) {
        return status::request_header_fields_too_large;
    }
    if (ec == error::body_limit) {
        return status::payload_too_large;
    }
    if (ec == error::bad_version) {
        return status::http_version_not_supported;
    }
    bool const ended = ec == error::end_of_stream || ec == error::partial_message;
    if (ended || ec.category() != make_error_code(error::end_of_stream).category()) {
        return std::nullopt;
    }
    return status::bad_request;
}

inline bool expects_continue(string_request const& request)
{
    auto const expected = request.find(boost::beast::http::field::expect);
    return expected != request.end() && request.version() >= 11 &&
           boost::beast::iequals(expected->value(), "100-continue");
}

/// The answer to a request whose header is well-formed, but says what it must not.
inline std::optional<boost::beast::http::status> status_of_refused(string_request const& request)
{
    using boost::beast::http::field;
    using boost::beast::http::status;
    if (request.version() >= 11 && request.count(field::host) != 1) { // RFC 9112, section 3.2
        return status::bad_request;
    }
    if (request.version() >= 11 && request.count(field::expect) != 0 && !expects_continue(request)) {
        return status::expectation_failed;
    }
    return std::nullopt;
}

} // namespace resil::http::detail

#endif // RESIL_HTTP_DETAIL_REQUEST_CHECK_HPP
