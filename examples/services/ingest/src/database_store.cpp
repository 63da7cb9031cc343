// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "database_store.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <utility>

namespace ingest {

namespace asio = boost::asio;
namespace postgres = resil::postgres;
using namespace std::chrono_literals;

namespace {

constexpr char const* create_table = "create table if not exists points (id text primary key, series text not null, "
                                     "at bigint not null, value double precision not null)";

constexpr char const* insert = "insert into points (id, series, at, value) select * from unnest($1::text[], $2::text[], "
                               "$3::bigint[], $4::double precision[]) on conflict (id) do nothing";

/// Writes one member of all points as an array of PostgreSQL; none needs quoting, see point.cpp.
template <class Member>
std::string array_of(std::vector<point> const& points, Member const& member)
{
    std::string array = "{";
    for (point const& each : points) {
        array += member(each);
        array += ',';
    }
    array.back() = '}';
    return array;
}

} // namespace

database_store::database_store(asio::any_io_executor const& ex, postgres::settings const& server)
    : pool_(ex, postgres::connector(server), {.name = "points", .max_size = 2}),
      calls_{
          resil::judged_by{postgres::judge_error{}},
          resil::deadline{10s},
          resil::retry{{.max_attempts = 5,
                        .backoff = resil::backoff::exponential(50ms, 1s),
                        .idempotency = resil::idempotency::safe}},
          resil::timeout{5s},
      }
{
}

asio::awaitable<void> database_store::write(std::vector<point> const& points)
{
    available_ = false;
    if (!has_table_) {
        co_await run(create_table, {});
        has_table_ = true;
    }
    postgres::parameters values{
        array_of(points, [](point const& p) { return p.id; }),
        array_of(points, [](point const& p) { return p.series; }),
        array_of(points, [](point const& p) { return std::to_string(p.at); }),
        array_of(points, [](point const& p) { return std::string(postgres::parameter(p.value).value()); }),
    };
    co_await run(insert, std::move(values));
    available_ = true;
}

asio::awaitable<void> database_store::run(std::string sql, postgres::parameters values)
{
    auto const once = [&](resil::attempt const& a) -> asio::awaitable<void> {
        auto const within = resil::within(a);
        auto const db = co_await pool_.async_acquire(within, asio::use_awaitable);
        co_await db->async_query(sql, values, asio::use_awaitable);
    };
    co_await calls_.async_call(once, asio::use_awaitable);
}

} // namespace ingest
