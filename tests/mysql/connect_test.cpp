// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/mysql/connector.hpp> // self-contained

#include "mysql/mysql_support.hpp"

#include <catch2/catch_test_macros.hpp>

#include <memory>
#include <string>

using namespace mysql_support;

TEST_CASE("a connection is reusable from when it is connected until it is closed")
{
    auto const connector = connector_to(server());
    run([](auto k) -> asio::awaitable<void> {
        auto const c = k.make(co_await asio::this_coro::executor);
        CHECK_FALSE(k.is_reusable(*c));
        co_await k.async_connect(*c, asio::use_awaitable);
        CHECK(k.is_reusable(*c));
        CHECK(c->native().connection_id().has_value());
        co_await k.async_close(*c, asio::use_awaitable);
        CHECK_FALSE(k.is_reusable(*c));
    }(connector));
}

TEST_CASE("a connection that was closed can be connected again")
{
    auto const connector = connector_to(server());
    run([](auto k) -> asio::awaitable<void> {
        auto const c = co_await connected(k);
        co_await k.async_close(*c, asio::use_awaitable);
        co_await k.async_connect(*c, asio::use_awaitable);
        CHECK(k.is_reusable(*c));
        CHECK(co_await ask(*c, "SELECT 7") == "7");
    }(connector));
}

TEST_CASE("a wrong password is a permanent fault")
{
    auto params = params_of(server());
    params.password = "not the password";
    run([](auto k) -> asio::awaitable<void> {
        auto const ec = co_await refusal(k);
        CHECK(ec == common_server_errc::er_access_denied_error);
        CHECK(k.classify(ec) == connection_fault::permanent);
        CHECK(resil::mysql::judge(ec) == verdict::permanent);
    }(connector_to(params)));
}

TEST_CASE("a database that does not exist is a permanent fault")
{
    auto params = params_of(server());
    params.database = "no_such_database";
    run([](auto k) -> asio::awaitable<void> {
        auto const ec = co_await refusal(k);
        CHECK(ec == common_server_errc::er_bad_db_error);
        CHECK(k.classify(ec) == connection_fault::permanent);
    }(connector_to(params)));
}

TEST_CASE("TLS that the server does not offer is a permanent fault")
{
    auto params = params_of(server());
    params.ssl = mysql::ssl_mode::require;
    run([](auto k) -> asio::awaitable<void> {
        auto const ec = co_await refusal(k);
        CHECK(ec == mysql::client_errc::server_doesnt_support_ssl);
        CHECK(k.classify(ec) == connection_fault::permanent);
    }(connector_to(params)));
}

TEST_CASE("a port where nobody listens is a transient fault")
{
    mysql::connect_params params;
    params.server_address.emplace_host_and_port("127.0.0.1", support::free_port());
    run([](auto k) -> asio::awaitable<void> {
        auto const ec = co_await refusal(k);
        CHECK(ec == asio::error::connection_refused);
        CHECK(k.classify(ec) == connection_fault::transient);
        CHECK(resil::mysql::judge(ec) == verdict::transient);
    }(connector_to(params)));
}

TEST_CASE("an account with no connections left is a transient fault")
{
    auto params = params_of(server());
    params.username = "frugal";
    params.password = "";
    run([](auto all, auto one) -> asio::awaitable<void> {
        auto const admin = co_await connected(all);
        co_await must(*admin, "CREATE OR REPLACE USER frugal@'127.0.0.1' "
                              "WITH MAX_USER_CONNECTIONS 1");
        co_await must(*admin, "GRANT ALL ON resil.* TO frugal@'127.0.0.1'");
        auto const first = co_await connected(one);
        auto const ec = co_await refusal(one);
        CHECK(ec == common_server_errc::er_user_limit_reached);
        CHECK(one.classify(ec) == connection_fault::transient);
        CHECK(resil::mysql::judge(ec) == verdict::transient);
    }(connector_to(server()), connector_to(params)));
}

TEST_CASE("a statement of session_setup that fails fails the connect, and says why")
{
    resil::mysql::connector const connector(
        {.params = params_of(server()), .session_setup = {"SET no_such_variable = 1"}});
    run([](auto k) -> asio::awaitable<void> {
        auto const c = k.make(co_await asio::this_coro::executor);
        auto const [ec] = co_await k.async_connect(*c, as_tuple);
        CHECK(ec == common_server_errc::er_unknown_system_variable);
        CHECK(k.classify(ec) == connection_fault::permanent);
        CHECK(c->last_diagnostics().find("no_such_variable") != std::string_view::npos);
        CHECK_FALSE(k.is_reusable(*c));
    }(connector));
}

TEST_CASE("options that make no sense are refused when the connector is made")
{
    using resil::mysql::connector;
    using resil::mysql::connector_options;
    mysql::connect_params no_port;
    no_port.server_address.emplace_host_and_port("127.0.0.1", 0);
    mysql::connect_params no_path;
    no_path.server_address.emplace_unix_path("");
    CHECK_THROWS_AS(connector({.params = no_port}), resil::invalid_option);
    CHECK_THROWS_AS(connector({.params = no_path}), resil::invalid_option);
    CHECK_THROWS_AS(connector({.session_setup = {""}}), resil::invalid_option);
    CHECK_THROWS_AS(connector({.max_buffer_size = 1023}), resil::invalid_option);
    CHECK_NOTHROW(connector(connector_options{}));
}
