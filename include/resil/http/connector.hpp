// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_HTTP_CONNECTOR_HPP
#define RESIL_HTTP_CONNECTOR_HPP

#include <resil/connection_fault.hpp>
#include <resil/error.hpp>
#include <resil/http/connection.hpp>
#include <resil/http/endpoint.hpp>
#include <resil/http/judge_response.hpp>
#include <resil/http/plain_transport.hpp>
#include <resil/verdict.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/append.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <memory>
#include <string>
#include <utility>

namespace resil::http {

namespace detail {

/// Says after a turn of the executor whether a connection still stands; HTTP has no ping.
template <class Connection>
class look_op
{
public:
    explicit look_op(Connection const& c)
        : ex_(c.get_executor()),
          seen_(c.is_reusable() ? error_code() : boost::asio::error::connection_aborted)
    {
    }

    template <class Self>
    void operator()(Self& self)
    {
        auto const ex = ex_;
        boost::asio::post(ex, boost::asio::append(std::move(self), seen_));
    }

    template <class Self>
    void operator()(Self& self, error_code seen)
    {
        self.complete(seen);
    }

private:
    typename Connection::executor_type ex_;
    error_code seen_;
};

} // namespace detail

/**
 * Says how a `connection_pool` makes and judges HTTP connections to one endpoint.
 *
 * There is nothing to reset between two requests, and no ping: in its place the socket is
 * looked at, which tells at once whether the peer has closed it, or said something that nobody
 * asked for.
 *
 * Thread safety: a value; copies may be used from any thread.
 * Exceptions: making one throws `invalid_option`; copying one, and what makes a text or a connection, `bad_alloc`.
 * Cost: none of its own.
 *
 * Example:
 *
 *     resil::http::connector how(std::move(server));
 *     return resil::http::client_pool(
 *         resil::connection_pool<resil::http::connector>(context, how, options));
 */
template <class Transport>
class basic_connector
{
public:
    /// What it makes.
    using connection = basic_connection<Transport>;
    /// What the connections run over.
    using transport_type = Transport;

    /// Throws `invalid_option` if the endpoint makes no sense.
    explicit basic_connector(endpoint peer, Transport transport = {})
        : peer_(std::move(peer)), transport_(std::move(transport))
    {
        peer_.validate();
    }

    /// Makes an unconnected connection.
    std::unique_ptr<connection> make(boost::asio::any_io_executor const& ex) const
    {
        return std::make_unique<connection>(ex, peer_, transport_);
    }

    /// Connects: see `basic_connection::async_connect`.
    template <class Token>
    auto async_connect(connection& c, Token&& token) const
    {
        return c.async_connect(std::forward<Token>(token));
    }

    /**
     * Looks whether the connection still stands, after a turn of the executor; sends nothing.
     *
     * Completion signature: `void(error_code)`.
     * Executor: completes on the handler's executor, by default the connection's.
     * Cancellation: none; it takes no time.
     * Errors: `connection_aborted` if the connection is not reusable: see `basic_connection::is_reusable`.
     * Lifetimes: the connection must exist when it is started.
     * Cost: one system call that does not wait, and one message.
     *
     * Example:
     *
     *     co_await how.async_ping(peer, asio::use_awaitable); // or throws: of no further use
     */
    template <class Token>
    auto async_ping(connection& c, Token&& token) const
    {
        return boost::asio::async_compose<Token, void(error_code)>(
            detail::look_op<connection>(c), token, c.get_executor());
    }

    /// Says whether a request can be sent now: see `basic_connection::is_reusable`.
    bool is_reusable(connection const& c) const noexcept { return c.is_reusable(); }

    /// Cuts a loan short, from any thread: see `basic_connection::shut_down`.
    void force_close(connection& c) const noexcept { c.shut_down(); }

    /**
     * Says what an error means to other connections.
     *
     * What `http::judge` calls transient means that the peer is gone. A name that does not
     * exist is permanent: whoever waits hears it at once.
     */
    connection_fault classify(error_code ec) const noexcept
    {
        namespace net = boost::asio::error;
        bool const unknown = ec == net::host_not_found || ec == net::no_data ||
                             ec == net::no_recovery || ec == net::service_not_found;
        if (unknown || is_refusal(ec)) {
            return connection_fault::permanent;
        }
        return http::judge(ec) == verdict::transient ? connection_fault::disconnected
                                                     : connection_fault::transient;
    }

    /// Returns the endpoint.
    endpoint const& peer() const noexcept { return peer_; }

    /// Returns what stands in `Host`.
    std::string authority() const { return peer_.authority(Transport::usual_port); }

private:
    // A handshake that fails for what the peer is, not for how it is.
    static bool is_refusal([[maybe_unused]] error_code ec) noexcept
    {
        if constexpr (requires { Transport::is_refusal(ec); }) {
            return Transport::is_refusal(ec);
        } else {
            return false;
        }
    }

    endpoint peer_;
    Transport transport_;
};

/// Connections over plain TCP.
using connector = basic_connector<plain_transport>;

} // namespace resil::http

#endif // RESIL_HTTP_CONNECTOR_HPP
