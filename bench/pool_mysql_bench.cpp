// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// resil's pool beside Boost.MySQL's own, both of connections to one MariaDB, which this program
// starts; without MariaDB there are no benchmarks in it.
//
// acquire  a connection is taken and given back without a reset, so that the server has no part
//          in it; `boost_single` is Boost's pool that one thread only may use, `boost_safe`
//          that with `thread_safe`, and `resil` is always safe
// reset    the same on a pool of one connection that is reset between its users
// users    32 users on 16 connections, on one thread and on two
// waits    160 users on 16 connections, each of whom keeps one for 2 ms (`calm`), or for 1 to 8
//          turns of the loop (`busy`), and asks again at once; in real time, and in `loans`:
//          how many others were served meanwhile, which the machine has no part in

#include <resil/connection_pool.hpp>
#include <resil/mysql/connector.hpp>

#include "support/floors.hpp"
#include "support/mariadb_server.hpp"
#include "support/percentiles.hpp"
#include "support/pools.hpp"
#include "support/world.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/mysql/connect_params.hpp>
#include <boost/mysql/connection_pool.hpp>
#include <boost/mysql/pool_params.hpp>
#include <boost/mysql/ssl_mode.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <random>
#include <utility>
#include <vector>

namespace {

using namespace bench;
using namespace std::chrono_literals;
namespace mysql = boost::mysql;

support::mariadb_server& server()
{
    static support::mariadb_server one;
    return one;
}

// --- both pools, in the same words -----------------------------------------------------------

enum class reset
{
    no,
    yes,
};

/// resil's pool.
template <reset Resets>
class resil_lender
{
public:
    using loan_type = resil::lease<resil::mysql::connector>;

    resil_lender(world& w, std::size_t connections, bool /*thread_safe*/ = true)
        : pool_(w.context(), connector(), {.max_size = connections, .max_waiters = 10'000})
    {
        fill(w.context(), pool_, connections);
    }

    void lend(user<resil_lender> to) { pool_.async_acquire(std::move(to)); }

    template <class Token>
    auto async_lend(Token&& token)
    {
        return pool_.async_acquire(std::forward<Token>(token));
    }

    void give_back(loan_type& loan)
    {
        Resets == reset::yes ? loan.release() : loan.release_without_reset();
    }

private:
    static resil::mysql::connector connector()
    {
        mysql::connect_params params;
        params.server_address.emplace_host_and_port("127.0.0.1", server().port());
        params.username = server().user();
        params.password = server().password();
        params.ssl = mysql::ssl_mode::disable;
        return resil::mysql::connector({.params = std::move(params)});
    }

    resil::connection_pool<resil::mysql::connector> pool_;
};

/// Boost.MySQL's.
template <reset Resets>
class boost_lender
{
public:
    using loan_type = mysql::pooled_connection;

    boost_lender(world& w, std::size_t connections, bool thread_safe = true)
        : pool_(w.context(), params(connections, thread_safe))
    {
        pool_.async_run(asio::detached);
        asio::co_spawn(w.context(), take_all(w, connections), asio::detached);
        w.run(1);
    }

    void lend(user<boost_lender> to) { pool_.async_get_connection(std::move(to)); }

    template <class Token>
    auto async_lend(Token&& token)
    {
        return pool_.async_get_connection(std::forward<Token>(token));
    }

    void give_back(loan_type& loan)
    {
        Resets == reset::yes ? void(loan = {}) : loan.return_without_reset();
    }

private:
    static mysql::pool_params params(std::size_t connections, bool thread_safe)
    {
        mysql::pool_params p;
        p.server_address.emplace_host_and_port("127.0.0.1", server().port());
        p.username = server().user();
        p.password = server().password();
        p.ssl = mysql::ssl_mode::disable;
        p.initial_size = connections;
        p.max_size = connections;
        p.thread_safe = thread_safe;
        return p;
    }

    /// Does not say otherwise that all are connected.
    asio::awaitable<void> take_all(world& w, std::size_t connections)
    {
        std::vector<loan_type> all;
        while (all.size() < connections) {
            all.push_back(co_await pool_.async_get_connection(asio::use_awaitable));
        }
        for (loan_type& each : all) {
            each.return_without_reset();
        }
        w.lane_done();
    }

    mysql::connection_pool pool_;
};

using resil_pool = resil_lender<reset::no>;
using boost_pool = boost_lender<reset::no>;

// --- loans -----------------------------------------------------------------------------------

template <place where>
void post(benchmark::State& state)
{
    measure_callbacks(state, where, [](posted op, auto handler) { op(std::move(handler)); });
}

template <class Lender, place where>
void acquire(benchmark::State& state)
{
    world w(where);
    Lender lender(w, 16, where == place::pool);
    measure_users(state, w, lender, int(state.range(0)));
}

template <class Lender>
void reset_between(benchmark::State& state)
{
    world w(place::single);
    Lender lender(w, 1, false);
    constexpr int loans = 512;
    while (state.KeepRunningBatch(loans)) {
        asio::post(w.context(), user<Lender>(w, lender, loans));
        w.run(1);
    }
}

template <class Lender>
void users(benchmark::State& state)
{
    world w(place::pool);
    Lender lender(w, 16);
    measure_users(state, w, lender, 32, int(state.range(0)));
}

// --- waits -----------------------------------------------------------------------------------

constexpr int users_each = 10;
constexpr int connections = 16;

enum class load
{
    calm,
    busy,
};

/// How long users waited, in time and in loans.
struct waited
{
    std::vector<std::chrono::nanoseconds> times{};
    std::vector<int> loans{};
    int served = 0;
};

/// The first loan does not count: then the queue is only filling.
template <load Load, class Lender>
asio::awaitable<void> borrow_often(world& w, Lender& lender, unsigned seed, waited& all)
{
    constexpr int times = Load == load::calm ? 50 : 500;
    asio::steady_timer timer(w.context());
    std::minstd_rand numbers(seed);
    for (int i = 0; i < times; ++i) {
        auto const asked = std::chrono::steady_clock::now();
        int const served_before = all.served;
        auto [ec, loan] = co_await lender.async_lend(asio::as_tuple(asio::use_awaitable));
        if (ec) {
            throw boost::system::system_error(ec);
        }
        if (i > 0) {
            all.times.push_back(std::chrono::steady_clock::now() - asked);
            all.loans.push_back(all.served - served_before);
        }
        ++all.served;
        if constexpr (Load == load::calm) {
            timer.expires_after(2ms);
            co_await timer.async_wait(asio::use_awaitable);
        } else {
            for (auto turns = 1 + numbers() % 8; turns > 0; --turns) {
                co_await asio::post(asio::use_awaitable);
            }
        }
        lender.give_back(loan);
    }
    w.lane_done();
}

template <class Lender, load Load, place where>
void waits(benchmark::State& state)
{
    for (auto _ : state) {
        world w(where);
        Lender lender(w, connections, where == place::pool);
        waited all;
        for (int i = 0; i < users_each * connections; ++i) {
            asio::co_spawn(w.context(), borrow_often<Load>(w, lender, unsigned(i + 1), all),
                           [](std::exception_ptr thrown) {
                               if (thrown) {
                                   std::rethrow_exception(thrown);
                               }
                           });
        }
        w.run(users_each * connections);
        report(state, "", all.times);
        report(state, "", "loans", all.loans);
    }
}

void add_users(char const* name, void (*run)(benchmark::State&))
{
    benchmark::RegisterBenchmark(name, run)->Arg(1);
    benchmark::RegisterBenchmark(name, run)->Arg(2)->UseRealTime();
}

void add_waits(char const* name, void (*run)(benchmark::State&))
{
    benchmark::RegisterBenchmark(name, run)->Iterations(1)->UseRealTime();
}

BENCH_REGISTER
{
    if (!support::mariadb_server::is_installed()) {
        return;
    }
    register_floors();
    auto const add = [](char const* name, void (*run)(benchmark::State&)) {
        benchmark::RegisterBenchmark(name, run)->Arg(1)->Arg(16);
    };
    add("post/single", post<place::single>);
    add("post/pool", post<place::pool>);
    add("resil/single", acquire<resil_pool, place::single>);
    add("resil/pool", acquire<resil_pool, place::pool>);
    add("boost_single/single", acquire<boost_pool, place::single>);
    add("boost_safe/pool", acquire<boost_pool, place::pool>);

    auto const add_reset = [](char const* name, void (*run)(benchmark::State&)) {
        benchmark::RegisterBenchmark(name, run)->UseRealTime();
    };
    add_reset("resil_reset", reset_between<resil_lender<reset::yes>>);
    add_reset("boost_reset", reset_between<boost_lender<reset::yes>>);

    add_users("resil_users", users<resil_pool>);
    add_users("boost_users", users<boost_pool>);
    using enum load;
    add_waits("resil_waits_calm", waits<resil_pool, calm, place::single>);
    add_waits("boost_waits_calm", waits<boost_pool, calm, place::single>);
    add_waits("resil_waits_busy", waits<resil_pool, busy, place::single>);
    add_waits("boost_waits_busy", waits<boost_pool, busy, place::single>);
    add_waits("boost_safe_waits_busy", waits<boost_pool, busy, place::pool>);
}

} // namespace
