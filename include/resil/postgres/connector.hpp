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
 * Thread safety: safe, as it does not change.
 * @code
 * resil::postgres::connector how{{.host = "db", .database = "shop", .user = "app"}};
 * resil::connection_pool<resil::postgres::connector> pool{ex, how};
 * @endcode
 */
class connector
{
public:
    using connection = postgres::connection;

    /// Throws `invalid_option` if the settings make no sense.
    explicit connector(postgres::settings s) : settings_((s.validate(), std::move(s))) {}

    postgres::settings const& settings() const noexcept { return settings_; }

    template <class Token>
    auto async_connect(connection& c, Token&& token) const
    {
        return c.async_connect(settings_, std::forward<Token>(token));
    }

    template <class Token>
    auto async_ping(connection& c, Token&& token) const
    {
        return c.async_ping(std::forward<Token>(token));
    }

    template <class Token>
    auto async_reset(connection& c, Token&& token) const
    {
        return c.async_reset(std::forward<Token>(token));
    }

    template <class Token>
    auto async_close(connection& c, Token&& token) const
    {
        return c.async_close(std::forward<Token>(token));
    }

    bool is_reusable(connection const& c) const noexcept { return c.is_reusable(); }

    /// Keeps a forked child from ending the parent's session.
    void after_fork(connection& c) const noexcept { c.disown(); }

    connection_fault classify(error_code ec) const noexcept { return postgres::classify(ec); }

private:
    postgres::settings settings_;
};

} // namespace resil::postgres

#endif // RESIL_POSTGRES_CONNECTOR_HPP
