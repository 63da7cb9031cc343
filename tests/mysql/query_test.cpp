// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "mysql/mysql_support.hpp"

#include <boost/asio/deferred.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/mysql/error_with_diagnostics.hpp>
#include <boost/mysql/execution_state.hpp>
#include <boost/mysql/pipeline.hpp>
#include <boost/mysql/with_diagnostics.hpp>
#include <boost/mysql/with_params.hpp>

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <vector>

using namespace mysql_support;

TEST_CASE("a query answers with its own parameters")
{
    run([](auto k) -> asio::awaitable<void> {
        auto const c = co_await connected(k);
        mysql::results results;
        co_await c->async_execute(mysql::with_params("SELECT {}, {}", 42, "it's"), results,
                                  asio::use_awaitable);
        CHECK(results.rows().at(0).at(0).as_int64() == 42);
        CHECK(results.rows().at(0).at(1).as_string() == "it's");

        auto const statement =
            co_await c->async_prepare_statement("SELECT ?, ?", asio::use_awaitable);
        co_await c->async_execute(statement.bind(std::string("bound"), 7), results,
                                  asio::use_awaitable);
        CHECK(results.rows().at(0).at(0).as_string() == "bound");
        co_await c->async_close_statement(statement, asio::use_awaitable);
        CHECK(c->is_reusable());
    }(connector_to(server())));
}

TEST_CASE("a deferred query owns its text")
{
    run([](auto k) -> asio::awaitable<void> {
        auto const c = co_await connected(k);
        mysql::results results;
        auto const later = [&] {
            return c->async_execute(std::string("SELECT 'a text that is long enough to move'"),
                                    results, asio::deferred);
        };
        auto query = later();
        co_await std::move(query)(asio::use_awaitable);
        CHECK(results.rows().size() == 1);
    }(connector_to(server())));
}

TEST_CASE("several requests go in one trip")
{
    run([](auto k) -> asio::awaitable<void> {
        auto const c = co_await connected(k);
        mysql::pipeline_request request;
        request.add_execute("SELECT 1").add_execute("SELECT 2");
        std::vector<mysql::stage_response> responses;
        co_await c->async_run_pipeline(request, responses, asio::use_awaitable);
        CHECK(responses.at(1).as_results().rows().at(0).at(0).as_int64() == 2);
    }(connector_to(server())));
}

TEST_CASE("an error of the statement is told, and leaves the connection reusable")
{
    run([](auto k) -> asio::awaitable<void> {
        auto const c = co_await connected(k);
        co_await must(*c, "CREATE OR REPLACE TABLE once (id INT PRIMARY KEY)");
        co_await must(*c, "INSERT INTO once VALUES (1)");
        auto const ec = co_await execute(*c, "INSERT INTO once VALUES (1)");
        CHECK(ec == common_server_errc::er_dup_entry);
        CHECK(c->last_diagnostics().find("Duplicate entry '1'") != std::string_view::npos);
        CHECK(k.is_reusable(*c));
        CHECK(k.classify(ec) == connection_fault::transient);
        CHECK(resil::mysql::judge(ec) == verdict::ignored);
        co_await k.async_ping(*c, asio::use_awaitable);
        CHECK(c->last_diagnostics().empty());
    }(connector_to(server())));
}

TEST_CASE("an exception carries what the server said")
{
    run([](auto k) -> asio::awaitable<void> {
        auto const c = co_await connected(k);
        mysql::results results;
        std::string said;
        try {
            co_await c->async_execute("SELECT * FROM nowhere", results,
                                      mysql::with_diagnostics(asio::use_awaitable));
        } catch (mysql::error_with_diagnostics const& e) {
            said = e.get_diagnostics().server_message();
        }
        CHECK(said.find("nowhere") != std::string::npos);
    }(connector_to(server())));
}

TEST_CASE("diagnostics are cut at 512 bytes, between characters")
{
    using resil::mysql::detail::beginning_of;
    CHECK(beginning_of("short", 512) == "short");
    CHECK(beginning_of(std::string(600, 'x'), 512).size() == 512);
    CHECK(beginning_of("ab\xc3\xaf", 4) == "ab\xc3\xaf");
    CHECK(beginning_of("ab\xc3\xaf", 3) == "ab");
    CHECK(beginning_of("\xf0\x9f\xa6\x80!", 3).empty());
    CHECK(beginning_of("\x80\x80\x80", 2).empty());
}

TEST_CASE("a connection with unread rows is not reusable until they are read")
{
    run([](auto k) -> asio::awaitable<void> {
        auto const c = co_await connected(k);
        mysql::execution_state state;
        co_await c->async_start_execution("SELECT seq FROM seq_1_to_5000", state,
                                          asio::use_awaitable);
        CHECK_FALSE(k.is_reusable(*c));
        std::size_t read = 0;
        while (!state.complete()) {
            CHECK_FALSE(k.is_reusable(*c));
            auto const rows = co_await c->async_read_some_rows(state, asio::use_awaitable);
            read += rows.size();
        }
        CHECK(read == 5000);
        CHECK(k.is_reusable(*c));
        CHECK(co_await ask(*c, "SELECT 1") == "1");
    }(connector_to(server())));
}

TEST_CASE("a reading that fails at its beginning leaves nothing unread")
{
    run([](auto k) -> asio::awaitable<void> {
        auto const c = co_await connected(k);
        mysql::execution_state state;
        auto const [ec] = co_await c->async_start_execution("SELEC 1", state, as_tuple);
        CHECK(ec == common_server_errc::er_parse_error);
        CHECK(resil::mysql::judge(ec) == verdict::ignored);
        CHECK(k.is_reusable(*c));
    }(connector_to(server())));
}

TEST_CASE("a lock that is not to be had at once is worth another attempt")
{
    run([](auto k) -> asio::awaitable<void> {
        auto const holder = co_await connected(k);
        auto const other = co_await connected(k);
        co_await must(*holder, "CREATE OR REPLACE TABLE held (id INT PRIMARY KEY)");
        co_await must(*holder, "INSERT INTO held VALUES (1)");
        co_await must(*holder, "START TRANSACTION");
        co_await must(*holder, "SELECT * FROM held FOR UPDATE");
        auto const ec = co_await execute(*other, "SELECT * FROM held FOR UPDATE NOWAIT");
        CHECK(ec == common_server_errc::er_lock_wait_timeout);
        CHECK(k.classify(ec) == connection_fault::transient);
        CHECK(resil::mysql::judge(ec) == verdict::transient);
        CHECK(k.is_reusable(*other));
    }(connector_to(server())));
}

TEST_CASE("a write to a server that only reads says so")
{
    auto params = params_of(server());
    params.username = "writer";
    params.password = "";
    run([](auto all, auto k) -> asio::awaitable<void> {
        auto const admin = co_await connected(all);
        co_await must(*admin, "CREATE OR REPLACE USER writer@'127.0.0.1'");
        co_await must(*admin, "GRANT ALL ON resil.* TO writer@'127.0.0.1'");
        co_await must(*admin, "CREATE OR REPLACE TABLE written (id INT)");
        auto const c = co_await connected(k);
        co_await must(*admin, "SET GLOBAL read_only = 1");
        auto const ec = co_await execute(*c, "INSERT INTO written VALUES (1)");
        co_await must(*admin, "SET GLOBAL read_only = 0");
        CHECK(ec == common_server_errc::er_option_prevents_statement);
        CHECK(k.classify(ec) == connection_fault::read_only);
        CHECK(resil::mysql::judge(ec) == verdict::transient);
    }(connector_to(server()), connector_to(params)));
}
