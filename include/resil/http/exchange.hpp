// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_HTTP_EXCHANGE_HPP
#define RESIL_HTTP_EXCHANGE_HPP

#include <resil/detail/coroutine_warnings.hpp>
#include <resil/error.hpp>
#include <resil/http/detail/server_io.hpp>
#include <resil/http/detail/server_state.hpp>
#include <resil/http/string_message.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

RESIL_DETAIL_COROUTINES_BEGIN

namespace resil::http {

/**
 * Holds one request that a server's handler answers.
 *
 * Most handlers read `request()` and return a response. One whose answer is long, or has no end, sends it in pieces:
 * `begin` sends the status and the header, `write` each piece, and what the handler returns then is not sent.
 *
 * Executor: the connection's own, on which the handler runs.
 * Lifetimes: lives until the handler has ended; it is not to be kept.
 * Thread safety: none; on its executor only.
 * Exceptions: each function says what it throws.
 * Cost: none of its own; it holds what was read.
 *
 * Example:
 *
 *     asio::awaitable<resil::http::string_response> ticks(resil::http::exchange& caller)
 *     {
 *         resil::http::string_response head(http::status::ok, 11);
 *         co_await caller.begin(std::move(head));
 *         while (!caller.closing()) { // or it would be cut off
 *             co_await caller.write("tick\n");
 *             co_await caller.pause(1s);
 *         }
 *         co_return resil::http::string_response(); // not sent: the answer has begun
 *     }
 */
class exchange
{
public:
    /// What the executor of a connection is.
    using executor_type = boost::asio::any_io_executor;

    /// Returns what was asked. Throws nothing.
    string_request const& request() const noexcept { return request_; }

    /// Returns where the request came from. Throws nothing.
    boost::asio::ip::tcp::endpoint const& peer() const noexcept { return peer_; }

    /// Returns the connection's executor. Throws what copying one throws.
    executor_type get_executor() { return session_->socket.get_executor(); }

    /// Says whether the server has stopped taking requests: a stream should come to its end. Throws nothing.
    bool closing() const noexcept { return state_->phase() >= detail::server_phase::stopping; }

    /**
     * Waits until `time` has passed, or `closing()`.
     *
     * Cancellation: all three types.
     * Errors: none; that the time has passed is none.
     * Exceptions: `operation_aborted` if it was cancelled; `bad_alloc`.
     * Cost: one allocation, and that of its frame.
     */
    boost::asio::awaitable<void> pause(duration time)
    {
        co_await detail::wait_for_phase(*state_, detail::server_phase::stopping, time);
    }

    /**
     * Sends a status and a header; pieces follow, up to the handler's end.
     *
     * The pieces are chunks, or to a client of HTTP/1.0 what comes until the connection closes. The body of `head` is
     * the first piece, if there is one.
     *
     * Cancellation: terminal; the connection is closed then.
     * Errors: those of the connection, and `errc::timed_out` after `server_options::write_time`. The connection is closed.
     * Exceptions: the errors, as `system_error`; `std::logic_error` if it was called before; `bad_alloc`.
     * Cost: what Beast allocates for a header.
     */
    boost::asio::awaitable<void> begin(string_response head)
    {
        if (progress_ != progress::none) {
            throw std::logic_error("resil: exchange::begin is called once, before exchange::write");
        }
        progress_ = progress::begun;
        session_->streams = true;
        std::string const first = std::move(head.body());
        head.body().clear();
        head.erase(boost::beast::http::field::content_length);
        chunked_ = request_.version() >= 11;
        head.chunked(chunked_);
        keep_ = keep_ && chunked_;
        detail::prepare(head, request_.version(), keep_);
        co_await detail::write_header(*session_, head, state_->options.write_time);
        if (!first.empty()) {
            co_await write(first);
        }
    }

    /**
     * Sends a piece; an empty one is no piece, and a request with HEAD gets none.
     *
     * Cancellation: terminal; the connection is closed then.
     * Errors: see `exchange::begin`.
     * Lifetimes: `piece` must live until it completes.
     * Exceptions: the errors, as `system_error`; `std::logic_error` before `begin`; `bad_alloc`.
     * Cost: no allocation but those of its frames.
     */
    boost::asio::awaitable<void> write(std::string_view piece)
    {
        if (progress_ != progress::begun) {
            throw std::logic_error("resil: exchange::write is called after exchange::begin");
        }
        if (piece.empty() || request_.method() == boost::beast::http::verb::head) {
            co_return;
        }
        co_await detail::write_piece(*session_, piece, chunked_, state_->options.write_time);
    }

private:
    friend class detail::server_connection;

    enum class progress : unsigned char
    {
        none,
        begun,
    };

    exchange(std::shared_ptr<detail::server_state> state, std::shared_ptr<detail::server_session> session,
             string_request request, bool keep)
        : state_(std::move(state)), session_(std::move(session)), request_(std::move(request)), keep_(keep)
    {
        error_code ignored;
        peer_ = session_->socket.remote_endpoint(ignored);
    }

    bool has_begun() const noexcept { return progress_ == progress::begun; }

    std::shared_ptr<detail::server_state> state_;
    std::shared_ptr<detail::server_session> session_;
    string_request request_;
    boost::asio::ip::tcp::endpoint peer_;
    progress progress_ = progress::none;
    bool keep_;
    bool chunked_ = false;
};

} // namespace resil::http

RESIL_DETAIL_COROUTINES_END

#endif // RESIL_HTTP_EXCHANGE_HPP
