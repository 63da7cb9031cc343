// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_MYSQL_CONNECTOR_HPP
#define RESIL_MYSQL_CONNECTOR_HPP

#include <resil/connection_fault.hpp>
#include <resil/core/option_check.hpp>
#include <resil/error.hpp>
#include <resil/mysql/classify.hpp>
#include <resil/mysql/connection.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/mysql/any_address.hpp>
#include <boost/mysql/any_connection.hpp>
#include <boost/mysql/connect_params.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace resil::mysql {

/// What a connector connects to, and how.
struct connector_options
{
    /**
     * Server, user, password, database, collation and the mode of TLS, as Boost.MySQL has them.
     *
     * Mind its default `ssl_mode::enable`: TLS only if the server offers it. Where the network
     * is not trusted, set `ssl_mode::require` and a `tls` context that verifies.
     */
    boost::mysql::connect_params params{};

    /// The context of TLS for all connections; null: Boost's own, which verifies nothing.
    std::shared_ptr<boost::asio::ssl::context> tls{};

    /**
     * Statements that every user of a connection finds executed: `SET time_zone = '+00:00'`.
     *
     * Executed in this order after connecting and after every reset, on the way of what is sent
     * there anyway: no trip more. If one fails, so does the connect, or the reset. Default:
     * none.
     */
    std::vector<std::string> session_setup{};

    /// The largest packet, sent or received, in bytes; >= 1024. Source: Boost.MySQL, 64 MiB.
    std::size_t max_buffer_size = boost::mysql::any_connection_params().max_buffer_size;
};

/**
 * Tells a connection pool how to connect to MySQL or MariaDB, and how to keep connections.
 *
 * | the pool wants to | it does |
 * |---|---|
 * | connect | resolve, connect, TLS, login, `session_setup` |
 * | ping | `COM_PING` |
 * | reset | `COM_RESET_CONNECTION`, then collation and `session_setup` again, in one trip |
 * | close | `COM_QUIT` |
 *
 * Lifetimes: copies share their options.
 * Thread safety: calling the functions of one connector
 * for distinct connections is safe from any thread.
 * Exceptions: making one throws `invalid_option` for a port of 0, an empty path of a socket, an empty statement, or too
 * small a `max_buffer_size`, and `bad_alloc`; so does `make`.
 * Cost: none of its own.
 *
 * Example:
 *
 *     resil::mysql::connector const shop({.params = where,
 *                                         .session_setup = {"SET time_zone = '+00:00'"}});
 *     auto const ex = co_await asio::this_coro::executor;
 *     resil::connection_pool const pool(ex, shop);
 *     auto const db = co_await pool.async_acquire(asio::use_awaitable);
 *     boost::mysql::results rows;
 *     co_await db->async_execute("SELECT @@time_zone", rows, asio::use_awaitable);
 *
 * @see connection
 */
class connector
{
public:
    /// What it connects.
    using connection = mysql::connection;

    /// Checks the options and takes them.
    explicit connector(connector_options options)
        : tls_(std::move(options.tls)), max_buffer_size_(options.max_buffer_size)
    {
        check(options);
        params_ = std::make_shared<boost::mysql::connect_params>(std::move(options.params));
        session_setup_ =
            std::make_shared<std::vector<std::string>>(std::move(options.session_setup));
    }

    /// Makes an unconnected connection.
    std::unique_ptr<connection> make(boost::asio::any_io_executor const& ex) const
    {
        boost::mysql::any_connection_params params;
        params.max_buffer_size = max_buffer_size_;
        return std::make_unique<connection>(ex, params, tls_);
    }

    /// Connects and logs in: see `connection::async_connect`.
    template <class Token>
    auto async_connect(connection& c, Token&& token) const
    {
        return c.async_connect(params_, session_setup_, std::forward<Token>(token));
    }

    /// Asks for a sign of life: see `connection::async_ping`.
    template <class Token>
    auto async_ping(connection& c, Token&& token) const
    {
        return c.async_ping(std::forward<Token>(token));
    }

    /// Makes the session as good as new: see `connection::async_reset`.
    template <class Token>
    auto async_reset(connection& c, Token&& token) const
    {
        return c.async_reset(std::forward<Token>(token));
    }

    /// Says goodbye: see `connection::async_close`.
    template <class Token>
    auto async_close(connection& c, Token&& token) const
    {
        return c.async_close(std::forward<Token>(token));
    }

    /// Cuts a loan short, on any thread; see `connection::force_close`.
    void force_close(connection& c) const noexcept { c.force_close(); }

    /// Says whether another user can have the connection; see `connection::is_reusable`.
    bool is_reusable(connection const& c) const noexcept { return c.is_reusable(); }

    /// Says what an error means; see `mysql::classify`.
    connection_fault classify(error_code ec) const noexcept { return mysql::classify(ec); }

private:
    static void check(connector_options const& options)
    {
        auto const& address = options.params.server_address;
        if (address.type() == boost::mysql::address_type::host_and_port) {
            core::require_between<unsigned>("params.server_address.port", address.port(), 1,
                                            65535);
        } else if (address.unix_socket_path().empty()) {
            throw invalid_option("params.server_address.unix_socket_path", "\"\"", "a path");
        }
        for (auto const& statement : options.session_setup) {
            if (statement.empty()) {
                throw invalid_option("session_setup", "\"\"", "statements that are not empty");
            }
        }
        core::require_at_least("max_buffer_size", options.max_buffer_size,
                               boost::mysql::any_connection_params().initial_buffer_size);
    }

    std::shared_ptr<boost::asio::ssl::context> tls_;
    std::size_t max_buffer_size_;
    std::shared_ptr<boost::mysql::connect_params const> params_;
    std::shared_ptr<std::vector<std::string> const> session_setup_;
};

} // namespace resil::mysql

#endif // RESIL_MYSQL_CONNECTOR_HPP
