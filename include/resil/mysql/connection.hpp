// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_MYSQL_CONNECTION_HPP
#define RESIL_MYSQL_CONNECTION_HPP

#include <resil/mysql/detail/connect_session.hpp>
#include <resil/mysql/detail/session.hpp>
#include <resil/mysql/detail/session_handler.hpp>
#include <resil/mysql/detail/session_operation.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/mysql/any_connection.hpp>
#include <boost/mysql/connect_params.hpp>
#include <boost/mysql/pipeline.hpp>
#include <boost/mysql/rows_view.hpp>
#include <boost/mysql/statement.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The adapter for MySQL and MariaDB, on Boost.MySQL: a connection, and what a pool must know of it.
namespace resil::mysql {

/**
 * Wraps a `boost::mysql::any_connection`, and knows whether another user can have it.
 *
 * Boost's connection cannot be asked whether an operation is in flight, was cancelled in the
 * middle of the protocol, or left rows unread. This one forwards the operations to it, with
 * the same completion signatures, and keeps count: `is_reusable()`.
 *
 * Executor: handlers run on their associated executor, by default the connection's.
 * Cancellation: as Boost's, terminal only; a cancelled operation completes with
 * `operation_aborted`, and the connection is not reusable any more. A connect that is still
 * resolving a name completes at once; the resolver's thread, which cannot be interrupted, ends
 * in its own time.
 * Errors: those of Boost.MySQL as they are; a second operation at the same
 * time fails with `client_errc::operation_in_progress` and harms nothing.
 * Lifetimes: may be destroyed with an operation in flight, on any thread: the operation is
 * cancelled and completes with `operation_aborted`. What is given by reference (results,
 * execution states, responses, pipeline requests) must outlive the operation, as in
 * Boost.MySQL.
 * Thread safety: distinct objects safe; of a shared one `is_reusable` and `force_close`.
 * Exceptions: making one, and what starts an operation, throws `bad_alloc`.
 * Cost: each operation costs what Boost's own costs and two turns of a mutex; a connect
 * allocates one block that is not its handler's, which may outlive it.
 *
 * Example:
 *
 *     auto const ex = co_await asio::this_coro::executor;
 *     resil::mysql::connection c(ex);
 *     co_await c.async_connect(params, setup, asio::use_awaitable);
 *     co_await c.async_ping(asio::use_awaitable);
 *     boost::mysql::results rows;
 *     co_await c.async_execute("SELECT 1", rows, asio::use_awaitable);
 *     auto const sum = co_await c.async_prepare_statement("SELECT ? + ?", asio::use_awaitable);
 *     co_await c.async_execute(sum.bind(1, 2), rows, asio::use_awaitable);
 *     co_await c.async_close_statement(sum, asio::use_awaitable);
 *     co_await c.async_reset(asio::use_awaitable);
 *     co_await c.async_close(asio::use_awaitable);
 *
 * @see connector
 */
class connection
{
public:
    /// What operations run on by default.
    using executor_type = boost::asio::any_io_executor;

    /// Makes an unconnected one; `tls`, if given, takes the place of `params.ssl_context`.
    explicit connection(executor_type ex, boost::mysql::any_connection_params params = {},
                        std::shared_ptr<boost::asio::ssl::context> tls = {})
        : session_(std::make_shared<detail::session>(std::move(ex), params, std::move(tls)))
    {
    }

    connection(connection const&) = delete;
    connection& operator=(connection const&) = delete;

    /// Cancels what is in flight, and closes the connection without a goodbye.
    ~connection() { session_->end(); }

    /// Returns the executor that it was made with.
    executor_type get_executor() const { return session_->native.get_executor(); }

    /**
     * Returns Boost's connection, to read or to configure: `meta_mode`, `format_opts`, ...
     *
     * Operations that are started on it directly are not seen by `is_reusable()`; after one
     * that failed, mark the lease as broken. The connection keeps it alive.
     */
    boost::mysql::any_connection& native() noexcept { return session_->native; }

    /// The same, to read.
    boost::mysql::any_connection const& native() const noexcept { return session_->native; }

    /**
     * Says whether another user can have it, after a reset.
     *
     * Safe on any thread. False before it is connected and after it is closed; while an
     * operation is in flight; after one that was cancelled or that lost the connection
     * (`boost::mysql::is_fatal_error`, or `connection_fault::disconnected`); while rows of
     * `async_start_execution` are unread.
     */
    bool is_reusable() const noexcept { return session_->is_reusable(); }

    /**
     * Ends it, from any thread.
     *
     * What is in flight is cancelled, on the executor of its handler, and every later operation completes with
     * `operation_aborted`. It cannot be connected again.
     */
    void force_close() noexcept { session_->end(); }

    /**
     * Returns what the server, or the client, said to the last error; empty after a success.
     *
     * At most 512 bytes, the longest that servers write; cut between characters of UTF-8. It
     * may repeat a part of the statement, values in it too. Valid until the next operation
     * begins.
     */
    std::string_view last_diagnostics() const noexcept
    {
        auto const& told = session_->diagnostics;
        std::string_view const server = told.server_message();
        std::string_view const client = told.client_message();
        return detail::beginning_of(server.empty() ? client : server, 512);
    }

    /**
     * Connects, logs in, and prepares the session.
     *
     * Asks the server for character set and collation of the session, so that a reset can
     * restore them, and executes `setup`, statements that return no rows that matter: one trip
     * more than Boost's `async_connect`. Resets repeat `setup`. Both are shared, never null.
     *
     * Completion signature: `void(error_code)`.
     */
    template <class Token>
    auto async_connect(std::shared_ptr<boost::mysql::connect_params const> params,
                       std::shared_ptr<std::vector<std::string> const> setup, Token&& token)
    {
        return run<void(error_code)>(
            detail::connect_session{std::move(params), std::move(setup)},
            std::forward<Token>(token));
    }

    /**
     * Asks the server for a sign of life (`COM_PING`).
     *
     * Completion signature: `void(error_code)`.
     */
    template <class Token>
    auto async_ping(Token&& token)
    {
        return run<void(error_code)>(detail::ping_session{}, std::forward<Token>(token));
    }

    /**
     * Makes the session as good as new, in one trip.
     *
     * The server rolls back, drops temporary tables, user variables, locks and prepared
     * statements, and forgets settings (`COM_RESET_CONNECTION`); then character set, collation
     * and `setup` are as after `async_connect`. After an error the connection is not reusable.
     *
     * Completion signature: `void(error_code)`.
     */
    template <class Token>
    auto async_reset(Token&& token)
    {
        return run<void(error_code)>(detail::reset_session{}, std::forward<Token>(token));
    }

    /**
     * Says goodbye and closes.
     *
     * Completion signature: `void(error_code)`.
     */
    template <class Token>
    auto async_close(Token&& token)
    {
        return run<void(error_code)>(detail::close_session{}, std::forward<Token>(token));
    }

    /**
     * Executes a query or a bound statement and reads all of its results.
     *
     * Completion signature: `void(error_code)`.
     */
    template <class Request, class Results, class Token>
    auto async_execute(Request&& request, Results& results, Token&& token)
    {
        return run<void(error_code)>(detail::execute{}, std::forward<Token>(token),
                                     std::forward<Request>(request), &results);
    }

    /**
     * Prepares a statement. It lives until the next reset.
     *
     * Completion signature: `void(error_code, statement)`.
     */
    template <class Token>
    auto async_prepare_statement(boost::mysql::string_view sql, Token&& token)
    {
        return run<void(error_code, boost::mysql::statement)>(detail::prepare_statement{},
                                                              std::forward<Token>(token), sql);
    }

    /**
     * Frees a prepared statement.
     *
     * Completion signature: `void(error_code)`.
     */
    template <class Token>
    auto async_close_statement(boost::mysql::statement const& statement, Token&& token)
    {
        return run<void(error_code)>(detail::close_statement{}, std::forward<Token>(token),
                                     statement);
    }

    /**
     * Executes a query and leaves its rows to be read in portions.
     *
     * Completion signature: `void(error_code)`.
     *
     * Example:
     *
     *     boost::mysql::execution_state state;
     *     co_await c.async_start_execution("SELECT 1", state, asio::use_awaitable);
     *     while (!state.complete()) {
     *         if (state.should_read_head()) {
     *             co_await c.async_read_resultset_head(state, asio::use_awaitable);
     *         }
     *         auto const some = co_await c.async_read_some_rows(state, asio::use_awaitable);
     *         read += some.size();
     *     }
     */
    template <class Request, class State, class Token>
    auto async_start_execution(Request&& request, State& state, Token&& token)
    {
        return run<void(error_code)>(detail::start_execution<State>{{&state}},
                                     std::forward<Token>(token),
                                     std::forward<Request>(request));
    }

    /**
     * Reads a portion of rows; they are valid until the next operation. As `connection::async_start_execution` shows.
     *
     * Completion signature: `void(error_code, rows_view)`.
     */
    template <class Token>
    auto async_read_some_rows(boost::mysql::execution_state& state, Token&& token)
    {
        return run<void(error_code, boost::mysql::rows_view)>(
            detail::read_some_rows<boost::mysql::execution_state>{{&state}},
            std::forward<Token>(token));
    }

    /**
     * Reads a portion of rows into a span of the static interface. As `connection::async_start_execution` shows.
     *
     * Completion signature: `void(error_code, size_t)`.
     */
    template <class State, class Span, class Token>
    auto async_read_some_rows(State& state, Span output, Token&& token)
    {
        return run<void(error_code, std::size_t)>(detail::read_some_rows<State>{{&state}},
                                                  std::forward<Token>(token), output);
    }

    /**
     * Reads the head of a further resultset. As `connection::async_start_execution` shows.
     *
     * Completion signature: `void(error_code)`.
     */
    template <class State, class Token>
    auto async_read_resultset_head(State& state, Token&& token)
    {
        return run<void(error_code)>(detail::read_resultset_head<State>{{&state}},
                                     std::forward<Token>(token));
    }

    /**
     * Runs several requests in one trip.
     *
     * Completion signature: `void(error_code)`.
     *
     * Example:
     *
     *     boost::mysql::pipeline_request request;
     *     request.add_execute("SELECT 1").add_execute("SELECT 2");
     *     std::vector<boost::mysql::stage_response> responses;
     *     co_await c.async_run_pipeline(request, responses, asio::use_awaitable);
     */
    template <class Token>
    auto async_run_pipeline(boost::mysql::pipeline_request const& request,
                            std::vector<boost::mysql::stage_response>& responses, Token&& token)
    {
        return run<void(error_code)>(detail::run_pipeline{}, std::forward<Token>(token),
                                     &request, &responses);
    }

private:
    template <class Signature, class Operation, class Token, class... Args>
    auto run(Operation operation, Token&& token, Args&&... args)
    {
        // The pointer is for `boost::mysql::with_diagnostics`, which looks for it.
        return boost::asio::async_initiate<Token, Signature>(
            detail::initiate_operation<Signature>(session_), token, &session_->diagnostics,
            std::move(operation), std::forward<Args>(args)...);
    }

    std::shared_ptr<detail::session> session_;
};

} // namespace resil::mysql

#endif // RESIL_MYSQL_CONNECTION_HPP
