// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "product_source.hpp"

#include <resil/bulkhead.hpp>
#include <resil/circuit_breaker.hpp>
#include <resil/deadline.hpp>
#include <resil/pipeline.hpp>
#include <resil/retry.hpp>
#include <resil/service/pool_check.hpp>
#include <resil/timeout.hpp>

#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <string>
#include <utility>

namespace storefront {

namespace asio = boost::asio;
namespace postgres = resil::postgres;
using namespace std::chrono_literals;

asio::awaitable<void> embedded_products::prepare()
{
    co_return;
}

asio::awaitable<products> embedded_products::all()
{
    co_return sample_products();
}

asio::awaitable<products> embedded_products::one(int id)
{
    products found;
    std::ranges::copy_if(sample_products(), std::back_inserter(found), [id](product const& p) { return p.id == id; });
    co_return found;
}

void embedded_products::add_checks(resil::service::health const&) const {}

namespace {

/// Outermost first. Every statement here may be repeated: it reads, or does nothing if it was done.
auto database_policies(std::size_t connections, telemetry const& told)
{
    resil::circuit_breaker const breaker{{
        .name = "database",
        .open_duration = 500ms, // not 5 s: it is our only database, and a probe costs it nothing
        .max_open_duration = 2s,
        .listener = told.circuit_listener(),
    }};
    resil::bulkhead const bulkhead{{
        .name = "database",
        .max_concurrent = connections, // who would wait for a connection anyway waits here, with a bound
        .max_queued = 4 * connections,
        .max_wait = 200ms,
    }};
    told.watch("database", breaker, bulkhead);
    return resil::pipeline{
        resil::observe{told.policies.observer("catalogue", "database")},
        resil::judged_by{postgres::judge_error{}}, // knows which errors of PostgreSQL pass
        resil::deadline{1s},                       // not 30 s: no shopper waits longer for a page
        resil::retry{{
            .backoff = resil::backoff::exponential(20ms, 100ms), // not 100 ms: three must fit
            .idempotency = resil::idempotency::safe,
            .budget = resil::retry_budget{}, // an outage must not triple the load
        }},
        breaker,
        bulkhead,
        resil::timeout{300ms}, // not 10 s: these statements take one
    };
}

resil::connection_pool_options pool_options(std::size_t connections, telemetry const& told)
{
    return {
        .name = "database",
        .max_size = connections,
        .min_idle = 1,
        .acquire_timeout = 300ms,
        .keepalive_interval = 1s, // with `min_idle`: whether the database answers is known without asking it
        .connect_timeout = 2s,
        .max_connect_backoff = 500ms, // not 5 s: who waits for a restarted database is readiness
        .listener = told.policies.pool_listener(),
    };
}

int to_int(std::optional<std::string_view> text)
{
    int value = 0;
    if (text) {
        std::from_chars(text->data(), text->data() + text->size(), value);
    }
    return value;
}

products read_products(postgres::result const& rows)
{
    products all;
    for (std::size_t row = 0; row < rows.rows(); ++row) {
        all.push_back({to_int(rows.at(row, 0)), std::string(rows.at(row, 1).value_or("")), to_int(rows.at(row, 2)),
                       to_int(rows.at(row, 3))});
    }
    return all;
}

asio::awaitable<void> create_table(postgres::connection& db)
{
    // Several processes start at once, and "if not exists" alone does not bear that. The pool unlocks.
    co_await db.async_query("select pg_advisory_lock(7205759403)", asio::use_awaitable);
    co_await db.async_query("create table if not exists products (id int primary key, name text not null,"
                            " cents int not null, sold int not null)",
                            asio::use_awaitable);
}

asio::awaitable<void> insert(postgres::connection& db, product p)
{
    postgres::parameters values{p.id, p.name, p.cents, p.sold};
    co_await db.async_query("insert into products values ($1, $2, $3, $4) on conflict do nothing", std::move(values),
                            asio::use_awaitable);
}

} // namespace

struct database::protected_database
{
    database_pool pool;
    decltype(database_policies(1, std::declval<telemetry const&>())) policies;
};

database::database(asio::any_io_executor const& ex, postgres::settings const& server, std::size_t connections,
                   telemetry const& told)
{
    database_pool const pool(ex, postgres::connector(server), pool_options(connections, told));
    told.watch("database", pool);
    database_.reset(new protected_database{pool, database_policies(connections, told)});
}

database::~database() = default;

database_pool const& database::pool() const
{
    return database_->pool;
}

/// Hard: pages only grow older without it. The pool is looked at, not asked: who is busy is not broken.
void database::add_checks(resil::service::health const& health) const
{
    resil::service::pool_check const check(database_->pool);
    health.add("database", resil::criticality::hard, check, {.ttl = 2s});
}

asio::awaitable<void> database::prepare()
{
    auto const db = co_await database_->pool.async_acquire(asio::use_awaitable);
    co_await create_table(*db);
    for (product const& p : sample_products()) {
        co_await insert(*db, p);
    }
}

asio::awaitable<products> database::all()
{
    co_return co_await select("select id, name, cents, sold from products order by id", {});
}

asio::awaitable<products> database::one(int id)
{
    postgres::parameters values{id};
    co_return co_await select("select id, name, cents, sold from products where id = $1::int", std::move(values));
}

asio::awaitable<products> database::select(std::string sql, postgres::parameters values)
{
    auto const ask = [&](resil::attempt const& a) -> asio::awaitable<postgres::result> {
        auto const db = co_await database_->pool.async_acquire(resil::within(a), asio::use_awaitable);
        auto rows = co_await db->async_query(sql, values, asio::use_awaitable);
        co_return rows;
    };
    auto const rows = co_await database_->policies.async_call(ask, asio::use_awaitable);
    co_return read_products(rows);
}

} // namespace storefront
