// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Quoted by the comments of the adapter: the regions between the tags.

#include <resil/postgres/postgres.hpp>

#include <resil/connection_pool.hpp>
#include <resil/pipeline.hpp>
#include <resil/postgres/health_check.hpp>
#include <resil/retry.hpp>
#include <resil/service/health.hpp>

#include "postgres_support.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <catch2/catch_test_macros.hpp>

#include <exception>
#include <optional>
#include <string_view>
#include <utility>

namespace {

using namespace postgres_support;

void run(asio::awaitable<void> coroutine)
{
    asio::io_context context;
    std::optional<std::exception_ptr> ended;
    asio::co_spawn(context, std::move(coroutine), [&](std::exception_ptr e) { ended = e; });
    context.run_for(std::chrono::seconds(60));
    REQUIRE(ended.has_value());
    if (*ended) {
        std::rethrow_exception(*ended);
    }
}

asio::awaitable<void> one_connection(postgres::settings where)
{
    //[postgres_connection
    resil::postgres::connection c{co_await asio::this_coro::executor};
    co_await c.async_connect(where, asio::use_awaitable);
    co_await c.async_ping(asio::use_awaitable);
    auto const rows =
        co_await c.async_query("select $1::int + 1", {42}, asio::use_awaitable);
    co_await c.async_reset(asio::use_awaitable);
    co_await c.async_close(asio::use_awaitable);
    //]
    //[postgres_result
    std::optional<std::string_view> const sum = rows.at(0, 0); // nothing for NULL
    //]
    CHECK(sum == "43");
}

asio::awaitable<void> watched(postgres::settings where)
{
    auto const ex = co_await asio::this_coro::executor;
    resil::service::health const health(ex);
    //[postgres_health
    health.add("database", resil::criticality::hard, resil::postgres::health_check(where));
    //]
    health.start();
    auto const report = co_await health.fresh_report();
    CHECK(report.status == resil::health_status::ok);
}

asio::awaitable<void> cancelled(postgres::settings where)
{
    resil::postgres::connection c{co_await asio::this_coro::executor};
    co_await c.async_connect(where, asio::use_awaitable);
    //[postgres_cancel
    co_await c.async_cancel(asio::use_awaitable); // while another coroutine waits for a query
    //]
    CHECK(c.is_reusable());
}

asio::awaitable<void> pooled(postgres::settings where)
{
    //[postgres_pool
    resil::postgres::connector const shop{where};
    auto const ex = co_await asio::this_coro::executor;
    resil::connection_pool const pool(ex, shop);
    auto const db = co_await pool.async_acquire(asio::use_awaitable);
    auto const rows = co_await db->async_query("select 1", asio::use_awaitable);
    //]
    CHECK(rows.at(0, 0) == "1");
}

//[postgres_parameters
resil::postgres::parameters const values{42, "text", nullptr, std::optional<int>(7)};
//]

//[postgres_judge
resil::pipeline const writes{resil::judged_by{resil::postgres::judge_error{}}, resil::retry{}};
//]

TEST_CASE("the comments on a connection: connect, query, reset, close", "[postgres][docstring]")
{
    run(one_connection(server().settings()));
    run(watched(server().settings()));
}

TEST_CASE("the comments on a connection: a cancel that comes too late does nothing",
          "[postgres][docstring]")
{
    run(cancelled(server().settings()));
}

TEST_CASE("the comments on the connector: a pool of connections", "[postgres][docstring]")
{
    run(pooled(server().settings()));
}

TEST_CASE("the comments on parameters: text, numbers and NULL", "[postgres][docstring]")
{
    CHECK(values.size() == 4);
    CHECK(values.begin()->value() == "42");
    CHECK((values.begin() + 2)->is_null());
    CHECK(writes.warnings().empty());
}

} // namespace
