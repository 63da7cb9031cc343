// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_HTTP_STRING_MESSAGE_HPP
#define RESIL_HTTP_STRING_MESSAGE_HPP

#include <resil/config.hpp>

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

namespace resil::http {

/// A request whose body is a string: what the client sends, if need be twice.
using string_request = boost::beast::http::request<boost::beast::http::string_body>;

/// A response whose body is a string: what the client gets.
using string_response = boost::beast::http::response<boost::beast::http::string_body>;

} // namespace resil::http

#endif // RESIL_HTTP_STRING_MESSAGE_HPP
