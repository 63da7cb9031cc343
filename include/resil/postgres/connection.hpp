// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_POSTGRES_CONNECTION_HPP
#define RESIL_POSTGRES_CONNECTION_HPP

#include <resil/error.hpp>
#include <resil/postgres/detail/cancel_request.hpp>
#include <resil/postgres/detail/connect.hpp>
#include <resil/postgres/detail/operation.hpp>
#include <resil/postgres/detail/run_statements.hpp>
#include <resil/postgres/detail/session.hpp>
#include <resil/postgres/parameters.hpp>
#include <resil/postgres/result.hpp>
#include <resil/postgres/settings.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/compose.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace resil::postgres {

namespace detail {

/// Closes a session; for `async_compose`.
struct close_session
{
    std::shared_ptr<session> closed;

    template <class Self>
    void operator()(Self& self)
    {
        closed->close();
        end_later(closed->get_executor(), self, {});
    }

    template <class Self>
    void operator()(Self& self, ended how)
    {
        self.complete(how.ec);
    }
};

} // namespace detail

/**
 * Keeps one connection to a PostgreSQL server, through libpq, that never blocks its executor.
 *
 * One operation at a time, except for `async_cancel`. Nothing is repeated.
 *
 * Executor: operations run on the handler's associated executor, or else on the connection's.
 * Cancellation: all three types end an operation at once with `operation_aborted`. A
 * connection whose statement was cancelled is in the middle of an answer: from then on it is
 * `errc::busy`, and not reusable. The server goes on until it notices; to stop it, and to
 * keep the connection, see `async_cancel`.
 * Errors: what the server reports is in `sqlstate_category()`; `postgres::errc`; what the
 * socket or the look-up of the host reports. The server's own words are in `last_message()`.
 * Lifetimes: may be destroyed at any time; an operation in flight is then aborted.
 * Thread safety: none. If several threads run the context, use a strand, and bind handlers to
 * it.
 * Exceptions: making one, and what starts an operation, throws `bad_alloc`.
 * Cost: two descriptors a connection; one allocation by libpq for each row of a result.
 *
 * Example:
 *
 *     resil::postgres::connection c{co_await asio::this_coro::executor};
 *     co_await c.async_connect(where, asio::use_awaitable);
 *     co_await c.async_ping(asio::use_awaitable);
 *     auto const rows =
 *         co_await c.async_query("select $1::int + 1", {42}, asio::use_awaitable);
 *     co_await c.async_reset(asio::use_awaitable);
 *     co_await c.async_close(asio::use_awaitable);
 */
class connection
{
public:
    /// What operations run on by default.
    using executor_type = boost::asio::any_io_executor;

    /// Makes one that is not connected.
    explicit connection(executor_type const& ex)
        : session_(std::make_shared<detail::session>(ex))
    {
    }

    /// Closes the connection; an operation in flight is aborted.
    ~connection() { session_->close(); }

    connection(connection const&) = delete;
    connection& operator=(connection const&) = delete;

    /// Returns the executor that it was made with.
    executor_type get_executor() const { return session_->get_executor(); }

    /**
     * Connects, and authenticates.
     *
     * A host's name is looked up each time, and its addresses are tried in their order; the
     * look-up runs on the one thread that Asio keeps for that. A small file may be read
     * (certificates, `~/.pgpass`). Nothing limits its time: use a timeout. After an error it may be tried again.
     *
     * Completion signature: `void(error_code)`.
     * Errors: `already_connected`; a SQLSTATE, as
     * 28P01 (wrong password) or 3D000 (unknown database); `connection_refused` and its like;
     * `errc::tls_failed`, `errc::password_missing`, `errc::invalid_settings`,
     * `errc::connection_failed`.
     * Exceptions: throws `invalid_option` at once if the settings make no sense.
     */
    template <class Token>
    auto async_connect(settings to, Token&& token)
    {
        to.validate();
        return compose<void(error_code)>(detail::connect(session_, std::move(to)), token);
    }

    /**
     * Runs one statement, with values for `$1`, `$2`, ...
     *
     * Completion signature: `void(error_code, result)`.
     * Errors: those of the class; `errc::result_too_large` (the connection is then not
     * reusable; libpq holds one row, at most 1 GiB, before its size is known),
     * `errc::copy_not_supported` (nor here), `errc::invalid_statement`,
     * `errc::too_many_parameters`, `errc::busy`, `not_connected`.
     */
    template <class Token>
    auto async_query(std::string sql, parameters values, Token&& token)
    {
        return compose<void(error_code, result)>(
            detail::run_statements<result>(
                session_, {{.sql = std::move(sql), .values = std::move(values)}}),
            token);
    }

    /// The same for a statement without values.
    template <class Token>
    auto async_query(std::string sql, Token&& token)
    {
        return async_query(std::move(sql), parameters(), std::forward<Token>(token));
    }

    /**
     * Makes sure that the server answers; begins no transaction, and ends none.
     *
     * One round trip, with an empty statement.
     *
     * Completion signature: `void(error_code)`.
     */
    template <class Token>
    auto async_ping(Token&& token)
    {
        return run({{.sql = "", .simple = true}}, token);
    }

    /**
     * Makes the connection as good as new: rolls back, then discards all that a session keeps.
     *
     * `ROLLBACK` if a transaction is open, and `DISCARD ALL`: prepared statements, temporary
     * tables, settings, listeners, advisory locks. One round trip each.
     *
     * Completion signature: `void(error_code)`.
     */
    template <class Token>
    auto async_reset(Token&& token)
    {
        return run({{.sql = "ROLLBACK", .simple = true, .only_in_transaction = true},
                    {.sql = "DISCARD ALL", .simple = true}},
                   token);
    }

    /**
     * Asks the server to cancel the statement that this connection runs.
     *
     * May be called while another operation is in flight. Completes when the server has the request. If it comes in
     * time, the statement fails with 57014, and the connection stays reusable; if it comes too late nothing happens, or
     * the next statement is hit: wait for both.
     *
     * Completion signature: `void(error_code)`.
     * Errors: `not_connected`; `errc::connection_failed` if the request did not arrive; what making a socket or a
     * thread reports.
     * Cost: a connection of its own, made by a thread of its own (before version 17 libpq can
     * only do it by blocking), which goes on for itself if this operation is cancelled.
     *
     * Example:
     *
     *     co_await c.async_cancel(asio::use_awaitable); // while another coroutine waits for a query
     */
    template <class Token>
    auto async_cancel(Token&& token)
    {
        return compose<void(error_code)>(detail::cancel_request(session_), token);
    }

    /**
     * Says goodbye without waiting for an answer, and closes.
     *
     * Completion signature: `void(error_code)`.
     */
    template <class Token>
    auto async_close(Token&& token)
    {
        return compose<void(error_code)>(detail::close_session{session_}, token);
    }

    /**
     * Says whether the connection may serve another user, after a reset.
     *
     * False if an operation is in flight or was cancelled, if the connection is not
     * established, or was ended by the server: also when nobody has noticed yet. One system
     * call.
     */
    bool is_reusable() const noexcept { return session_->is_reusable(); }

    /// Keeps what this process does with the connection from its peer: in the child of a fork the
    /// session is the parent's, and its end here must not end it there.
    void disown() noexcept { session_->disown(); }

    /// Says whether a transaction is open, failed or not.
    bool in_transaction() const noexcept { return session_->in_transaction(); }

    /// Returns the process id of the server's side, as in `pg_stat_activity`; 0 if there is
    /// none.
    int backend_id() const noexcept { return PQbackendPID(session_->native()); }

    /// Returns what the server or libpq said if the last operation failed: 4 KiB at most. May
    /// quote data, and is therefore in no error code's message.
    std::string const& last_message() const noexcept { return session_->message(); }

private:
    template <class Signature, class Operation, class Token>
    auto compose(Operation operation, Token& token)
    {
        return boost::asio::async_compose<Token, Signature>(std::move(operation), token,
                                                            session_->get_executor());
    }

    template <class Token>
    auto run(std::vector<detail::statement> statements, Token& token)
    {
        return compose<void(error_code)>(
            detail::run_statements<>(session_, std::move(statements)), token);
    }

    std::shared_ptr<detail::session> session_;
};

} // namespace resil::postgres

#endif // RESIL_POSTGRES_CONNECTION_HPP
