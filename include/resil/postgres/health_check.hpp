// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_POSTGRES_HEALTH_CHECK_HPP
#define RESIL_POSTGRES_HEALTH_CHECK_HPP

#include <resil/config.hpp>
#include <resil/detail/coroutine_warnings.hpp>
#include <resil/postgres/connection.hpp>
#include <resil/postgres/settings.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>
#include <utility>

RESIL_DETAIL_COROUTINES_BEGIN

namespace resil::postgres {

/**
 * Checks that a PostgreSQL server answers, over a connection of its own that it keeps from run to run.
 *
 * One round trip, with an empty statement. It borrows from no pool, so a busy service stays ready; it needs one of the
 * server's `max_connections`. After an error it connects anew with the next run.
 *
 * Executor: that of the coroutine; always the same, as `service::health` sees to.
 * Cancellation: all three types.
 * Errors: those of `connection::async_connect` and `async_ping`; thrown as `system_error`.
 * Thread safety: none; copies share the connection, and one run at a time.
 * Exceptions: making one throws `invalid_option`, `bad_alloc`.
 * Cost: a connection, and a round trip a run.
 *
 * Example:
 *
 *     health.add("database", resil::criticality::hard, resil::postgres::health_check(where));
 */
class health_check
{
public:
    /// Takes where the server is. Throws `invalid_option`, `bad_alloc`.
    explicit health_check(postgres::settings where)
        : monitor_((where.validate(), std::make_shared<monitor>(std::move(where))))
    {
    }

    /// Asks the server, or throws: what `service::health` calls.
    boost::asio::awaitable<void> operator()() const
    {
        auto const kept = monitor_;
        auto link = std::move(kept->link); // back only if all goes well
        if (!link || !link->is_reusable()) {
            boost::asio::any_io_executor const ex = co_await boost::asio::this_coro::executor;
            link = std::make_unique<connection>(ex);
            co_await link->async_connect(kept->where, boost::asio::use_awaitable);
        }
        co_await link->async_ping(boost::asio::use_awaitable);
        kept->link = std::move(link);
    }

private:
    struct monitor
    {
        explicit monitor(postgres::settings w) : where(std::move(w)) {}

        postgres::settings const where;
        std::unique_ptr<connection> link{};
    };

    std::shared_ptr<monitor> monitor_;
};

} // namespace resil::postgres

RESIL_DETAIL_COROUTINES_END

#endif // RESIL_POSTGRES_HEALTH_CHECK_HPP
