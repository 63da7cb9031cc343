// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/bulkhead.hpp> // self-contained
#include <resil/error.hpp>

#include "support/world.hpp"

#include <boost/asio/bind_executor.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <type_traits>
#include <vector>

using namespace support;
using Catch::Matchers::Message;

static_assert(std::is_aggregate_v<resil::bulkhead_options>);
static_assert(std::is_nothrow_move_constructible_v<resil::bulkhead>);

namespace {

/// One permit, and a queue.
resil::bulkhead narrow(std::size_t queue = 3)
{
    return resil::bulkhead{
        {.name = "images", .max_concurrent = 1, .max_queued = queue, .max_wait = 1s}};
}

/// Operations that run until they are told to stop, in the order of their starts.
scripted_operation<int> takes(resil::duration time)
{
    scripted_operation<int> op;
    op.succeeds(1).after(time);
    return op;
}

} // namespace

TEST_CASE("as many run at once as there are permits", "[bulkhead]")
{
    world w;
    resil::bulkhead const b{{.max_concurrent = 3}};
    auto const op = takes(10ms);

    std::vector<watched<int>> calls;
    for (int i = 0; i < 5; ++i) {
        calls.push_back(w.call(b, op));
    }
    CHECK(b.snapshot().in_use == 3);
    w.time.advance(10ms);

    CHECK(op.peak() == 3);
    CHECK(calls[2].ok());
    CHECK(calls[3].code() == errc::bulkhead_full);
    CHECK(b.snapshot().in_use == 0);
}

TEST_CASE("without a queue an attempt that finds no permit is rejected at once", "[bulkhead]")
{
    world w;
    auto const b = narrow(0);
    auto const op = takes(10ms);

    (void)w.call(b, op);
    auto const rejected = w.call(b, op);

    CHECK(rejected.code() == errc::bulkhead_full);
    CHECK(rejected.reason() == reason::bulkhead_full);
    CHECK(rejected.attempts() == 0);
    CHECK(rejected.at() == 0ms);
    w.time.advance(10ms);
}

TEST_CASE("who waits is served in order of arrival, as permits are given back", "[bulkhead]")
{
    world w;
    auto const b = narrow();
    auto const op = takes(10ms);

    std::vector<watched<int>> calls;
    for (int i = 0; i < 4; ++i) {
        calls.push_back(w.call(b, op));
    }
    CHECK(b.snapshot().queued == 3);
    w.time.advance(1s);

    for (int i = 0; i < 4; ++i) {
        CHECK(calls[i].at() == (i + 1) * 10ms);
    }
    CHECK(op.peak() == 1);
    CHECK(b.snapshot().admitted == 4);
}

TEST_CASE("the queue is bounded", "[bulkhead]")
{
    world w;
    auto const b = narrow(2);
    auto const op = takes(10ms);

    (void)w.call(b, op);
    (void)w.call(b, op);
    (void)w.call(b, op);
    auto const rejected = w.call(b, op);
    w.time.advance(1s);

    CHECK(rejected.reason() == reason::bulkhead_full);
    CHECK(b.snapshot().rejected == 1);
    CHECK(op.starts() == 3);
}

TEST_CASE("a newcomer does not overtake who waits", "[bulkhead]")
{
    world w;
    auto const b = narrow();
    auto const op = takes(10ms);
    std::optional<watched<int>> newcomer;
    auto const first =
        w.call(b, [&](auto const& a, auto token) { return op(a, std::move(token)); });
    auto const waiter = w.call(b, op);

    w.time.advance(10ms);
    newcomer = w.call(b, op);
    w.time.advance(20ms);

    CHECK(waiter.at() == 20ms);
    CHECK(newcomer->at() == 20ms);
    CHECK(first.at() == 10ms);
}

TEST_CASE("who waited too long is rejected, and was never started", "[bulkhead]")
{
    world w;
    auto const b = narrow();
    auto const op = takes(2s);

    (void)w.call(b, op);
    auto const waiter = w.call(b, op);
    w.time.advance(999ms);
    CHECK(waiter.count() == 0);
    w.time.advance(1ms);

    CHECK(waiter.code() == errc::bulkhead_full);
    CHECK(waiter.reason() == reason::bulkhead_wait);
    CHECK(waiter.attempts() == 0);
    CHECK(waiter.failure().elapsed() == 1s);
    CHECK(b.snapshot().queued == 0);
    w.time.advance(1s);
    CHECK(op.starts() == 1);
}

TEST_CASE("a permit that is freed at the very moment the wait is over is not lost",
          "[bulkhead]")
{
    world w;
    auto const b = narrow();
    auto const op = takes(1s);

    auto const first = w.call(b, op);
    auto const waiter = w.call(b, op);
    w.time.advance(3s);

    CHECK(first.ok());
    CHECK((waiter.ok() || waiter.reason() == reason::bulkhead_wait));
    CHECK(b.snapshot().in_use == 0);
    CHECK(w.call(b, scripted_operation<int>()).ok());
}

TEST_CASE("a waiter that is cancelled leaves at once, and its place goes to the next",
          "[bulkhead]")
{
    auto const type =
        GENERATE(asio::cancellation_type::terminal, asio::cancellation_type::partial,
                 asio::cancellation_type::total);
    world w;
    auto const b = narrow(2);
    auto const op = takes(10ms);
    (void)w.call(b, op);
    auto const second = w.call(b, op);
    auto const third = w.call(b, op);

    second.cancel(type);
    w.time.run_ready();
    CHECK(second.code() == net::operation_aborted);
    CHECK(second.reason() == reason::cancelled);
    CHECK(second.at() == 0ms);
    CHECK(b.snapshot().queued == 1);
    w.time.advance(20ms);

    CHECK(third.at() == 20ms);
    CHECK(b.snapshot().in_use == 0);
}

TEST_CASE("a waiter cancelled while its permit is on its way passes it on", "[bulkhead]")
{
    world w{one_thread()};
    auto const b = narrow();
    auto const op = takes(10ms);
    auto const first =
        w.call(b, [&](auto const& a, auto token) { return op(a, std::move(token)); });
    auto const second = w.call(b, op);
    auto const third = w.call(b, op);

    first.cancel(); // its completion is posted
    w.context.restart();
    w.context.run_one(); // it is over, and its permit is on its way to the second
    REQUIRE(first.done());
    REQUIRE(b.snapshot().queued == 1);
    second.cancel();
    w.time.advance(10ms);

    CHECK(second.code() == net::operation_aborted);
    CHECK(third.at() == 10ms);
    CHECK(b.snapshot().in_use == 0);
}

TEST_CASE("a running attempt gets its cancellation, and gives the permit back", "[bulkhead]")
{
    world w;
    auto const b = narrow();
    auto const op = takes(10ms);

    auto const running = w.call(b, op);
    auto const waiter = w.call(b, op);
    running.cancel();
    w.time.advance(10ms);

    CHECK(running.code() == net::operation_aborted);
    CHECK(waiter.at() == 10ms);
}

TEST_CASE("the permit is free before the handler runs", "[bulkhead]")
{
    world w;
    auto const b = narrow(0);
    std::size_t in_use = 99;
    scripted_operation<int> op;

    b.async_call(op, asio::bind_executor(
                         w.context, [&](error_code, int) { in_use = b.snapshot().in_use; }));
    w.time.run_ready();

    CHECK(in_use == 0);
}

TEST_CASE("an operation that throws, and one that drops its handler, give the permit back",
          "[bulkhead]")
{
    world w;
    auto const b = narrow(0);
    scripted_operation<int> op;
    op.throws().drops().succeeds(3);

    CHECK(w.call(b, op).code() == errc::operation_threw);
    CHECK(w.call(b, op).dropped() == 1);
    CHECK(w.call(b, op).value() == 3);
}

TEST_CASE("more permits let those in who wait, fewer hold back who comes", "[bulkhead][resize]")
{
    world w;
    auto const b = narrow(9);
    auto const op = takes(10ms);
    for (int i = 0; i < 6; ++i) {
        (void)w.call(b, op);
    }

    b.resize(3);
    w.time.run_ready();
    CHECK(op.in_flight() == 3);
    b.resize(1);
    CHECK(b.snapshot().in_use == 3);
    w.time.advance(10ms);
    CHECK(op.in_flight() == 1);
    w.time.advance(1s);
    CHECK(op.starts() == 6);
}

TEST_CASE("a deadline during the wait ends the call, with the deadline's error",
          "[bulkhead][deadline]")
{
    world w;
    auto const b = narrow();
    auto const op = takes(2s);

    (void)w.call(b, {.deadline = w.time.now() + 2s}, op);
    auto const waiter = w.call(b, {.deadline = w.time.now() + 500ms}, op);
    w.time.advance(500ms);

    CHECK(waiter.code() == errc::deadline_exceeded);
    CHECK(waiter.attempts() == 0);
    CHECK(b.snapshot().queued == 0);
    w.time.advance(2s);
}

TEST_CASE("options out of range are refused, by name, value and range", "[bulkhead]")
{
    CHECK_THROWS_MATCHES((resil::bulkhead{{.max_concurrent = 0}}), resil::invalid_option,
                         Message("bulkhead.max_concurrent is 0, but must be at least 1"));
    CHECK_THROWS_MATCHES((resil::bulkhead{{.max_wait = 0s}}), resil::invalid_option,
                         Message("bulkhead.max_wait is 0s, but must be more than 0s"));
    CHECK_THROWS_AS((resil::bulkhead{{.max_queued = std::size_t(-1)}}), resil::invalid_option);
    CHECK_THROWS_MATCHES(narrow().resize(0), resil::invalid_option,
                         Message("bulkhead.max_concurrent is 0, but must be at least 1"));
}

TEST_CASE("a bulkhead without options has ten permits and no queue", "[bulkhead]")
{
    resil::bulkhead const b;

    CHECK(b.snapshot().max_concurrent == 10);
    CHECK(b.snapshot().max_queued == 0);
    CHECK(b.max_wait() == 1s);
    CHECK(b.name().empty());
    CHECK(narrow().name() == "images");
}
