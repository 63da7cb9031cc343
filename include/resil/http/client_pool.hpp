// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_HTTP_CLIENT_POOL_HPP
#define RESIL_HTTP_CLIENT_POOL_HPP

#include <resil/attempt.hpp>
#include <resil/connection_pool.hpp>
#include <resil/error.hpp>
#include <resil/http/client_pool_options.hpp>
#include <resil/http/connector.hpp>
#include <resil/http/detail/request_op.hpp>
#include <resil/http/string_message.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/compose.hpp>

#include <source_location>
#include <utility>

namespace resil::http {

/**
 * Sends requests to one endpoint over connections that are kept and shared.
 *
 * Each request borrows a connection of a `connection_pool`, and gives it back when the response
 * has been read. A connection that its peer has closed meanwhile is not lent. Where the news of
 * that and the request cross each other, the request is sent once more, over a new connection,
 * if all of this holds: the connection was used before; not one byte of a response was read;
 * and the method is idempotent (GET, HEAD, OPTIONS, TRACE, PUT, DELETE; RFC 9110, section
 * 9.2.2) or the request carries one `Idempotency-Key`. This is no attempt of a `retry` around
 * it.
 *
 * The request is HTTP/1.1. `Host` and `Content-Length` are added where they are missing; a
 * request that a peer could read as another one, or as two, is refused.
 *
 * Waiting for a connection is bounded by `acquire_timeout`, and by the deadline that is given.
 * The exchange is not: put `resil::timeout` or `resil::deadline` around it.
 *
 * A handle: copies share the connections.
 *
 * Thread safety: safe, shared objects too.
 * Exceptions: making one throws `invalid_option` and `bad_alloc`; what starts an operation throws `bad_alloc`.
 * Cost: beyond that of the pool, one allocation for the request, and a few for reading.
 *
 * Example:
 *
 *     asio::awaitable<std::string> page(std::string const& path) const
 *     {
 *         resil::http::string_request request(http::verb::get, "/", 11);
 *         if (auto ec = resil::http::set_target(request, path)) {
 *             throw boost::system::system_error(ec);
 *         }
 *         auto const response = co_await client_.async_request(request, asio::use_awaitable);
 *         co_return response.body();
 *     }
 */
template <class Connector>
class basic_client_pool
{
public:
    /// Where connections live.
    using executor_type = boost::asio::any_io_executor;
    /// What the connections are kept in.
    using pool_type = connection_pool<Connector>;

    /// Sends through a pool that was made with other options than `client_pool_options` has.
    explicit basic_client_pool(pool_type connections) : pool_(std::move(connections)) {}

    /// Throws `invalid_option`, and `bad_alloc`.
    basic_client_pool(executor_type const& ex, Connector how, client_pool_options const& options)
        : pool_(ex, std::move(how), options.pool_options())
    {
    }

    /// The same, with the default options; see `connection_pool` for why they are no default argument.
    basic_client_pool(executor_type const& ex, Connector how)
        : basic_client_pool(ex, std::move(how), client_pool_options())
    {
    }

    /// The same, for an endpoint, where the transport needs no more than that.
    basic_client_pool(executor_type const& ex, endpoint peer, client_pool_options const& options)
        : basic_client_pool(ex, Connector(std::move(peer)), options)
    {
    }

    /// The same, with the default options.
    basic_client_pool(executor_type const& ex, endpoint peer)
        : basic_client_pool(ex, std::move(peer), client_pool_options())
    {
    }

    /// The same, on the executor of an execution context.
    template <class Context>
        requires requires(Context& c) { c.get_executor(); }
    basic_client_pool(Context& context, endpoint peer, client_pool_options const& options = {})
        : basic_client_pool(executor_type(context.get_executor()), std::move(peer), options)
    {
    }

    /// The same, with a connector.
    template <class Context>
        requires requires(Context& c) { c.get_executor(); }
    basic_client_pool(Context& context, Connector how, client_pool_options const& options = {})
        : basic_client_pool(executor_type(context.get_executor()), std::move(how), options)
    {
    }

    /// Returns the executor of the connections.
    executor_type get_executor() const noexcept { return pool_.get_executor(); }

    /// Returns the connections: to warm up, to drain, to watch.
    pool_type const& connections() const noexcept { return pool_; }

    /**
     * Sends a request and reads the response to it.
     *
     * Completion signature: `void(error_code, string_response)`.
     * Executor: completes on the handler's executor, by default the pool's.
     * Cancellation: while it waits for a connection all three types, and nothing is lost; then terminal and partial,
     * and the connection is discarded. Completes with `operation_aborted`.
     * Errors: `http::errc::invalid_*` for a request that is refused; those of
     * `connection_pool::async_acquire`; those of `basic_connection::async_exchange`. Every
     * response is a success here, whatever its status; `judge_response` judges it.
     * Lifetimes: the request is moved into the operation, which keeps the pool.
     */
    template <class Token>
    auto async_request(string_request message, Token&& token,
                       std::source_location where = std::source_location::current()) const
    {
        return async_request(call{}, std::move(message), std::forward<Token>(token), where);
    }

    /// The same; waits for a connection no longer than until the deadline of an outer call:
    /// `resil::within(attempt)`.
    template <class Token>
    auto async_request(call const& outer, string_request message, Token&& token,
                       std::source_location where = std::source_location::current()) const
    {
        return start({.deadline = outer.deadline, .where = where}, std::move(message),
                     std::forward<Token>(token));
    }

    /**
     * The same, for an attempt, which must outlive the operation.
     *
     * Says `attempt.not_sent()` if it failed before the first byte of the request left, so that
     * a `retry` may repeat whatever the request is.
     */
    template <class Token>
    auto async_request(attempt const& of, string_request message, Token&& token,
                       std::source_location where = std::source_location::current()) const
    {
        return start({.deadline = within(of).deadline, .of = &of, .where = where},
                     std::move(message), std::forward<Token>(token));
    }

private:
    template <class Token>
    auto start(detail::request_frame const& frame, string_request message, Token&& token) const
    {
        return boost::asio::async_compose<Token, void(error_code, string_response)>(
            detail::request_op<Connector>(pool_, std::move(message), frame), token,
            pool_.get_executor());
    }

    pool_type pool_;
};

/// Over plain TCP.
using client_pool = basic_client_pool<connector>;

} // namespace resil::http

#endif // RESIL_HTTP_CLIENT_POOL_HPP
