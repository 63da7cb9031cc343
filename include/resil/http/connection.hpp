// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_HTTP_CONNECTION_HPP
#define RESIL_HTTP_CONNECTION_HPP

#include <resil/error.hpp>
#include <resil/http/detail/connect_op.hpp>
#include <resil/http/detail/connection_state.hpp>
#include <resil/http/detail/exchange_op.hpp>
#include <resil/http/endpoint.hpp>
#include <resil/http/exchange_facts.hpp>
#include <resil/http/plain_transport.hpp>
#include <resil/http/string_message.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/compose.hpp>

#include <memory>
#include <utility>

namespace resil::http {

/**
 * Keeps one HTTP/1.1 connection of a client: requests one after the other, each answered in full.
 *
 * It says of itself whether it can take another request. It cannot after an error, a
 * cancellation, a `Connection: close` of either side, an HTTP/1.0 peer that does not say
 * `keep-alive`, a body that ends with the connection, or bytes beyond the response: those would
 * be taken for the answer to the next request.
 *
 * Executor: operations run on the handler's executor, by default the connection's.
 * Lifetimes: may be destroyed, on its executor, with an operation in flight, which then
 * completes with an error.
 * Thread safety: none, but for `shut_down`; one operation at a time.
 * Exceptions: making one throws `invalid_option` and `bad_alloc`; what starts an operation throws `bad_alloc`.
 * Cost: a buffer of up to `limits.header` + 16 KiB is kept for reading.
 *
 * Example:
 *
 *     resil::http::connection peer(co_await asio::this_coro::executor, server);
 *     co_await peer.async_connect(asio::use_awaitable);
 *     resil::http::string_request request(http::verb::get, "/", 11);
 *     request.set(http::field::host, server.authority(80)); // a bare connection adds nothing
 *     auto const response = co_await peer.async_exchange(request, asio::use_awaitable);
 */
template <class Transport>
class basic_connection
{
    using state = detail::connection_state<Transport>;

public:
    /// What operations run on.
    using executor_type = boost::asio::any_io_executor;
    /// What the connection runs over.
    using transport_type = Transport;

    /// Makes an unconnected one. Throws `invalid_option`, and `bad_alloc`.
    basic_connection(executor_type const& ex, endpoint peer, Transport transport = {})
        : state_((peer.validate(),
                  std::make_shared<state>(ex, std::move(peer), std::move(transport))))
    {
    }

    basic_connection(basic_connection const&) = delete;
    basic_connection& operator=(basic_connection const&) = delete;
    /// Closes the connection; what is in flight completes with an error.
    ~basic_connection() { state_->close(); }

    /// Returns the executor that it was made with.
    executor_type get_executor() const noexcept { return state_->ex; }

    /**
     * Looks the name up and connects to the first address that answers.
     *
     * May be repeated: the old connection is dropped, and a new one made. Nothing limits its time: use a timeout.
     *
     * Completion signature: `void(error_code)`.
     * Cancellation: all three types, at once; a look-up that the system does not interrupt goes on
     * behind the scenes, and keeps its context's `run()` from returning until it is over.
     * Errors: the resolver's, the socket's, the transport's handshake.
     */
    template <class Token>
    auto async_connect(Token&& token)
    {
        return boost::asio::async_compose<Token, void(error_code)>(
            detail::connect_op<Transport>(state_), token, state_->ex);
    }

    /**
     * Sends a request and reads the response to it, all of it.
     *
     * The request must name its host, and the length of its body (`prepare_payload()`): this
     * writes what it is given, or nothing. Interim responses are skipped.
     *
     * Completion signature: `void(error_code, string_response)`.
     * Cancellation: terminal and partial; a response that has already come is delivered. Otherwise the connection is of
     * no further use.
     * Errors: `http::errc::invalid_*`, nothing was written and the connection is as it was;
     * `asio::error::not_connected`; `asio::error::in_progress`; the socket's;
     * `http::error::end_of_stream` if the peer closed without an answer, `partial_message`
     * within it; `header_limit` and `body_limit`; `unexpected_upgrade`, `too_many_interim`;
     * Beast's for what is not HTTP. `last_exchange` says how far it went.
     */
    template <class Token>
    auto async_exchange(string_request message, Token&& token)
    {
        return async_exchange(std::make_shared<string_request const>(std::move(message)),
                              std::forward<Token>(token));
    }

    /// The same, without taking the request away from whoever may want to send it again.
    template <class Token>
    auto async_exchange(std::shared_ptr<string_request const> message, Token&& token)
    {
        return boost::asio::async_compose<Token, void(error_code, string_response)>(
            detail::exchange_op<Transport>(state_, std::move(message)), token, state_->ex);
    }

    /// Returns how far the last exchange went.
    exchange_facts last_exchange() const noexcept { return state_->facts; }

    /**
     * Says whether a request can be sent now: connected, at rest, not kept for longer than the
     * peer said it would (`Keep-Alive: timeout`), and quiet. Bytes, or the end of the stream,
     * that came since the last response make it useless.
     *
     * Cost: one system call that does not wait. A closed connection is seen as soon as the news
     * have arrived, without a ping, which HTTP does not have.
     */
    bool is_reusable() const noexcept { return state_->is_reusable(); }

    /// Closes the socket; what is in flight completes with `operation_aborted`.
    void close() noexcept { state_->close(); }

    /// Ends the stream under an operation that is in flight, from any thread; the operation
    /// completes with an error. For the end of a drain.
    void shut_down() noexcept { state_->shut_down(); }

private:
    std::shared_ptr<state> state_;
};

/// A connection over plain TCP.
using connection = basic_connection<plain_transport>;

} // namespace resil::http

#endif // RESIL_HTTP_CONNECTION_HPP
