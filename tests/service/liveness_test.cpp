// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/service/liveness.hpp>
#include <resil/testing/virtual_time.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <memory>

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using resil::service::liveness;
using resil::testing::clock_access;

} // namespace

TEST_CASE("a loop that answers is alive, whatever else is down", "[service][liveness]")
{
    asio::io_context context;
    resil::testing::virtual_time time(context);
    liveness const loop(context.get_executor());
    CHECK(loop.alive());
    for (int i = 0; i < 100; ++i) {
        time.advance(10s);
        REQUIRE(loop.alive());
        REQUIRE(loop.last_answer_age() <= 1s);
    }
}

TEST_CASE("a loop that has not answered for the limit is not alive, until it answers again", "[service][liveness]")
{
    asio::io_context context;
    resil::testing::virtual_time time(context);
    auto& clock = resil::timer_service::of(context);
    liveness const loop(context.get_executor(), {.stall_limit = 5s, .period = 500ms});
    time.advance(10s);
    auto const answered = time.now() - loop.last_answer_age();
    clock_access::set(clock, answered + 5s - 1ns);
    CHECK(loop.alive());
    clock_access::set(clock, answered + 5s);
    CHECK_FALSE(loop.alive());
    CHECK(loop.last_answer_age() == 5s);
    time.advance(1ms);
    CHECK(loop.alive());
}

TEST_CASE("a timer that fires is no answer: the loop has to run what was posted", "[service][liveness]")
{
    asio::io_context context;
    resil::testing::virtual_time time(context);
    auto& clock = resil::timer_service::of(context);
    liveness const loop(context.get_executor(), {.stall_limit = 5s, .period = 1s});
    clock_access::fire_next(clock, resil::time_point::max()); // and nobody runs the context
    clock_access::set(clock, time.now() + 10s);
    CHECK_FALSE(loop.alive());
    time.run_ready();
    CHECK(loop.alive());
}

TEST_CASE("watching does not keep a context at work, and ends with the watch", "[service][liveness]")
{
    asio::io_context context;
    resil::testing::virtual_time time(context);
    {
        liveness const loop(context.get_executor());
        context.run(); // returns
        CHECK(time.armed() == 1);
    }
    CHECK(time.armed() == 0);
}

TEST_CASE("a context may end before its watch", "[service][liveness]")
{
    auto context = std::make_unique<asio::io_context>();
    auto loop = std::make_unique<liveness>(context->get_executor());
    context->poll();
    loop.reset();
    context.reset();

    asio::thread_pool threads(2);
    liveness const other(threads.get_executor(), {.stall_limit = 10s, .period = 1ms});
    CHECK(other.alive());
    threads.stop();
    threads.join();
}

TEST_CASE("limits of a watch that make no sense are refused", "[service][liveness]")
{
    asio::io_context context;
    auto const ex = context.get_executor();
    CHECK_THROWS_AS(liveness(ex, {.stall_limit = 1s, .period = 1s}), resil::invalid_option);
    CHECK_THROWS_AS(liveness(ex, {.stall_limit = 2h}), resil::invalid_option);
    CHECK_THROWS_AS(liveness(ex, {.period = 0s}), resil::invalid_option);
}
