// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/postgres/classify.hpp>
#include <resil/postgres/connection.hpp>

#include "postgres_support.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <memory>
#include <optional>
#include <string>

namespace {

using namespace postgres_support;
using asio::cancellation_type;
using postgres::errc;

/// Waits until the server runs the statement of a connection.
void wait_until_running(client& c)
{
    std::string const sql = "select count(*) from pg_stat_activity where state = 'active'"
                            " and wait_event = 'PgSleep' and pid = " +
                            std::to_string(c->backend_id());
    while (server().execute(sql) != "1") {
        c.context.restart();
        c.context.poll();
    }
}

TEST_CASE("a cancelled statement ends at once, and leaves the connection unfit",
          "[postgres][cancel]")
{
    auto const c = connected();
    auto const type = GENERATE(cancellation_type::terminal, cancellation_type::partial,
                               cancellation_type::total);
    asio::cancellation_signal signal;
    std::optional<error_code> got;
    (*c)->async_query(
        "select pg_sleep(1000)",
        asio::bind_cancellation_slot(signal.slot(), [&](error_code ec, auto) { got = ec; }));
    wait_until_running(*c);
    signal.emit(type);
    c->run();

    CHECK(got == asio::error::operation_aborted);
    CHECK_FALSE((*c)->is_reusable());
    CHECK(c->ping() == errc::busy);
    CHECK_FALSE(c->ended([&](auto token) { (*c)->async_close(token); }));
    CHECK_FALSE(c->connect(server().settings()));
    CHECK((*c)->is_reusable());
}

TEST_CASE("a cancellation before the first step is not lost", "[postgres][cancel]")
{
    auto const c = connected();
    asio::cancellation_signal signal;
    std::optional<error_code> got;
    (*c)->async_query(
        "select pg_sleep(1000)",
        asio::bind_cancellation_slot(signal.slot(), [&](error_code ec, auto) { got = ec; }));
    signal.emit(cancellation_type::total);
    c->run();
    CHECK(got == asio::error::operation_aborted);
}

TEST_CASE("connecting can be cancelled at each of its moments", "[postgres][cancel]")
{
    auto to = server().settings("scram_user");
    to.password = "right password";
    to.host = GENERATE(as<std::string>(), "127.0.0.1", "localhost");
    error_code last = asio::error::operation_aborted;
    for (int steps = 0; last && steps < 100; ++steps) { // of the context; one more each time
        client c;
        asio::cancellation_signal signal;
        std::optional<error_code> got;
        c->async_connect(
            to, asio::bind_cancellation_slot(signal.slot(), [&](error_code ec) { got = ec; }));
        for (int i = 0; i < steps && !got; ++i) {
            c.context.run_one();
        }
        if (!got) {
            signal.emit(cancellation_type::terminal);
        }
        c.run();
        REQUIRE(got);
        last = *got;
        CHECK((!last || last == asio::error::operation_aborted));
        CHECK(c->is_reusable() == !last);
        if (last) { // nothing is left of it: it may be tried again
            CHECK_FALSE(c.connect(to));
        }
    }
    CHECK_FALSE(last);
}

TEST_CASE("a server that accepts and never answers is given up when cancelled",
          "[postgres][cancel]")
{
    client c;
    asio::ip::tcp::acceptor const silent(c.context, {asio::ip::address_v4::loopback(), 0});
    auto to = server().settings();
    to.port = silent.local_endpoint().port();
    asio::cancellation_signal signal;
    std::optional<error_code> got;
    c->async_connect(
        to, asio::bind_cancellation_slot(signal.slot(), [&](error_code ec) { got = ec; }));
    for (int i = 0; i < 1000; ++i) {
        c.context.poll();
    }
    CHECK_FALSE(got);
    signal.emit(cancellation_type::terminal);
    c.run();
    CHECK(got == asio::error::operation_aborted);
}

TEST_CASE("the server can be asked to cancel, and the connection goes on", "[postgres][cancel]")
{
    auto const c = connected();
    std::optional<error_code> got;
    (*c)->async_query("select pg_sleep(1000)", [&](error_code ec, auto) { got = ec; });
    wait_until_running(*c);
    CHECK_FALSE(c->ended([&](auto token) { (*c)->async_cancel(token); }));

    CHECK(got == postgres::sqlstate_error("57014"));
    CHECK((*c)->is_reusable());
    CHECK(c->query("select 1").first() == "1");
}

TEST_CASE("a request to cancel can itself be given up", "[postgres][cancel]")
{
    auto const c = connected();
    asio::cancellation_signal signal;
    std::optional<error_code> got;
    (*c)->async_cancel(
        asio::bind_cancellation_slot(signal.slot(), [&](error_code ec) { got = ec; }));
    signal.emit(cancellation_type::total);
    c->run();
    CHECK(got == asio::error::operation_aborted);
}

TEST_CASE("a request to cancel that reaches nobody fails", "[postgres][cancel]")
{
    auto const c = connected();
    server().kill();
    CHECK(c->ended([&](auto token) { (*c)->async_cancel(token); }) == errc::connection_failed);
}

TEST_CASE("a server killed in the middle of a statement is a lost connection",
          "[postgres][cancel]")
{
    auto const c = connected();
    std::optional<error_code> got;
    (*c)->async_query("select pg_sleep(1000)", [&](error_code ec, auto) { got = ec; });
    wait_until_running(*c);
    server().kill();
    c->run();

    REQUIRE(got);
    CAPTURE(got->message());
    CHECK((*got == asio::error::eof || *got == asio::error::connection_reset));
    CHECK(postgres::classify(*got) == resil::connection_fault::disconnected);
    CHECK_FALSE((*c)->is_reusable());
    CHECK(c->ping() == asio::error::not_connected);

    client next; // the same port, soon
    CHECK_FALSE(next.connect(server().settings()));
}

TEST_CASE("a session that is ended by the server says so", "[postgres][cancel]")
{
    auto const c = connected();
    std::optional<error_code> got;
    (*c)->async_query("select pg_sleep(1000)", [&](error_code ec, auto) { got = ec; });
    wait_until_running(*c);
    server().execute("select pg_terminate_backend(" + std::to_string((*c)->backend_id()) + ")");
    c->run();
    CHECK(got == postgres::sqlstate_error("57P01"));
    CHECK_FALSE((*c)->is_reusable());
}

TEST_CASE("a session that ended while idle is not reusable, though nobody asked",
          "[postgres][cancel]")
{
    auto const c = connected();
    CHECK((*c)->is_reusable());
    server().kill();
    CHECK_FALSE((*c)->is_reusable());
    error_code const ec = c->ping();
    CHECK(postgres::classify(ec) == resil::connection_fault::disconnected);
}

TEST_CASE("a session that the server ended while idle tells its SQLSTATE", "[postgres][cancel]")
{
    auto const c = connected();
    server().stop();
    CHECK_FALSE((*c)->is_reusable());
    CHECK(c->ping() == postgres::sqlstate_error("57P01"));
}

TEST_CASE("a connection may be destroyed with an operation in flight", "[postgres][cancel]")
{
    auto const c = connected();
    std::optional<error_code> got;
    auto const slow = [&](error_code ec, auto) { got = ec; };
    SECTION("before its first step")
    {
        (*c)->async_query("select pg_sleep(1000)", slow);
    }
    SECTION("while it waits")
    {
        (*c)->async_query("select pg_sleep(1000)", slow);
        wait_until_running(*c);
    }
    SECTION("when its answer is about to be read")
    {
        (*c)->async_query("select 1", slow);
        auto const other = connected(); // the answer has come by now
    }
    c->link.reset();
    c->run();
    CHECK(got == asio::error::operation_aborted);
}

TEST_CASE("a connection may be destroyed at each moment of connecting", "[postgres][cancel]")
{
    auto to = server().settings();
    to.host = GENERATE(as<std::string>(), "127.0.0.1", "localhost");
    error_code last = asio::error::operation_aborted;
    for (int steps = 0; last && steps < 100; ++steps) {
        client c;
        std::optional<error_code> got;
        c->async_connect(to, [&](error_code ec) { got = ec; });
        for (int i = 0; i < steps && !got; ++i) {
            c.context.run_one();
        }
        c.link.reset();
        c.run();
        REQUIRE(got);
        last = *got;
        CHECK((!last || last == asio::error::operation_aborted));
    }
    CHECK_FALSE(last);
}

TEST_CASE("a context may be destroyed with operations in flight", "[postgres][cancel]")
{
    auto const kept = std::make_shared<int>();
    {
        auto const c = connected();
        (*c)->async_query("select pg_sleep(1000)", [kept](error_code, auto) {});
        (*c)->async_cancel([kept](error_code) {});
        client looking;
        auto to = server().settings();
        to.host = "localhost";
        looking->async_connect(to, [kept](error_code) {});
    }
    CHECK(kept.use_count() == 1);
}

} // namespace
