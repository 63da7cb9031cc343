// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_HTTP_PLAIN_TRANSPORT_HPP
#define RESIL_HTTP_PLAIN_TRANSPORT_HPP

#include <resil/error.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstdint>

namespace resil::http {

/**
 * Carries HTTP over plain TCP.
 *
 * A transport is copied into every connection. It has
 *
 *     using stream = ...;                               // an Asio stream over a TCP socket
 *     static constexpr std::uint16_t usual_port = ...;
 *     stream open(any_io_executor const&) const;        // unconnected
 *     static tcp::socket& socket(stream&);              // the socket below
 *     static bool is_quiet(stream&) noexcept;           // open, nothing to read; does not wait
 *     void async_handshake(stream&, host, handler) const; // optional: void(error_code)
 *     static error_code as_socket_error(error_code) noexcept; // optional: of a read
 *     static bool is_refusal(error_code) noexcept; // optional: connecting again cannot help
 *
 * Thread safety: a value; distinct objects are safe. Its functions are called on the connection's executor.
 * Exceptions: none of its own.
 * Cost: none of its own.
 *
 * Example:
 *
 *     // What resil::http::client_pool is: another transport makes another client.
 *     using plain_client = resil::http::basic_client_pool<
 *         resil::http::basic_connector<resil::http::plain_transport>>;
 */
class plain_transport
{
public:
    /// What is read and written.
    using stream = boost::asio::ip::tcp::socket;
    /// The port that need not be named (RFC 9110, section 4.2.1).
    static constexpr std::uint16_t usual_port = 80;

    /// Makes an unconnected stream.
    stream open(boost::asio::any_io_executor const& ex) const { return stream(ex); }

    /// Returns the socket below.
    static boost::asio::ip::tcp::socket& socket(stream& s) noexcept { return s; }

    /// Says whether the stream is open and has nothing to read, by one system call; the socket is non-blocking.
    static bool is_quiet(stream& s) noexcept
    {
        char byte = 0;
        error_code ec;
        s.receive(boost::asio::buffer(&byte, 1), stream::message_peek, ec);
        return ec == boost::asio::error::would_block;
    }
};

} // namespace resil::http

#endif // RESIL_HTTP_PLAIN_TRANSPORT_HPP
