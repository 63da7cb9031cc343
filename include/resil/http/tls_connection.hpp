// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_HTTP_TLS_CONNECTION_HPP
#define RESIL_HTTP_TLS_CONNECTION_HPP

#include <resil/error.hpp>
#include <resil/http/client_pool.hpp>
#include <resil/http/connection.hpp>
#include <resil/http/connector.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/append.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/ssl/verify_mode.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace resil::http {

/**
 * Carries HTTP over TLS, by OpenSSL; CMake target `resil::http_tls`.
 *
 * The peer's certificate and its name are verified, always, and the name is sent to it (SNI).
 * Whose certificates are trusted is the context's to say: by default, whom the system trusts.
 *
 * Errors: those of OpenSSL in the handshake are permanent: connecting again does not help.
 * Thread safety: a value; copies share the context, which must not be changed any more.
 * Exceptions: making one without a context throws `system_error` and `bad_alloc`; opening a stream, `system_error`.
 * Cost: a session of TLS and its buffers for each connection.
 *
 * Example:
 *
 *     resil::http::tls_transport const over(trusted); // or {}: whom the system trusts
 *     resil::http::tls_client_pool const payments(
 *         context, resil::http::tls_connector(std::move(server), over));
 */
class tls_transport
{
public:
    /// What is read and written.
    using stream = boost::asio::ssl::stream<boost::asio::ip::tcp::socket>;
    /// The port that need not be named (RFC 9110, section 4.2.2).
    static constexpr std::uint16_t usual_port = 443;

    /// Trusts whom the system trusts; TLS 1.2 and later. Throws `system_error`.
    tls_transport() : tls_transport(usual_context()) {}

    /// Trusts whom the context trusts; never null.
    explicit tls_transport(std::shared_ptr<boost::asio::ssl::context> context)
        : context_(std::move(context))
    {
    }

    /// Makes an unconnected stream.
    stream open(boost::asio::any_io_executor const& ex) const { return stream(ex, *context_); }

    /// Returns the socket below.
    static boost::asio::ip::tcp::socket& socket(stream& s) noexcept { return s.next_layer(); }

    /// Says whether the stream is open and has nothing to read; reads what TLS has to say to itself, as tickets,
    /// without waiting.
    static bool is_quiet(stream& s) noexcept
    {
        char byte = 0;
        error_code ec;
        s.read_some(boost::asio::buffer(&byte, 1), ec);
        return ec == boost::asio::error::would_block;
    }

    /// Shakes hands, and verifies the peer; a part of connecting: see `basic_connection::async_connect`.
    template <class Handler>
    void async_handshake(stream& s, std::string const& host, Handler&& handler) const
    {
        if (error_code const ec = prepare(s, host)) {
            auto const ex = s.get_executor();
            return boost::asio::post(
                ex, boost::asio::append(std::forward<Handler>(handler), ec));
        }
        s.async_handshake(stream::client, std::forward<Handler>(handler));
    }

    /// Translates what a read reports: a peer that closes without TLS's goodbye, as most do, has closed.
    static error_code as_socket_error(error_code ec) noexcept
    {
        bool const cut = ec == boost::asio::ssl::error::stream_truncated;
        return cut ? error_code(boost::asio::error::connection_reset) : ec;
    }

    /// Says whether an error is OpenSSL's: connecting again does not help.
    static bool is_refusal(error_code ec) noexcept
    {
        return ec.category() == boost::asio::error::get_ssl_category();
    }

private:
    static std::shared_ptr<boost::asio::ssl::context> usual_context()
    {
        namespace ssl = boost::asio::ssl;
        auto made = std::make_shared<ssl::context>(ssl::context::tls_client);
        made->set_options(ssl::context::default_workarounds | ssl::context::no_tlsv1 |
                          ssl::context::no_tlsv1_1);
        made->set_default_verify_paths();
        return made;
    }

    static error_code prepare(stream& s, std::string const& host)
    {
        namespace ssl = boost::asio::ssl;
        error_code ec;
        s.set_verify_mode(ssl::verify_peer, ec);
        if (!ec) {
            s.set_verify_callback(ssl::host_name_verification(host), ec);
        }
        return ec ? ec : name_peer(s, host);
    }

#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wold-style-cast" // in OpenSSL's macro
#endif

    // An address is not a name (RFC 6066, section 3).
    static error_code name_peer(stream& s, std::string const& host)
    {
        error_code is_no_address;
        boost::asio::ip::make_address(host, is_no_address);
        if (!is_no_address || SSL_set_tlsext_host_name(s.native_handle(), host.c_str()) == 1) {
            return {};
        }
        return {static_cast<int>(::ERR_get_error()), boost::asio::error::get_ssl_category()};
    }

#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

    std::shared_ptr<boost::asio::ssl::context> context_;
};

/// A connection over TLS.
using tls_connection = basic_connection<tls_transport>;

/// Connections over TLS.
using tls_connector = basic_connector<tls_transport>;

/// Over TLS.
using tls_client_pool = basic_client_pool<tls_connector>;

} // namespace resil::http

#endif // RESIL_HTTP_TLS_CONNECTION_HPP
