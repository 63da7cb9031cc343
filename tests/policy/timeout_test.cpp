// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/error.hpp>
#include <resil/timeout.hpp> // self-contained

#include "support/world.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>

#include <chrono>
#include <type_traits>
#include <vector>

using namespace support;
using Catch::Matchers::Message;

static_assert(std::is_aggregate_v<resil::timeout_options>);
static_assert(std::is_nothrow_move_constructible_v<resil::timeout>);
static_assert(!std::is_convertible_v<std::chrono::seconds, resil::timeout>);

TEST_CASE("a step within its timeout is delivered, and its timer is taken back", "[timeout]")
{
    world w;
    scripted_operation<int> op;
    op.succeeds(42).after(99ms);

    auto const call = w.call(resil::timeout{100ms}, op);
    CHECK(w.time.armed() == 2);
    w.time.advance(99ms);

    CHECK(call.value() == 42);
    CHECK(w.time.armed() == 0);
}

TEST_CASE("a step that takes too long is cancelled, and ends with timed_out", "[timeout]")
{
    world w;
    scripted_operation<int> op;
    op.hangs();

    auto const call = w.call(resil::timeout{100ms}, op);
    w.time.advance(99ms);
    CHECK(call.count() == 0);
    w.time.advance(1ms);

    CHECK(call.code() == errc::timed_out);
    CHECK(call.reason() == reason::timed_out);
    CHECK(call.attempts() == 1);
    CHECK(call.at() == 100ms);
    CHECK(call.failure().elapsed() == 100ms);
    CHECK(op.cancellations() == std::vector{asio::cancellation_type::terminal});
}

TEST_CASE("a step ends when the cancelled operation has completed, not before", "[timeout]")
{
    world w;
    scripted_operation<int> op;
    op.fails(net::eof).after(150ms).ignores_cancellation();

    auto const call = w.call(resil::timeout{100ms}, op);
    w.time.advance(149ms);
    CHECK(call.count() == 0);
    w.time.advance(1ms);

    CHECK(call.code() == errc::timed_out);
    CHECK(call.last_error() == net::eof);
    CHECK(call.at() == 150ms);
}

TEST_CASE("an operation that succeeds after its timeout all the same is delivered", "[timeout]")
{
    world w;
    scripted_operation<int> op;
    op.succeeds(7).after(150ms).ignores_cancellation();

    auto const call = w.call(resil::timeout{100ms}, op);
    w.time.advance(150ms);

    CHECK(call.value() == 7);
}

TEST_CASE("success at the very moment of the timeout wins", "[timeout]")
{
    world w;
    scripted_operation<int> op;
    op.succeeds(7).after(100ms).ignores_cancellation();

    auto const call = w.call(resil::timeout{100ms}, op);
    w.time.advance(100ms);

    CHECK(call.value() == 7);
    CHECK(call.at() == 100ms);
}

TEST_CASE("a failure of the operation's own is passed on", "[timeout]")
{
    world w;
    scripted_operation<int> op;
    op.fails(net::eof).after(10ms);

    auto const call = w.call(resil::timeout{100ms}, op);
    w.time.advance(10ms);

    CHECK(call.code() == net::eof);
    CHECK(call.reason() == reason::none);
    CHECK(call.last_error() == net::eof);
}

TEST_CASE("the caller's cancellation reaches the operation, and is no timeout", "[timeout]")
{
    auto const type =
        GENERATE(asio::cancellation_type::terminal, asio::cancellation_type::partial,
                 asio::cancellation_type::total);
    world w;
    scripted_operation<int> op;
    op.hangs();

    auto const call = w.call(resil::timeout{100ms}, op);
    w.time.advance(10ms);
    call.cancel(type);
    w.time.run_ready();

    CHECK(call.code() == net::operation_aborted);
    CHECK(call.reason() == reason::cancelled);
    CHECK(call.at() == 10ms);
    CHECK(op.cancellations() == std::vector{type});
    CHECK(w.time.armed() == 0);
}

TEST_CASE("an operation that did not heed the caller's cancellation is still bounded",
          "[timeout]")
{
    world w;
    scripted_operation<int> op;
    op.hangs().heeds(asio::cancellation_type::terminal);

    auto const call = w.call(resil::timeout{100ms}, op);
    call.cancel(asio::cancellation_type::total);
    w.time.advance(99ms);
    CHECK(call.count() == 0);
    w.time.advance(1ms);

    CHECK(call.code() == net::operation_aborted);
    CHECK(call.reason() == reason::cancelled);
    CHECK(call.at() == 100ms);
}

TEST_CASE("a timeout that is not positive is refused, by name, value and range", "[timeout]")
{
    CHECK_THROWS_MATCHES(resil::timeout{0ms}, resil::invalid_option,
                         Message("timeout.after is 0s, but must be more than 0s"));
    CHECK_THROWS_MATCHES((resil::timeout{{.after = -250ms}}), resil::invalid_option,
                         Message("timeout.after is -250ms, but must be more than 0s"));
}

TEST_CASE("a timeout without options is ten seconds, and cancels", "[timeout]")
{
    resil::timeout const usual;

    CHECK(usual.after() == 10s);
    CHECK_FALSE(usual.abandons());
}

TEST_CASE("a timeout longer than a time point can hold never fires", "[timeout]")
{
    world w;
    scripted_operation<int> op;
    op.succeeds(1).after(1000h);

    auto const call = w.call(resil::timeout{std::chrono::hours::max()}, op);
    w.time.advance(1000h);

    CHECK(call.value() == 1);
}
