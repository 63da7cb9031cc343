// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Why pools exist: a server dies under load and comes back, and no user sees it.
//
// Twenty users ask a PostgreSQL that is started for them, first with a new connection for
// every query, then through a pool and three policies. Each time the server is killed in the
// middle, and started again.
//
//   pooled_queries [SECONDS]        (default 3, for each way)

#include <resil/connection_pool.hpp>
#include <resil/deadline.hpp>
#include <resil/pipeline.hpp>
#include <resil/postgres/postgres.hpp>
#include <resil/retry.hpp>
#include <resil/timeout.hpp>

#include "load.hpp"
#include "support/postgres_server.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <fmt/format.h>

#include <chrono>
#include <exception>
#include <stdexcept>
#include <string>

namespace asio = boost::asio;
namespace postgres = resil::postgres;
using namespace std::chrono_literals;

asio::awaitable<void> ask(postgres::connection& db)
{
    auto const answer =
        co_await db.async_query("select $1::int * 2", {21}, asio::use_awaitable);
    if (answer.at(0, 0) != "42") {
        throw std::runtime_error("that is not the answer");
    }
}

/// The first way: connect, ask, hang up.
struct without_pool
{
    asio::awaitable<void> operator()() const
    {
        postgres::connection db(co_await asio::this_coro::executor);
        co_await db.async_connect(server, asio::use_awaitable);
        co_await ask(db);
    }

    postgres::settings server;
};

//[pooled_policies
/// Half a second of restarting is bridged by patience: ten seconds, as a user would wait.
auto policies()
{
    return resil::pipeline{
        resil::judged_by{postgres::judge_error{}},
        resil::deadline{10s},
        resil::retry{{.max_attempts = 50,
                      .backoff = resil::backoff::exponential(20ms, 500ms),
                      .idempotency = resil::idempotency::safe}}, // it only reads
        resil::timeout{1s},
    };
}
//]

//[pooled_query
/// The second way: borrow, ask, give back.
struct with_pool
{
    asio::awaitable<void> operator()() const
    {
        co_await calls.async_call(
            [this](resil::attempt const& a) -> asio::awaitable<void> {
                auto const db =
                    co_await pool.async_acquire(resil::within(a), asio::use_awaitable);
                co_await ask(*db);
            },
            asio::use_awaitable);
    }

    resil::connection_pool<postgres::connector> pool;
    decltype(policies()) calls = policies();
};
//]

int main(int argc, char** argv)
try {
    if (!support::postgres_server::find_programs()) {
        fmt::print("skipped: there is no PostgreSQL here\n");
        return 4;
    }
    std::chrono::duration<double> const seconds(argc > 1 ? std::stod(argv[1]) : 3.0);
    auto const length = std::chrono::duration_cast<std::chrono::milliseconds>(seconds);
    support::postgres_server server;
    asio::thread_pool threads(1);
    postgres::connector const connector(server.settings());

    fmt::print("20 users, a PostgreSQL that is killed in the middle and started again\n\n");
    load::tally const alone =
        load::play(threads, server, without_pool{server.settings()}, length);
    fmt::print("a connection for every query: {:>6} answers, {:>4} errors seen by users\n",
               alone.answers, alone.errors);

    resil::connection_pool const pool(threads.get_executor(), connector, {.max_size = 4});
    load::tally const pooled = load::play(threads, server, with_pool{pool}, length);
    fmt::print("a pool of 4, and retry:       {:>6} answers, {:>4} errors seen by users\n",
               pooled.answers, pooled.errors);
    pool.async_drain(5s, asio::use_future).get();
    fmt::print("\nThe pool opened {} connections in all, those after the crash included;\n"
               "the other way opens one for each answer.\n",
               pool.snapshot().opened);
    return pooled.errors == 0 && pooled.answers > 0 && alone.errors > 0 ? 0 : 1;
} catch (std::exception const& e) {
    fmt::print(stderr, "pooled_queries: {}\n", e.what());
    return 1;
}
