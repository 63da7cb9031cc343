// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_POSTGRES_CONNECTOR_HPP
#define RESIL_POSTGRES_CONNECTOR_HPP

#include <resil/connection_fault.hpp>
#include <resil/error.hpp>
#include <resil/postgres/classify.hpp>
#include <resil/postgres/connection.hpp>
#include <resil/postgres/settings.hpp>

#include <utility>

namespace resil::postgres {

/**
 * Tells a `connection_pool` how to make, check, reset and end connections to PostgreSQL.
 *
 * A pool resets each connection when it comes back, so that one user's open transaction,
 * settings and temporary tables never reach the next. Each wait is limited in time by the
 * pool.
 *
 * Thread safety: safe, as it does not change.
 * Exceptions: making one throws `invalid_option`; copying one, `bad_alloc`.
 * Cost: each connect copies the settings.
 *
 * Example:
 *
 *     resil::postgres::connector const shop{where};
 *     auto const ex = co_await asio::this_coro::executor;
 *     resil::connection_pool const pool(ex, shop);
 *     auto const db = co_await pool.async_acquire(asio::use_awaitable);
 *     auto const rows = co_await db->async_query("select 1", asio::use_awaitable);
 */
class connector
{
public:
    /// What it connects.
    using connection = postgres::connection;

    /// Throws `invalid_option` if the settings make no sense.
    explicit connector(postgres::settings s) : settings_((s.validate(), std::move(s))) {}

    /// Returns the settings.
    postgres::settings const& settings() const noexcept { return settings_; }

    /// Connects with the settings: see `connection::async_connect`.
    template <class Token>
    auto async_connect(connection& c, Token&& token) const
    {
        return c.async_connect(settings_, std::forward<Token>(token));
    }

    /// Makes sure that the server answers: see `connection::async_ping`.
    template <class Token>
    auto async_ping(connection& c, Token&& token) const
    {
        return c.async_ping(std::forward<Token>(token));
    }

    /// Makes the connection as good as new: see `connection::async_reset`.
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

    /// Says whether another user can have the connection: see `connection::is_reusable`.
    bool is_reusable(connection const& c) const noexcept { return c.is_reusable(); }

    /// Keeps a forked child from ending the parent's session.
    void after_fork(connection& c) const noexcept { c.disown(); }

    /// Says what an error means: see `postgres::classify`.
    connection_fault classify(error_code ec) const noexcept { return postgres::classify(ec); }

private:
    postgres::settings settings_;
};

} // namespace resil::postgres

#endif // RESIL_POSTGRES_CONNECTOR_HPP
