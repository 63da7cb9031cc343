// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_MYSQL_MYSQL_SUPPORT_HPP
#define RESIL_TESTS_MYSQL_MYSQL_SUPPORT_HPP

#include <resil/mysql/mysql.hpp>

#include "support/mariadb_server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/mysql/field_view.hpp>
#include <boost/mysql/results.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

namespace mysql_support {

namespace asio = boost::asio;
namespace mysql = boost::mysql;
using namespace std::chrono_literals;
using mysql::common_server_errc;
using resil::connection_fault;
using resil::error_code;
using resil::verdict;

inline constexpr auto terminal = asio::cancellation_type::terminal;
inline constexpr auto as_tuple = asio::as_tuple(asio::use_awaitable);

/// The server of this program; the test is skipped where MariaDB is not installed.
inline support::mariadb_server& server()
{
    if (!support::mariadb_server::is_installed()) {
        SKIP("MariaDB is not installed");
    }
    static support::mariadb_server one;
    return one;
}

/// How to reach it.
inline mysql::connect_params params_of(support::mariadb_server const& s)
{
    mysql::connect_params params;
    params.server_address.emplace_host_and_port("127.0.0.1", s.port());
    params.username = s.user();
    params.password = s.password();
    params.database = s.database();
    return params;
}

inline resil::mysql::connector connector_to(mysql::connect_params params)
{
    return resil::mysql::connector({.params = std::move(params)});
}

inline resil::mysql::connector connector_to(support::mariadb_server const& s)
{
    return connector_to(params_of(s));
}

/// Runs a coroutine to its end, and everything that it left behind.
inline void run(asio::io_context& context, asio::awaitable<void> coroutine)
{
    std::optional<std::exception_ptr> ended;
    asio::co_spawn(context, std::move(coroutine),
                   [&](std::exception_ptr thrown) { ended = thrown; });
    context.restart();
    context.run_for(60s);
    REQUIRE(ended.has_value());
    if (*ended) {
        std::rethrow_exception(*ended);
    }
    REQUIRE(context.stopped());
}

inline void run(asio::awaitable<void> coroutine)
{
    asio::io_context context;
    run(context, std::move(coroutine));
}

using connection_ptr = std::unique_ptr<resil::mysql::connection>;

inline asio::awaitable<connection_ptr> connected(resil::mysql::connector connector)
{
    auto made = connector.make(co_await asio::this_coro::executor);
    co_await connector.async_connect(*made, asio::use_awaitable);
    co_return made;
}

/// Connects without success, and says why.
inline asio::awaitable<error_code> refusal(resil::mysql::connector connector)
{
    auto const made = connector.make(co_await asio::this_coro::executor);
    auto const [ec] = co_await connector.async_connect(*made, as_tuple);
    CHECK_FALSE(connector.is_reusable(*made));
    co_return ec;
}

/// The first field of the answer, as text.
inline asio::awaitable<std::string> ask(resil::mysql::connection& c, std::string sql)
{
    mysql::results results;
    co_await c.async_execute(sql, results, asio::use_awaitable);
    auto const field = results.rows().at(0).at(0);
    if (field.is_string()) {
        co_return std::string(field.as_string());
    }
    std::ostringstream text;
    text << field;
    co_return text.str();
}

/// Executes what has no answer of interest, or fails.
inline asio::awaitable<error_code> execute(resil::mysql::connection& c, std::string sql)
{
    mysql::results results;
    auto const [ec] = co_await c.async_execute(sql, results, as_tuple);
    co_return ec;
}

/// Executes what cannot fail.
inline asio::awaitable<void> must(resil::mysql::connection& c, std::string sql)
{
    error_code const ec = co_await execute(c, sql);
    INFO(sql << ": " << c.last_diagnostics());
    REQUIRE(ec == error_code());
}

/// Waits until the server executes, for somebody else, what contains `text`.
inline asio::awaitable<void> until_executing(resil::mysql::connection& c, std::string text)
{
    std::string const count =
        "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE '%" + text +
        "%' AND ID <> CONNECTION_ID()";
    while (co_await ask(c, count) == "0") {
    }
}

/// An operation that was begun, and how it ended.
struct begun
{
    bool ended = false;
    error_code ec;
    asio::cancellation_signal signal;

    auto token()
    {
        return asio::bind_cancellation_slot(signal.slot(), [this](error_code result) {
            ended = true;
            ec = result;
        });
    }
};

} // namespace mysql_support

#endif // RESIL_TESTS_MYSQL_MYSQL_SUPPORT_HPP
