// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/connection_pool.hpp>
#include <resil/postgres/connector.hpp>
#include <resil/postgres/idempotency_store.hpp>

#include "postgres_support.hpp"
#include "support/idempotency_store_suite.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace postgres_support;
using namespace std::chrono_literals;
using resil::claim_state;
using postgres::idempotency_store;

resil::execution_name const name{"shop", "POST /orders", "k"};
auto const payload = resil::fingerprint_of({"one"});
auto const changed = resil::fingerprint_of({"two"});

/// A store on a new table, and orders that are its effect.
struct world
{
    explicit world(resil::idempotency_options const& options = {.lease = 30s, .max_answer_bytes = 1000})
        : pool(context, postgres::connector(server().settings()), {.name = "keys", .max_size = 8}), store(pool, options)
    {
        server().execute("drop table if exists idempotency_keys");
        server().execute("drop table if exists orders");
        server().execute("create table orders (item text)");
        run([this] { return store.create_table(); });
    }

    void run(std::function<asio::awaitable<void>()> const& body)
    {
        std::exception_ptr failure;
        asio::co_spawn(context, body(), [&](std::exception_ptr e) { failure = e; });
        context.restart();
        context.run_for(60s);
        if (failure) {
            std::rethrow_exception(failure);
        }
    }

    auto ordering(std::string item)
    {
        return [item](postgres::connection& db) -> asio::awaitable<resil::stored_answer> {
            postgres::parameters values{item};
            co_await db.async_query("insert into orders values ($1)", std::move(values), asio::use_awaitable);
            co_return resil::stored_answer{201, {}, "ordered " + item};
        };
    }

    std::string orders() { return server().execute("select count(*) from orders"); }

    asio::io_context context;
    resil::connection_pool<postgres::connector> pool;
    idempotency_store store;
};

} // namespace

TEST_CASE("the store in PostgreSQL keeps what every store promises", "[postgres][idempotency]")
{
    world w;
    auto const pass_lease = []() -> asio::awaitable<void> {
        server().execute("update idempotency_keys set leased_until = now() - interval '1 second'");
        co_return;
    };
    bool ended = false;
    w.run([&]() -> asio::awaitable<void> {
        co_await support::check_idempotency_store(w.store, pass_lease);
        ended = true;
    });
    CHECK(ended);
}

TEST_CASE("an effect and its key are one transaction", "[postgres][idempotency]")
{
    world w;
    w.run([&]() -> asio::awaitable<void> {
        auto const first = co_await w.store.execute(name, payload, w.ordering("tea"));
        CHECK(first.state == claim_state::begun);
        CHECK(first.answer.body == "ordered tea");
        auto const second = co_await w.store.execute(name, payload, w.ordering("tea"));
        CHECK(second.state == claim_state::done);
        CHECK(second.answer.body == "ordered tea");
        auto const other = co_await w.store.execute(name, changed, w.ordering("tea"));
        CHECK(other.state == claim_state::different);
    });
    CHECK(w.orders() == "1");
}

TEST_CASE("an effect is executed once, and answered as often as it is asked for", "[postgres][idempotency]")
{
    world w;
    auto const& store = w.store;
    auto const ask = [&]() -> asio::awaitable<void> {
        //[postgres_execute
        auto const order = [&](resil::postgres::connection& db) -> asio::awaitable<resil::stored_answer> {
            co_await db.async_query("insert into orders (item) values ('tea')", asio::use_awaitable);
            co_return resil::stored_answer{201, {}, "ordered tea"};
        };
        resil::execution_claim const claim = co_await store.execute(name, payload, order);
        //]
        CHECK(claim.answer.body == "ordered tea");
    };
    w.run(ask);
    w.run(ask);
    CHECK(w.orders() == "1");
}

TEST_CASE("an effect that throws leaves neither itself nor its key", "[postgres][idempotency]")
{
    world w;
    auto const fails = [](postgres::connection& db) -> asio::awaitable<resil::stored_answer> {
        co_await db.async_query("insert into orders values ('tea')", asio::use_awaitable);
        throw std::runtime_error("no");
    };
    auto const attempt = [&]() -> asio::awaitable<void> { co_await w.store.execute(name, payload, fails); };
    CHECK_THROWS_AS(w.run(attempt), std::runtime_error);
    CHECK(w.orders() == "0");

    w.run([&]() -> asio::awaitable<void> {
        auto const again = co_await w.store.execute(name, payload, w.ordering("tea"));
        CHECK(again.state == claim_state::begun);
    });
    CHECK(w.orders() == "1");
}

TEST_CASE("of many requests with one key at once one is executed, and all get its answer", "[postgres][idempotency]")
{
    world w;
    int executed = 0;
    int repeated = 0;
    auto const ask = [&]() -> asio::awaitable<void> {
        auto const claim = co_await w.store.execute(name, payload, w.ordering("tea"));
        CHECK(claim.answer.body == "ordered tea");
        ++(claim.state == claim_state::begun ? executed : repeated);
    };
    for (int i = 0; i != 8; ++i) {
        asio::co_spawn(w.context, ask(), [](std::exception_ptr e) { CHECK_FALSE(e); });
    }
    w.context.restart();
    w.context.run_for(60s);

    CHECK(executed == 1);
    CHECK(repeated == 7);
    CHECK(w.orders() == "1");
}

TEST_CASE("keys whose lifetime is over are deleted, and are new again", "[postgres][idempotency]")
{
    world w;
    w.run([&]() -> asio::awaitable<void> {
        co_await w.store.execute(name, payload, w.ordering("tea"));
        resil::execution_name const second{"shop", "POST /orders", "l"};
        co_await w.store.execute(second, payload, w.ordering("tea"));
    });
    server().execute("update idempotency_keys set expires = now() - interval '1 second', leased_until = now() - "
                     "interval '1 second' where key = 'k'");
    w.run([&]() -> asio::awaitable<void> {
        auto const anew = co_await w.store.execute(name, changed, w.ordering("tea"));
        CHECK(anew.state == claim_state::begun);
    });
    server().execute("update idempotency_keys set expires = now() - interval '1 second', leased_until = now() - "
                     "interval '1 second'");
    w.run([&]() -> asio::awaitable<void> {
        auto const some = co_await w.store.forget_expired(1);
        CHECK(some == 1);
        auto const rest = co_await w.store.forget_expired(10);
        CHECK(rest == 1);
    });
    CHECK(server().execute("select count(*) from idempotency_keys") == "0");
}

TEST_CASE("what has expired is deleted as others begin, so that the table does not grow without end", "[postgres][idempotency]")
{
    world w;
    auto const begin = [&](int first, int last) {
        w.run([&w, first, last]() -> asio::awaitable<void> {
            for (int i = first; i != last; ++i) {
                resil::execution_name const each{"shop", "POST /orders", std::to_string(i)};
                auto const claim = co_await w.store.begin(each, payload);
                CHECK(claim.state == claim_state::begun);
            }
        });
    };
    begin(0, 100);
    server().execute("update idempotency_keys set expires = now() - interval '1 second', leased_until = now() - "
                     "interval '1 second' where key <> '7'");
    begin(100, 132);
    CHECK(server().execute("select count(*) from idempotency_keys where expires < now()") == "0");
    CHECK(server().execute("select count(*) from idempotency_keys") == "33");

    server().execute("update idempotency_keys set expires = now() - interval '1 second'"); // but their leases are not over
    w.run([&]() -> asio::awaitable<void> {
        for (int i = 0; i != 16; ++i) {
            co_await w.store.execute(name, payload, w.ordering("tea"));
        }
    });
    CHECK(server().execute("select count(*) from idempotency_keys") == "34");
    server().execute("update idempotency_keys set leased_until = now() - interval '1 second' where key <> 'k'");
    w.run([&]() -> asio::awaitable<void> {
        for (int i = 0; i != 16; ++i) {
            co_await w.store.execute(name, payload, w.ordering("tea"));
        }
    });
    CHECK(server().execute("select count(*) from idempotency_keys") == "1");
}

TEST_CASE("what has expired is found by an index, and not waited for", "[postgres][idempotency]")
{
    world w;
    server().execute("insert into idempotency_keys select '', '', i::text, '', 0, now(), now() + interval '1 day' "
                     "from generate_series(1, 10000) i");
    server().execute("analyze idempotency_keys");
    auto const forget = postgres::detail::idempotency_sql("idempotency_keys").forget;
    auto const plan = server().execute("prepare forget(bigint) as " + forget + "; explain (format json) execute forget(64)");
    CHECK_THAT(plan, Catch::Matchers::ContainsSubstring("\"Index Name\": \"idempotency_keys_expires\""));
    CHECK_THAT(plan, Catch::Matchers::ContainsSubstring("LockRows"));
}

TEST_CASE("the name of the table is an identifier", "[postgres][idempotency]")
{
    world w;
    for (char const* const wrong : {"", "Keys", "a;b", "1a", "a b", "a\"b"}) {
        CHECK_THROWS_WITH(idempotency_store(w.pool, {}, wrong), Catch::Matchers::ContainsSubstring("idempotency.table"));
    }
}
