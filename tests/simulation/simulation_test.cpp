// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/bulkhead.hpp>
#include <resil/deadline.hpp>
#include <resil/pipeline.hpp>
#include <resil/retry.hpp>
#include <resil/testing/simulation.hpp>
#include <resil/timeout.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace asio = boost::asio;
using namespace resil;
using namespace std::chrono_literals;
using resil::testing::ready_order;
using resil::testing::simulation;

namespace {

/// Runs six functions and returns the order in which they ran.
std::string order_of(std::uint64_t seed, ready_order order = ready_order::shuffled)
{
    simulation world(seed, order);
    std::string ran;
    for (char name = 'a'; name <= 'f'; ++name) {
        asio::post(world, [&ran, name] { ran += name; });
    }
    world.run(100);
    return ran;
}

/// Never completes by itself; its handler waits in `waiting`.
template <class Waiting>
auto hang(Waiting& waiting)
{
    return [&waiting](auto token) {
        return asio::async_initiate<decltype(token), void(error_code)>(
            [&waiting](auto handler) {
                waiting = [h = std::make_shared<decltype(handler)>(std::move(handler))](
                              error_code ec) mutable { std::move (*h)(ec); };
            },
            token);
    };
}

} // namespace

TEST_CASE("a simulation runs what is ready in an order that its seed decides", "[simulation]")
{
    CHECK(order_of(1) == order_of(1));
    CHECK(order_of(1, ready_order::fifo) == "abcdef");
    std::set<std::string> orders;
    for (std::uint64_t seed = 0; seed < 10'000; ++seed) {
        orders.insert(order_of(seed));
    }
    CHECK(orders.size() == 720); // 6!
}

TEST_CASE("a simulation runs each of many functions once, in order if asked to", "[simulation]")
{
    for (auto const order : {ready_order::fifo, ready_order::shuffled}) {
        simulation world(7, order);
        std::vector<int> ran;
        for (int i = 0; i < 1'000; ++i) {
            asio::post(world, [&ran, i] { ran.push_back(i); });
            if (i % 3 == 0) {
                world.step();
            }
        }
        CHECK(world.run(10'000) == 666);
        CHECK(world.steps() == 1'000);
        CHECK(std::set<int>(ran.begin(), ran.end()).size() == 1'000);
        CHECK(std::is_sorted(ran.begin(), ran.end()) == (order == ready_order::fifo));
    }
}

TEST_CASE("dispatch runs at once within a simulation, post never does", "[simulation]")
{
    simulation world(1);
    std::string ran;
    asio::dispatch(world, [&] {
        CHECK(world.running_here());
        asio::post(world, [&] { ran += "posted"; });
        asio::dispatch(world, [&] { ran += "dispatched "; });
    });
    CHECK(ran.empty());
    CHECK_FALSE(world.running_here());
    world.run(100);
    CHECK(ran == "dispatched posted");
}

TEST_CASE("a simulation's executor converts to any_io_executor, and can be stranded",
          "[simulation]")
{
    simulation world(1);
    asio::any_io_executor const any = world.get_executor();
    auto const strand = asio::make_strand(world);
    int ran = 0;
    asio::post(any, [&] { ++ran; });
    asio::post(strand, [&] { ran += strand.running_in_this_thread(); });
    world.run(100);
    CHECK(ran == 2);
    CHECK(any == world.get_executor());
    CHECK(&asio::query(any, asio::execution::context) == &world);
}

TEST_CASE("coroutines run in a simulation", "[simulation]")
{
    simulation world(1);
    bool done = false;
    auto const body = [&]() -> asio::awaitable<void> {
        co_await asio::post(asio::use_awaitable);
        done = true;
    };
    asio::co_spawn(world, body, asio::detached);
    CHECK_FALSE(done);
    world.run(100);
    CHECK(done);
}

TEST_CASE("an exception leaves a simulation that can go on", "[simulation]")
{
    simulation world(1, ready_order::fifo);
    bool ran = false;
    asio::post(world, [] { throw std::runtime_error("thrown"); });
    asio::post(world, [&] { ran = true; });
    CHECK_THROWS_AS(world.step(), std::runtime_error);
    CHECK_FALSE(world.running_here());
    world.run(100);
    CHECK(ran);
}

TEST_CASE("hours pass in a simulation in no time, event by event", "[simulation]")
{
    simulation world(1);
    single_threaded(world);
    auto const start = world.now();
    std::function<void(error_code)> waiting;
    error_code ended;
    std::vector<duration> seen;
    world.on_step([&] { seen.push_back(world.now() - start); });

    deadline(2h).async_call(world, hang(waiting), [&](error_code ec) { ended = ec; });
    CHECK(world.step());
    CHECK_FALSE(world.step());
    CHECK(world.armed() == 1);
    CHECK(world.next() == start + 2h);
    CHECK(world.advance_to_next());
    waiting(asio::error::operation_aborted);
    world.run(100);

    CHECK(ended == errc::deadline_exceeded);
    CHECK(world.now() == start + 2h);
    CHECK(seen.front() == 0h);
    CHECK(seen.back() == 2h);
    CHECK(world.armed() == 0);
}

TEST_CASE("a stalled simulation expires its timers late", "[simulation]")
{
    simulation world(1);
    auto const start = world.now();
    std::function<void(error_code)> waiting;
    deadline(1s).async_call(world, hang(waiting), [](error_code) {});
    world.step();
    world.stall_until(start + 5s);
    world.stall_until(start + 4s);
    CHECK(world.armed() == 1);
    CHECK(world.advance_to_next());
    CHECK(world.now() == start + 5s);
    CHECK(world.armed() == 0);
}

TEST_CASE("a simulation is destroyed with anything in flight", "[simulation]")
{
    std::function<void(error_code)> waiting;
    auto const alive = std::make_shared<int>();
    int called = 0;
    bulkhead one{{.max_concurrent = 1, .max_queued = 8, .max_wait = 1h}};
    {
        simulation world(1);
        for (int i = 0; i < 3; ++i) {
            one.async_call(world, hang(waiting), [alive, &called](error_code) { ++called; });
        }
        asio::post(world, [alive] {});
        world.step();
        world.step();
        world.step();
        waiting = nullptr;
    }
    CHECK(alive.use_count() == 1);
    CHECK(called == 0);
    CHECK(one.snapshot().in_use == 0);
    CHECK(one.snapshot().queued == 0);
}

TEST_CASE("a simulation of small calls is fast", "[simulation][rate]")
{
    constexpr int schedules = 20'000;
    auto const before = std::chrono::steady_clock::now();
    std::uint64_t steps = 0;
    retry const policy{{.max_attempts = 3, .idempotency = idempotency::safe, .seed = 1}};
    timeout const bounded(250ms);
    for (int seed = 0; seed < schedules; ++seed) {
        simulation world(static_cast<std::uint64_t>(seed));
        int done = 0;
        auto const op = [&](attempt const& a, auto token) {
            return asio::async_initiate<decltype(token), void(error_code)>(
                [number = a.number()](auto handler) {
                    auto const ec =
                        number < 3 ? error_code(asio::error::connection_reset) : error_code();
                    auto const ex = asio::get_associated_executor(handler);
                    asio::post(ex,
                               [h = std::move(handler), ec]() mutable { std::move(h)(ec); });
                },
                token);
        };
        policy.async_call(world, op, [&](error_code ec) { done += !ec; });
        bounded.async_call(world, op, [&](error_code ec) { done += !!ec; });
        world.run(100);
        REQUIRE(done == 2);
        steps += world.steps();
    }
    auto const took = std::chrono::duration<double>(std::chrono::steady_clock::now() - before);
    WARN(static_cast<int>(schedules / took.count())
         << " schedules of two calls a second, " << steps / schedules << " steps each");
}
