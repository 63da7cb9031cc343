// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/connection_pool.hpp>

#include "mysql/mysql_support.hpp"

#include <boost/asio/cancel_after.hpp>
#include <boost/asio/post.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <string>
#include <utility>

using namespace mysql_support;

namespace {

using mysql_pool = resil::connection_pool<resil::mysql::connector>;

mysql_pool pool_of(asio::any_io_executor const& ex, resil::mysql::connector connector,
                   std::size_t max_size)
{
    return {ex, std::move(connector), {.max_size = max_size}};
}

} // namespace

TEST_CASE("a pool of sessions lends one that is set up as every user wants it")
{
    auto params = params_of(server());
    run([](auto where) -> asio::awaitable<void> {
        //[mysql_pool
        resil::mysql::connector const shop({.params = where,
                                            .session_setup = {"SET time_zone = '+00:00'"}});
        auto const ex = co_await asio::this_coro::executor;
        resil::connection_pool const pool(ex, shop);
        auto const db = co_await pool.async_acquire(asio::use_awaitable);
        boost::mysql::results rows;
        co_await db->async_execute("SELECT @@time_zone", rows, asio::use_awaitable);
        //]
        CHECK(rows.rows().at(0).at(0).as_string() == "+00:00");
    }(std::move(params)));
}

TEST_CASE("a pool lends the same session, as good as new, to the next")
{
    run([](auto k) -> asio::awaitable<void> {
        auto const pool = pool_of(co_await asio::this_coro::executor, k, 1);
        std::string id;
        {
            auto const lease = co_await pool.async_acquire(asio::use_awaitable);
            id = co_await ask(*lease, "SELECT CONNECTION_ID()");
            co_await must(*lease, "SET @mine = 1");
        }
        auto const lease = co_await pool.async_acquire(asio::use_awaitable);
        CHECK(lease.was_reused());
        CHECK(co_await ask(*lease, "SELECT CONNECTION_ID()") == id);
        CHECK(co_await ask(*lease, "SELECT @mine") == "<NULL>");
    }(connector_to(server())));
}

TEST_CASE("a pool replaces a connection whose query was cancelled")
{
    run([](auto k) -> asio::awaitable<void> {
        auto const pool = pool_of(co_await asio::this_coro::executor, k, 1);
        std::string id;
        {
            auto const lease = co_await pool.async_acquire(asio::use_awaitable);
            id = co_await ask(*lease, "SELECT CONNECTION_ID()");
            mysql::results results;
            co_await lease->async_execute("SELECT SLEEP(50)", results,
                                          asio::cancel_after(1ms, as_tuple));
        }
        auto const lease = co_await pool.async_acquire(asio::use_awaitable);
        CHECK_FALSE(lease.was_reused());
        CHECK(co_await ask(*lease, "SELECT CONNECTION_ID()") != id);
    }(connector_to(server())));
}

TEST_CASE("a pool tells a wrong password at once")
{
    auto params = params_of(server());
    params.password = "not the password";
    run([](auto k) -> asio::awaitable<void> {
        auto const pool = pool_of(co_await asio::this_coro::executor, k, 1);
        auto const [ec, lease] = co_await pool.async_acquire(as_tuple);
        CHECK(ec == common_server_errc::er_access_denied_error);
        CHECK_FALSE(lease);
    }(connector_to(params)));
}

TEST_CASE("a pool lends a live connection after its server was killed and started again")
{
    auto& target = server();
    run([](auto k, auto& s) -> asio::awaitable<void> {
        auto const pool = pool_of(co_await asio::this_coro::executor, k, 2);
        {
            auto lease = co_await pool.async_acquire(asio::use_awaitable);
            auto const idle = co_await pool.async_acquire(asio::use_awaitable);
            s.kill();
            error_code const ec = co_await execute(*lease, "SELECT 1");
            CHECK(k.classify(ec) == connection_fault::disconnected);
            lease.mark_broken(ec);
        }
        s.start();
        auto const lease = co_await pool.async_acquire(asio::use_awaitable);
        CHECK(co_await ask(*lease, "SELECT 'alive'") == "alive");
    }(connector_to(target), target));
}

TEST_CASE("a drain cuts short what is lent and in use")
{
    run([](auto k) -> asio::awaitable<void> {
        auto const pool = pool_of(co_await asio::this_coro::executor, k, 1);
        auto lease = co_await pool.async_acquire(asio::use_awaitable);
        mysql::results results;
        error_code ended;
        lease->async_execute("SELECT SLEEP(50)", results, [&](error_code ec) {
            ended = ec;
            lease.release();
        });
        auto const [ec, report] = co_await pool.async_drain(1ms, as_tuple);
        CHECK(report.forced == 1);
        while (!ended) {
            co_await asio::post(asio::use_awaitable);
        }
        CHECK(ended == asio::error::operation_aborted);
    }(connector_to(server())));
}
