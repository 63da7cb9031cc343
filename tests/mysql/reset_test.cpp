// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/mysql/connection.hpp> // self-contained

#include "mysql/mysql_support.hpp"

#include <boost/mysql/character_set.hpp>
#include <boost/mysql/mysql_collations.hpp>
#include <boost/mysql/with_params.hpp>

#include <catch2/catch_test_macros.hpp>

#include <string>

using namespace mysql_support;

TEST_CASE("a ping begins no transaction, and ends none")
{
    run([](auto k) -> asio::awaitable<void> {
        auto const c = co_await connected(k);
        co_await must(*c, "SET autocommit = 0");
        co_await k.async_ping(*c, asio::use_awaitable);
        CHECK(co_await ask(*c, "SELECT @@in_transaction") == "0");
        co_await must(*c, "START TRANSACTION");
        co_await k.async_ping(*c, asio::use_awaitable);
        CHECK(co_await ask(*c, "SELECT @@in_transaction") == "1");
        CHECK(k.is_reusable(*c));
    }(connector_to(server())));
}

TEST_CASE("a reset rolls back, and drops temporary tables and user variables")
{
    run([](auto k) -> asio::awaitable<void> {
        auto const c = co_await connected(k);
        co_await must(*c, "CREATE OR REPLACE TABLE kept (id INT) ENGINE=InnoDB");
        co_await must(*c, "CREATE TEMPORARY TABLE passing (id INT)");
        co_await must(*c, "SET @mine = 'still here', sql_mode = 'ANSI'");
        co_await must(*c, "START TRANSACTION");
        co_await must(*c, "INSERT INTO kept VALUES (1)");

        co_await k.async_reset(*c, asio::use_awaitable);
        CHECK(k.is_reusable(*c));
        CHECK(co_await ask(*c, "SELECT COUNT(*) FROM kept") == "0");
        CHECK(co_await ask(*c, "SELECT @@in_transaction") == "0");
        CHECK(co_await ask(*c, "SELECT @mine") == "<NULL>");
        CHECK(co_await ask(*c, "SELECT @@sql_mode LIKE '%ANSI%'") == "0");
        CHECK(co_await execute(*c, "SELECT * FROM passing") ==
              common_server_errc::er_no_such_table);
    }(connector_to(server())));
}

TEST_CASE("after a reset the character set is known, and still utf8mb4")
{
    run([](auto k) -> asio::awaitable<void> {
        auto const c = co_await connected(k);
        co_await must(*c, "SET NAMES latin1");
        co_await k.async_reset(*c, asio::use_awaitable);
        CHECK(co_await ask(*c, "SELECT @@character_set_client") == "utf8mb4");
        CHECK(co_await ask(*c, "SELECT @@character_set_results") == "utf8mb4");
        REQUIRE(c->native().current_character_set().has_value());

        mysql::results results; // formatting needs to know it
        std::string const text = "na\xc3\xafve \xf0\x9f\xa6\x80 '; --";
        co_await c->async_execute(mysql::with_params("SELECT {}", text), results,
                                  asio::use_awaitable);
        CHECK(results.rows().at(0).at(0).as_string() == text);
    }(connector_to(server())));
}

TEST_CASE("a reset restores the collation that the connection was made with")
{
    auto params = params_of(server());
    params.connection_collation = mysql::mysql_collations::utf8mb4_spanish_ci;
    run([](auto k) -> asio::awaitable<void> {
        auto const c = co_await connected(k);
        std::string const collation = "SELECT @@collation_connection";
        REQUIRE(co_await ask(*c, collation) == "utf8mb4_spanish_ci");
        co_await k.async_reset(*c, asio::use_awaitable);
        CHECK(co_await ask(*c, collation) == "utf8mb4_spanish_ci");
    }(connector_to(params)));
}

TEST_CASE("every user finds the statements of session_setup executed")
{
    resil::mysql::connector const connector(
        {.params = params_of(server()),
         .session_setup = {"SET time_zone = '+03:00'", "SET @greeting = 'hello'"}});
    run([](auto k) -> asio::awaitable<void> {
        auto const c = co_await connected(k);
        CHECK(co_await ask(*c, "SELECT @@time_zone") == "+03:00");
        co_await must(*c, "SET time_zone = '-05:00', @greeting = 'gone'");
        co_await k.async_reset(*c, asio::use_awaitable);
        CHECK(co_await ask(*c, "SELECT @@time_zone") == "+03:00");
        CHECK(co_await ask(*c, "SELECT @greeting") == "hello");
    }(connector));
}

TEST_CASE("a reset that fails leaves a connection that nobody can have")
{
    resil::mysql::connector const connector(
        {.params = params_of(server()), .session_setup = {"SELECT * FROM resil.needed"}});
    run([](auto plain, auto k) -> asio::awaitable<void> {
        auto const admin = co_await connected(plain);
        co_await must(*admin, "CREATE OR REPLACE TABLE needed (id INT)");
        auto const c = co_await connected(k);
        co_await must(*admin, "DROP TABLE needed");
        auto const [ec] = co_await k.async_reset(*c, as_tuple);
        CHECK(ec == common_server_errc::er_no_such_table);
        CHECK_FALSE(k.is_reusable(*c));
    }(connector_to(server()), connector));
}

TEST_CASE("a connection that was never connected cannot be reset into a reusable one")
{
    run([](auto k) -> asio::awaitable<void> {
        auto const c = k.make(co_await asio::this_coro::executor);
        co_await k.async_reset(*c, as_tuple);
        CHECK_FALSE(k.is_reusable(*c));
    }(resil::mysql::connector({})));
}
