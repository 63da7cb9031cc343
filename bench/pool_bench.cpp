// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Lending a connection and taking it back, beside posting a handler and beside a mutex around a
// deque. Connections lead nowhere, and are all there before it begins.
//
// try_acquire  on the spot; nobody waits
// immediate    async_acquire whose handler allows completion inside of the call
// acquire      async_acquire whose handler is called through the executor
// awaited      the same in coroutines
// users        32 of them on a number of connections, on a number of threads
//
// `locked` is a pool whose connector resets connections, so that every loan goes through its
// mutex; they are given back without a reset. With `reset` there is one.

#include <resil/connection_pool.hpp>

#include "support/floors.hpp"
#include "support/pools.hpp"
#include "support/world.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/bind_immediate_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/system_executor.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace {

using namespace bench;

/// What is asked of the allocator in so many loans, by each.
template <class Loan>
void count_allocations(benchmark::State& state, Loan loan)
{
    constexpr int loans = 1000;
    auto const used = memory_of([&] {
        for (int i = 0; i < loans; ++i) {
            loan();
        }
    });
    state.counters["allocs"] = double(used.calls) / loans;
}

// --- on the spot, by threads that share a pool -----------------------------------------------

void free_list_loans(benchmark::State& state)
{
    static free_list list(32);
    auto const loan = [] {
        auto const taken = list.acquire();
        benchmark::DoNotOptimize(taken);
        list.give_back(taken);
    };
    for (auto _ : state) {
        loan();
    }
}

/// A new pool for each run: connections that nobody used for long would have to be pinged.
template <class Connector>
void try_acquire(benchmark::State& state)
{
    static std::optional<asio::io_context> context;
    static std::optional<full_pool<Connector>> pool;
    if (state.thread_index() == 0) {
        context.emplace();
        pool.emplace(*context, 32);
    }
    auto const loan = [] {
        auto lease = pool->try_acquire();
        benchmark::DoNotOptimize(bool(lease));
        lease.release_without_reset();
    };
    for (auto _ : state) {
        loan();
    }
    if (state.threads() == 1) {
        count_allocations(state, loan);
    }
    if (state.thread_index() == 0) {
        if (!pool->try_acquire()) {
            state.SkipWithError("nothing was lent");
        }
        pool.reset();
        context.reset();
    }
}

// --- asynchronously, on one thread -----------------------------------------------------------

template <place where>
void posts(benchmark::State& state)
{
    measure_callbacks(state, where, [](posted op, auto handler) { op(std::move(handler)); });
}

template <place where, class Connector>
void immediate(benchmark::State& state)
{
    world w(where);
    full_pool<Connector> const pool(w.context(), 32);
    int lent = 0;
    auto const loan = [&] {
        pool.async_acquire(asio::bind_executor(
            w.context().get_executor(),
            asio::bind_immediate_executor(asio::system_executor(),
                                          [&lent](error_code, resil::lease<Connector> lease) {
                                              lent += bool(lease);
                                              lease.release_without_reset();
                                          })));
    };
    for (auto _ : state) {
        loan();
    }
    if (lent == 0) {
        state.SkipWithError("nothing was lent");
    }
    count_allocations(state, loan);
}

template <place where, class Connector>
void acquire(benchmark::State& state)
{
    world w(where);
    int const users = int(state.range(0));
    pool_lender<Connector> lender{full_pool<Connector>(w.context(), std::size_t(users))};
    measure_users(state, w, lender, users);
}

template <place where>
void list_acquire(benchmark::State& state)
{
    world w(where);
    int const users = int(state.range(0));
    list_lender lender(static_cast<std::size_t>(users));
    measure_users(state, w, lender, users);
}

template <place where>
void raw(benchmark::State& state)
{
    measure_awaited(state, where, [](posted const& op) { return op(asio::use_awaitable); });
}

template <place where>
void awaited(benchmark::State& state)
{
    world w(where);
    full_pool<null_connector> const pool(w.context(), std::size_t(state.range(0)));
    measure_awaited(state, w,
                    [&](posted const&) { return pool.async_acquire(asio::use_awaitable); });
}

template <place where>
void acquire_with_reset(benchmark::State& state)
{
    world w(where);
    full_pool<resetting_connector> const pool(w.context(), std::size_t(state.range(0)));
    measure_awaited(state, w,
                    [&](posted const&) { return pool.async_acquire(asio::use_awaitable); });
}

// --- many users, many threads ----------------------------------------------------------------

constexpr int many = 32;

void pool_users(benchmark::State& state)
{
    world w(place::pool);
    pool_lender<null_connector> lender{
        full_pool<null_connector>(w.context(), std::size_t(state.range(0)))};
    measure_users(state, w, lender, many, int(state.range(1)));
}

void list_users(benchmark::State& state)
{
    world w(place::pool);
    list_lender lender(std::size_t(state.range(0)));
    measure_users(state, w, lender, many, int(state.range(1)));
}

/// No loans at all: what the loop takes for so many handlers on so many threads.
void post_users(benchmark::State& state)
{
    measure_callbacks(
        state, place::pool, [](posted op, auto handler) { op(std::move(handler)); },
        int(state.range(1)));
}

/// Connections, then threads; one thread is measured in processor time.
void add_users(char const* name, void (*run)(benchmark::State&),
               std::vector<std::int64_t> const& connections)
{
    benchmark::RegisterBenchmark(name, run)->ArgsProduct({connections, {1}});
    benchmark::RegisterBenchmark(name, run)
        ->ArgsProduct({connections, {2, 4, 8}})
        ->UseRealTime();
}

BENCH_REGISTER
{
    register_floors_on_threads();
    benchmark::RegisterBenchmark("free_list", free_list_loans)->Apply(on_threads);
    benchmark::RegisterBenchmark("try_acquire", try_acquire<null_connector>)->Apply(on_threads);
    benchmark::RegisterBenchmark("try_acquire_locked", try_acquire<resetting_connector>)
        ->Apply(on_threads);

    add("post/single", posts<place::single>);
    add("post/pool", posts<place::pool>);
    benchmark::RegisterBenchmark("immediate/single", immediate<place::single, null_connector>);
    benchmark::RegisterBenchmark("immediate/pool", immediate<place::pool, null_connector>);
    benchmark::RegisterBenchmark("immediate_locked/pool",
                                 immediate<place::pool, resetting_connector>);
    add("list_acquire/single", list_acquire<place::single>);
    add("list_acquire/pool", list_acquire<place::pool>);
    add("acquire/single", acquire<place::single, null_connector>);
    add("acquire/pool", acquire<place::pool, null_connector>);
    add("acquire_locked/pool", acquire<place::pool, resetting_connector>);
    add("raw/single", raw<place::single>);
    add("raw/pool", raw<place::pool>);
    add("awaited/single", awaited<place::single>);
    add("awaited/pool", awaited<place::pool>);
    add("acquire_with_reset/pool", acquire_with_reset<place::pool>);

    add_users("post_users", post_users, {many});
    add_users("pool_users", pool_users, {32, 16});
    add_users("list_users", list_users, {32, 16});
}

} // namespace
