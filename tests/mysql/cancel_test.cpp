// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "mysql/mysql_support.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancel_after.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <catch2/catch_test_macros.hpp>

#include <memory>
#include <string>
#include <thread>
#include <utility>

using namespace mysql_support;

namespace {

// Turns of the context, so that handlers that are ready have run.
asio::awaitable<void> until(bool const& done)
{
    while (!done) {
        co_await asio::post(asio::use_awaitable);
    }
}

} // namespace

TEST_CASE("a query that is cancelled leaves a connection that nobody can have")
{
    run([](auto k) -> asio::awaitable<void> {
        auto const c = co_await connected(k);
        auto const watcher = co_await connected(k);
        mysql::results results;
        begun query;
        c->async_execute("SELECT SLEEP(50)", results, query.token());
        CHECK_FALSE(k.is_reusable(*c));
        co_await until_executing(*watcher, "SLEEP(50)");
        query.signal.emit(terminal);
        CHECK_FALSE(query.ended);
        co_await until(query.ended);
        CHECK(query.ec == asio::error::operation_aborted);
        CHECK(resil::mysql::judge(query.ec) == verdict::ignored);
        CHECK_FALSE(k.is_reusable(*c));
    }(connector_to(server())));
}

TEST_CASE("cancel_after ends a query")
{
    run([](auto k) -> asio::awaitable<void> {
        auto const c = co_await connected(k);
        mysql::results results;
        auto const [ec] = co_await c->async_execute("SELECT SLEEP(50)", results,
                                                    asio::cancel_after(1ms, as_tuple));
        CHECK(ec == asio::error::operation_aborted);
        CHECK_FALSE(k.is_reusable(*c));
    }(connector_to(server())));
}

TEST_CASE("a cancellation that comes late does not reach the next operation")
{
    run([](auto k) -> asio::awaitable<void> {
        auto const c = co_await connected(k);
        mysql::results results;
        begun first;
        c->async_execute("SELECT 1", results, first.token());
        co_await until(first.ended);
        begun second;
        c->async_execute("SELECT 2", results, second.token());
        first.signal.emit(terminal);
        co_await until(second.ended);
        CHECK(!second.ec);
        CHECK(k.is_reusable(*c));
    }(connector_to(server())));
}

TEST_CASE("a second operation at the same time fails, not inline, and harms nothing")
{
    run([](auto k) -> asio::awaitable<void> {
        auto const c = co_await connected(k);
        mysql::results results;
        mysql::results refused;
        begun first;
        begun second;
        c->async_execute("SELECT 1", results, first.token());
        c->async_execute("SELECT 2", refused, second.token());
        CHECK_FALSE(second.ended);
        second.signal.emit(terminal);
        co_await until(second.ended);
        CHECK(second.ec == mysql::client_errc::operation_in_progress);
        co_await until(first.ended);
        CHECK(!first.ec);
        CHECK(k.is_reusable(*c));
        CHECK(results.rows().at(0).at(0).as_int64() == 1);
    }(connector_to(server())));
}

TEST_CASE("a connection may be destroyed with a query in flight")
{
    run([](auto k) -> asio::awaitable<void> {
        auto c = co_await connected(k);
        auto const watcher = co_await connected(k);
        mysql::results results;
        begun query;
        c->async_execute("SELECT SLEEP(50)", results, query.token());
        co_await until_executing(*watcher, "SLEEP(50)");
        c.reset();
        CHECK_FALSE(query.ended);
        co_await until(query.ended);
        CHECK(query.ec == asio::error::operation_aborted);
    }(connector_to(server())));
}

TEST_CASE("a connection may be destroyed while it connects, pings, resets or closes")
{
    run([](auto k) -> asio::awaitable<void> {
        for (int operation = 0; operation < 4; ++operation) {
            CAPTURE(operation);
            auto c = co_await connected(k);
            begun one;
            switch (operation) {
            case 0: k.async_connect(*c, one.token()); break;
            case 1: k.async_ping(*c, one.token()); break;
            case 2: k.async_reset(*c, one.token()); break;
            case 3: k.async_close(*c, one.token()); break;
            }
            c.reset();
            CHECK_FALSE(one.ended);
            co_await until(one.ended);
            bool const aborted = one.ec == asio::error::operation_aborted;
            CHECK((aborted || !one.ec)); // the server may have been quicker
        }
    }(connector_to(server())));
}

TEST_CASE("a connection may be destroyed by the handler of its own operation")
{
    run([](auto k) -> asio::awaitable<void> {
        auto c = co_await connected(k);
        bool ended = false;
        auto& ref = *c;
        k.async_ping(ref, [&ended, held = std::move(c)](error_code ec) mutable {
            held.reset();
            CHECK(!ec);
            ended = true;
        });
        co_await until(ended);
    }(connector_to(server())));
}

TEST_CASE("a forced close ends the query in flight, and every later one")
{
    run([](auto k) -> asio::awaitable<void> {
        auto const c = co_await connected(k);
        auto const watcher = co_await connected(k);
        mysql::results results;
        begun query;
        c->async_execute("SELECT SLEEP(50)", results, query.token());
        co_await until_executing(*watcher, "SLEEP(50)");
        k.force_close(*c);
        CHECK_FALSE(query.ended);
        co_await until(query.ended);
        CHECK(query.ec == asio::error::operation_aborted);
        CHECK(co_await execute(*c, "SELECT 1") == asio::error::operation_aborted);

        REQUIRE(k.is_reusable(*watcher));
        k.force_close(*watcher);
        CHECK_FALSE(k.is_reusable(*watcher));
        auto const [ec] = co_await k.async_ping(*watcher, as_tuple);
        CHECK(ec == asio::error::operation_aborted);
    }(connector_to(server())));
}

TEST_CASE("a loan may be cut short on another thread")
{
    auto const connector = connector_to(server());
    asio::io_context context;
    connection_ptr c;
    run(context, [](auto k, connection_ptr& made) -> asio::awaitable<void> {
        made = co_await connected(k);
    }(connector, c));
    mysql::results results;
    begun query;
    c->async_execute("SELECT SLEEP(50)", results, query.token());
    std::jthread const closer([&] { connector.force_close(*c); });
    context.restart();
    context.run_for(60s);
    REQUIRE(query.ended);
    CHECK(query.ec == asio::error::operation_aborted);
}

TEST_CASE("a context may be destroyed with a query in flight")
{
    auto const connector = connector_to(server());
    asio::cancellation_signal outlives;
    mysql::results results;
    {
        asio::io_context context;
        connection_ptr c;
        run(context, [](auto k, connection_ptr& made) -> asio::awaitable<void> {
            made = co_await connected(k);
        }(connector, c));
        auto& ref = *c;
        ref.async_execute("SELECT SLEEP(50)", results,
                          asio::bind_cancellation_slot(
                              outlives.slot(), [held = std::move(c)](error_code) { FAIL(); }));
        context.restart();
        context.poll();
    }
    outlives.emit(terminal);
}

TEST_CASE("a handler runs on its own executor")
{
    auto const connector = connector_to(server());
    asio::io_context of_connection;
    asio::thread_pool of_handler(1);
    auto const c = connector.make(of_connection.get_executor());
    bool right = false;
    connector.async_connect(
        *c, asio::bind_executor(of_handler.get_executor(), [&](error_code ec) {
            right = !ec && of_handler.get_executor().running_in_this_thread();
        }));
    of_connection.run();
    of_handler.join();
    CHECK(right);
}

TEST_CASE("a server that dies during a query is a disconnection")
{
    auto& target = server();
    run([](auto k, auto& s) -> asio::awaitable<void> {
        auto const c = co_await connected(k);
        auto const watcher = co_await connected(k);
        mysql::results results;
        begun query;
        c->async_execute("SELECT SLEEP(50)", results, query.token());
        co_await until_executing(*watcher, "SLEEP(50)");
        s.kill();
        co_await until(query.ended);
        CHECK(k.classify(query.ec) == connection_fault::disconnected);
        CHECK(resil::mysql::judge(query.ec) == verdict::transient);
        CHECK_FALSE(k.is_reusable(*c));

        auto const [ec] = co_await k.async_ping(*watcher, as_tuple);
        CHECK(k.classify(ec) == connection_fault::disconnected);
        CHECK_FALSE(k.is_reusable(*watcher));

        s.start();
        auto const again = co_await connected(k);
        CHECK(co_await ask(*again, "SELECT 1") == "1");
    }(connector_to(target), target));
}

TEST_CASE("a connection that the server kills is a disconnection")
{
    run([](auto k) -> asio::awaitable<void> {
        auto const c = co_await connected(k);
        auto const admin = co_await connected(k);
        mysql::results results;
        begun query;
        c->async_execute("SELECT SLEEP(50)", results, query.token());
        co_await until_executing(*admin, "SLEEP(50)");
        co_await must(*admin, "KILL " + std::to_string(*c->native().connection_id()));
        co_await until(query.ended);
        CHECK(k.classify(query.ec) == connection_fault::disconnected);
        CHECK_FALSE(k.is_reusable(*c));
    }(connector_to(server())));
}

TEST_CASE("a query that the server interrupts leaves its connection reusable")
{
    run([](auto k) -> asio::awaitable<void> {
        auto const c = co_await connected(k);
        auto const admin = co_await connected(k);
        mysql::results results;
        begun query;
        c->async_execute("SELECT COUNT(*) FROM seq_1_to_1000000 a, seq_1_to_1000000 b", results,
                         query.token());
        co_await until_executing(*admin, "COUNT(*) FROM seq");
        co_await must(*admin, "KILL QUERY " + std::to_string(*c->native().connection_id()));
        co_await until(query.ended);
        CHECK(query.ec == common_server_errc::er_query_interrupted);
        CHECK(resil::mysql::judge(query.ec) == verdict::transient);
        CHECK(k.is_reusable(*c));
        CHECK(co_await ask(*c, "SELECT 1") == "1");
    }(connector_to(server())));
}
