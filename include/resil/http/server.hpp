// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_HTTP_SERVER_HPP
#define RESIL_HTTP_SERVER_HPP

#include <resil/core/saturate.hpp>
#include <resil/http/detail/server_acceptor.hpp>
#include <resil/http/detail/server_connection.hpp>
#include <resil/http/exchange.hpp>
#include <resil/http/server_options.hpp>
#include <resil/http/string_message.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <utility>

namespace resil::http {

/// Whose a listening socket is.
enum class listener : unsigned char
{
    own,    ///< This server's alone: who waits in its queue when the server stops is still accepted.
    shared, ///< Other processes accept from it too, and go on.
};

/**
 * Serves HTTP/1.1 as a process needs it that is to be replaced while clients do not notice.
 *
 * It keeps connections, bounds what a peer can send and how slowly, and stops in steps, which `service::shutdown` takes
 * one by one: `close_politely`, `stop`, `async_drain`, `cancel_streams`, `cancel`. Not a framework: routes, encodings
 * and TLS are the handler's, or the proxy's before it.
 *
 * | a request | is answered |
 * |---|---|
 * | malformed, without `Host` or with two | 400 |
 * | slower than `header_time`, `body_time` | 408 |
 * | larger than `max_header`, `max_body` | 431, 413 |
 * | with an expectation other than `100-continue` | 417 |
 * | whose handler throws | 500, without the reason |
 *
 * Executor: each connection has a strand of the one that is given; the handler runs on it.
 * Cancellation: `cancel` gives `terminal` to the handlers; a response that was begun ends with its connection.
 * Lifetimes: its destruction cancels. The execution context must outlive it. The handler lives until the last
 * connection has ended.
 * Thread safety: every member may be called from any thread.
 * Exceptions: making one throws `invalid_option` and `bad_alloc`.
 * Calls: the handler, a coroutine, for each request.
 * Cost: a connection allocates its buffer once, a request its fields, its body, and the frames of its coroutines.
 *
 * Example:
 *
 *     site.close_politely(); // a balancer may still send; everybody is served
 *     site.stop();           // what was received is answered
 *     site.async_drain(20s, [&](resil::error_code ec) {
 *         if (ec == resil::errc::timed_out) {
 *             site.cancel();
 *         }
 *     });
 */
class server
{
public:
    /// What answers a request.
    using handler = std::function<boost::asio::awaitable<string_response>(exchange&)>;

    /// Serves nobody until it is started. Throws `invalid_option` and `bad_alloc`.
    server(boost::asio::any_io_executor const& ex, handler answer, server_options const& options)
        : ex_(ex), handler_(std::make_shared<handler const>(std::move(answer)))
    {
        options.validate();
        state_ = std::make_shared<detail::server_state>(ex, options);
    }

    /// The same, with the default options.
    server(boost::asio::any_io_executor const& ex, handler answer) : server(ex, std::move(answer), server_options()) {}

    server(server const&) = delete;
    server& operator=(server const&) = delete;

    /// Cancels what is in flight.
    ~server() { cancel(); }

    /// Listens on an address; port 0 is any. Throws `system_error`, `std::logic_error` if it was started before.
    void start(boost::asio::ip::tcp::endpoint const& where)
    {
        boost::asio::ip::tcp::acceptor acceptor(ex_);
        acceptor.open(where.protocol());
        acceptor.set_option(boost::asio::ip::tcp::acceptor::reuse_address(true));
        acceptor.bind(where);
        acceptor.listen(state_->options.backlog);
        start(std::move(acceptor), listener::own);
    }

    /// Accepts from a socket that listens already, on this server's execution context. Throws as the other.
    void start(boost::asio::ip::tcp::acceptor acceptor, listener whose)
    {
        if (acceptor_) {
            throw std::logic_error("resil: http::server::start is called once");
        }
        acceptor.non_blocking(true);
        port_ = acceptor.local_endpoint().port();
        acceptor_ = std::make_shared<detail::server_acceptor>(state_, handler_, std::move(acceptor), whose == listener::own);
        acceptor_->start();
    }

    /// Returns the port that it listens on; 0 before it was started. Throws nothing.
    unsigned short port() const noexcept { return port_; }

    /// Returns what it does. Throws what a mutex throws.
    server_counts counts() const { return state_->counts(); }

    /// Says `Connection: close` in every answer from now on, and serves all who come. Throws `bad_alloc`.
    void close_politely() const { state_->enter(detail::server_phase::polite); }

    /**
     * Accepts nobody from now on, and ends connections that wait for a request.
     *
     * What was received in part is in flight, and is answered. A connection that was never used has until `first_time`
     * after it was accepted. Streams are told: `exchange::closing`. Throws `bad_alloc`.
     */
    void stop() const
    {
        if (state_->enter(detail::server_phase::stopping)) {
            wake();
        }
    }

    /// Gives up the handlers that send streams; throws `bad_alloc`.
    void cancel_streams() const { state_->tell_sessions(&detail::server_session::cancel_stream); }

    /// Stops, and gives up every handler and connection; throws `bad_alloc`.
    void cancel() const
    {
        if (state_->enter(detail::server_phase::cancelled)) {
            wake();
            state_->tell_sessions(&detail::server_session::cancel);
        }
    }

    /**
     * Waits until it accepts nobody, and no connection is left; `stop` is what brings that about.
     *
     * Completion signature: `void(error_code)`.
     * Cancellation: all three types; `operation_aborted`.
     * Errors: `errc::timed_out` after `patience`.
     * Exceptions: `bad_alloc`; then nothing has begun.
     * Cost: two allocations.
     */
    template <class Token>
    auto async_drain(duration patience, Token&& token) const
    {
        auto const until = core::plus(state_->emptied.clock().now(), patience);
        auto const empty = [s = state_.get()] { return s->is_empty(); };
        return state_->emptied.async_wait(empty, until, std::forward<Token>(token));
    }

private:
    void wake() const
    {
        state_->tell_sessions(&detail::server_session::wake);
        if (acceptor_) {
            acceptor_->wake();
        }
    }

    boost::asio::any_io_executor ex_;
    std::shared_ptr<handler const> handler_;
    std::shared_ptr<detail::server_state> state_;
    std::shared_ptr<detail::server_acceptor> acceptor_;
    unsigned short port_ = 0;
};

} // namespace resil::http

#endif // RESIL_HTTP_SERVER_HPP
