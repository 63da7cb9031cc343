// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Why pools exist: a server dies under load and comes back, and no user sees it.
//
// Twenty users ask a PostgreSQL that is started for them, once each with a connection of its own for
// every query, once through a pool and three policies. In the middle of both the server is killed
// and started again.
//
//   pooled_queries [SECONDS]        (default 3, for each way)

#include <resil/connection_pool.hpp>
#include <resil/deadline.hpp>
#include <resil/pipeline.hpp>
#include <resil/postgres/postgres.hpp>
#include <resil/retry.hpp>
#include <resil/timeout.hpp>

#include "support/postgres_server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/system/system_error.hpp>

#include <fmt/format.h>

#include <chrono>
#include <exception>
#include <future>
#include <string>
#include <thread>
#include <vector>

namespace asio = boost::asio;
namespace postgres = resil::postgres;
using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

struct tally
{
    int answers = 0;
    int errors = 0;
};

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

/// The second way: borrow, ask, give back; what fails is repeated, as long as a user would wait.
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

/// Looks at a page after the other; each needs one answer.
template <class Query>
asio::awaitable<tally> user(Query const& query, clock_type::time_point end)
{
    asio::steady_timer reading(co_await asio::this_coro::executor);
    tally seen;
    while (clock_type::now() < end) {
        try {
            co_await query();
            ++seen.answers;
        } catch (boost::system::system_error const&) {
            ++seen.errors;
        }
        reading.expires_after(20ms);
        co_await reading.async_wait(asio::use_awaitable);
    }
    co_return seen;
}

/// Lets users ask for some time, and kills the server in the middle of it.
template <class Query>
tally play(asio::thread_pool& threads, support::postgres_server& server, Query const& query,
           std::chrono::milliseconds length)
{
    std::vector<std::future<tally>> users;
    for (int i = 0; i < 20; ++i) {
        users.push_back(
            asio::co_spawn(threads, user(query, clock_type::now() + length), asio::use_future));
    }
    std::this_thread::sleep_for(length / 2);
    server.restart();
    tally all;
    for (auto& u : users) {
        tally const seen = u.get();
        all.answers += seen.answers;
        all.errors += seen.errors;
    }
    return all;
}

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
    tally const alone = play(threads, server, without_pool{server.settings()}, length);
    fmt::print("a connection for every query: {:>6} answers, {:>4} errors seen by users\n",
               alone.answers, alone.errors);

    resil::connection_pool const pool(threads.get_executor(), connector, {.max_size = 4});
    tally const pooled = play(threads, server, with_pool{pool}, length);
    fmt::print("a pool of 4, and retry:       {:>6} answers, {:>4} errors seen by users\n",
               pooled.answers, pooled.errors);
    auto const [ec, report] = pool.async_drain(5s, asio::as_tuple(asio::use_future)).get();
    fmt::print(
        "\nThe pool opened {} connections in all, lost {} of them to the crash, and closed "
        "{} at the end.\n",
        pool.snapshot().opened, pool.snapshot().count(resil::pool_close::broken),
        report.drained);
    return pooled.errors == 0 && pooled.answers > 0 && alone.errors > 0 ? 0 : 1;
} catch (std::exception const& e) {
    fmt::print(stderr, "pooled_queries: {}\n", e.what());
    return 1;
}
