// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Quoted by the comments of the adapter: the regions between the tags.

#include "mysql/mysql_support.hpp"

#include <resil/pipeline.hpp>
#include <resil/retry.hpp>

#include <boost/mysql/execution_state.hpp>
#include <boost/mysql/pipeline.hpp>
#include <boost/mysql/statement.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

using namespace mysql_support;

namespace {

asio::awaitable<void> one_connection(mysql::connect_params where)
{
    auto const params = std::make_shared<mysql::connect_params const>(std::move(where));
    auto const setup = std::make_shared<std::vector<std::string> const>();
    //[mysql_connection
    auto const ex = co_await asio::this_coro::executor;
    resil::mysql::connection c(ex);
    co_await c.async_connect(params, setup, asio::use_awaitable);
    co_await c.async_ping(asio::use_awaitable);
    boost::mysql::results rows;
    co_await c.async_execute("SELECT 1", rows, asio::use_awaitable);
    auto const sum = co_await c.async_prepare_statement("SELECT ? + ?", asio::use_awaitable);
    co_await c.async_execute(sum.bind(1, 2), rows, asio::use_awaitable);
    co_await c.async_close_statement(sum, asio::use_awaitable);
    co_await c.async_reset(asio::use_awaitable);
    co_await c.async_close(asio::use_awaitable);
    //]
    CHECK(rows.rows().size() == 1);
    CHECK_FALSE(c.is_reusable());
}

asio::awaitable<void> in_portions(resil::mysql::connector how)
{
    auto const made = co_await connected(how);
    auto& c = *made;
    std::size_t read = 0;
    //[mysql_portions
    boost::mysql::execution_state state;
    co_await c.async_start_execution("SELECT 1", state, asio::use_awaitable);
    while (!state.complete()) {
        if (state.should_read_head()) {
            co_await c.async_read_resultset_head(state, asio::use_awaitable);
        }
        auto const some = co_await c.async_read_some_rows(state, asio::use_awaitable);
        read += some.size();
    }
    //]
    CHECK(read == 1);
}

asio::awaitable<void> in_one_trip(resil::mysql::connector how)
{
    auto const made = co_await connected(how);
    auto& c = *made;
    //[mysql_requests
    boost::mysql::pipeline_request request;
    request.add_execute("SELECT 1").add_execute("SELECT 2");
    std::vector<boost::mysql::stage_response> responses;
    co_await c.async_run_pipeline(request, responses, asio::use_awaitable);
    //]
    CHECK(responses.size() == 2);
}

//[mysql_judge
resil::pipeline const reads{resil::judged_by{resil::mysql::judge_error{}}, resil::retry{}};
//]

} // namespace

TEST_CASE("the comments on a session: connect, execute, reset, close")
{
    run(one_connection(params_of(server())));
}

TEST_CASE("the comments on a session: rows in portions")
{
    run(in_portions(connector_to(server())));
}

TEST_CASE("the comments on a session: several requests in one trip")
{
    run(in_one_trip(connector_to(server())));
    CHECK(reads.warnings().empty());
}
