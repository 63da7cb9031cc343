// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Pools under load, in virtual time: exact, and the same in every run but for the time of the
// processor, which is that of the whole simulation.
//
// spike   50 users at once ask a pool of 50 of which 5 are idle; connecting takes 150 ms, a
//         query 2 ms: HikariCP's test. `connections` is how many there are in the end; the
//         times are those from a user's question to its end.
// waits   10 users for each of 16 connections, each of whom asks again as soon as it is served;
//         what a query takes is always 2 ms, or drawn: evenly from 1 to 3 ms, or exponentially.
// outage  200 users of 20 connections; the server is down for a minute. `first` is how long
//         after its return the first user has an answer, `all` when everybody had one; of 50
//         runs.

#include <resil/connection_pool.hpp>
#include <resil/testing/virtual_time.hpp>

#include "support/floors.hpp"
#include "support/percentiles.hpp"
#include "support/simulated_server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <random>
#include <stdexcept>
#include <utility>
#include <vector>

namespace {

using namespace bench;
using namespace std::chrono_literals;

using durations = std::vector<std::chrono::nanoseconds>;
constexpr auto as_tuple = asio::as_tuple(asio::use_awaitable);

/// A server, a pool, and users who have somewhere to count.
class simulation
{
public:
    simulation(resil::duration connect_time, resil::connection_pool_options options)
        : server{.context = context, .connect_time = connect_time},
          pool(context, simulated_connector(server), with_seed(std::move(options)))
    {
    }

    /// Starts a user.
    void spawn(asio::awaitable<void> user)
    {
        ++users_;
        asio::co_spawn(context, std::move(user), [this](std::exception_ptr thrown) {
            --users_;
            if (thrown) {
                std::rethrow_exception(thrown);
            }
        });
    }

    /// Lets time pass until all users are done.
    void run()
    {
        while (users_ > 0) {
            if (!time.advance_to_next() && users_ > 0) {
                throw std::runtime_error("users wait for nothing");
            }
        }
    }

    /// Asks a question that takes so long to answer; returns how long it waited for a
    /// connection. False: there was none, or it was dead.
    asio::awaitable<bool> query(resil::duration length, std::chrono::nanoseconds& waited)
    {
        auto const asked = time.now();
        auto [ec, lease] = co_await pool.async_acquire(as_tuple);
        waited = time.now() - asked;
        if (ec) {
            co_return false;
        }
        auto const [failed] = co_await server.async_query(lease->life, length, as_tuple);
        if (failed) {
            lease.mark_broken(failed);
        }
        co_return !failed;
    }

    asio::awaitable<void> sleep(resil::duration length)
    {
        co_await async_nap(context, length, {}, asio::use_awaitable);
    }

    asio::io_context context;
    resil::testing::virtual_time time{context};
    simulated_server server;
    resil::connection_pool<simulated_connector> pool;

private:
    static resil::connection_pool_options with_seed(resil::connection_pool_options options)
    {
        options.seed = options.seed.value_or(1);
        return options;
    }

    int users_ = 0;
};

// --- a spike ---------------------------------------------------------------------------------

asio::awaitable<void> ask_once(simulation& s, durations& times)
{
    auto const asked = s.time.now();
    std::chrono::nanoseconds waited{};
    co_await s.query(2ms, waited);
    times.push_back(s.time.now() - asked);
}

void spike(benchmark::State& state)
{
    for (auto _ : state) {
        simulation s(150ms, {.max_size = 50, .min_idle = 5});
        s.time.advance(1s);
        durations times;
        for (int i = 0; i < 50; ++i) {
            s.spawn(ask_once(s, times));
        }
        s.run();
        s.time.advance(10s);
        state.counters["connections"] = double(s.pool.snapshot().size);
        report(state, "", times);
    }
}

// --- waits -----------------------------------------------------------------------------------

/// How long queries take; the enumerators are arguments of benchmarks.
enum class lengths
{
    fixed,
    even,
    exponential,
};

/// Draws how long queries take: 2 ms on average.
class query_lengths
{
public:
    explicit query_lengths(lengths which) : which_(which) {}

    resil::duration next()
    {
        using milliseconds = std::chrono::duration<double, std::milli>;
        switch (which_) {
        case lengths::fixed: break;
        case lengths::even: return 1ms + resil::duration(numbers_() % 2'000'000);
        case lengths::exponential:
            return std::chrono::duration_cast<resil::duration>(
                milliseconds(std::exponential_distribution<double>(0.5)(numbers_)));
        }
        return 2ms;
    }

private:
    lengths which_;
    std::mt19937_64 numbers_{1};
};

/// The first question does not count: then the queue is only filling.
asio::awaitable<void> ask_often(simulation& s, int times, query_lengths& each, durations& waits)
{
    for (int i = 0; i < times; ++i) {
        std::chrono::nanoseconds waited{};
        co_await s.query(each.next(), waited);
        if (i > 0) {
            waits.push_back(waited);
        }
    }
}

void waits(benchmark::State& state)
{
    constexpr int connections = 16;
    for (auto _ : state) {
        query_lengths each(lengths(state.range(0)));
        simulation s(20ms, {.max_size = connections, .max_waiters = 10 * connections});
        s.pool.async_warm_up(connections, 10s, asio::detached);
        s.time.advance(1s);
        durations waited;
        for (int i = 0; i < 10 * connections; ++i) {
            s.spawn(ask_often(s, 200, each, waited));
        }
        s.run();
        report(state, "", waited);
    }
}

// --- an outage -------------------------------------------------------------------------------

constexpr resil::duration outage_length = 1min;
constexpr resil::duration running_before = 200ms;

/// Asks until it has had an answer after a point in time; pauses after a failure.
asio::awaitable<void> ask_until(simulation& s, resil::time_point since, durations& answered)
{
    for (;;) {
        std::chrono::nanoseconds waited{};
        bool const ok = co_await s.query(2ms, waited);
        if (ok && s.time.now() >= since) {
            answered.push_back(s.time.now() - since);
            co_return;
        }
        if (!ok) {
            co_await s.sleep(100ms);
        }
    }
}

void outage(benchmark::State& state)
{
    constexpr int runs = 50;
    for (auto _ : state) {
        durations first;
        durations all;
        std::size_t most_connecting = 0;
        std::size_t refused = 0;
        for (std::uint64_t seed = 1; seed <= runs; ++seed) {
            simulation s(20ms, {.max_size = 20, .seed = seed});
            auto const end = s.time.now() + running_before + outage_length;
            durations answered;
            for (int i = 0; i < 200; ++i) {
                s.spawn(ask_until(s, end, answered));
            }
            s.time.advance(running_before);
            s.server.go_down();
            s.time.advance(outage_length);
            s.server.up = true;
            s.run();
            first.push_back(*std::min_element(answered.begin(), answered.end()));
            all.push_back(*std::max_element(answered.begin(), answered.end()));
            most_connecting = std::max(most_connecting, s.server.most_connecting);
            refused += s.server.refused;
        }
        report(state, "first_", first);
        report(state, "all_", all);
        state.counters["connecting"] = double(most_connecting);
        state.counters["refused"] = double(refused) / runs;
    }
}

BENCH_REGISTER
{
    auto const add = [](char const* name, void (*run)(benchmark::State&)) {
        return benchmark::RegisterBenchmark(name, run)->Iterations(1)->Unit(
            benchmark::kMillisecond);
    };
    add("spike", spike);
    add("waits_fixed", waits)->Arg(int(lengths::fixed));
    add("waits_even", waits)->Arg(int(lengths::even));
    add("waits_exponential", waits)->Arg(int(lengths::exponential));
    add("outage", outage);
}

} // namespace
