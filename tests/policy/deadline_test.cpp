// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/circuit_breaker.hpp>
#include <resil/deadline.hpp> // self-contained
#include <resil/error.hpp>
#include <resil/pipeline.hpp>
#include <resil/retry.hpp>

#include "support/world.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>

#include <chrono>
#include <type_traits>
#include <vector>

using namespace support;
using Catch::Matchers::Message;

static_assert(std::is_aggregate_v<resil::deadline_options>);
static_assert(std::is_nothrow_move_constructible_v<resil::deadline>);
static_assert(!std::is_convertible_v<std::chrono::seconds, resil::deadline>);

namespace {

resil::retry const patient{{.max_attempts = 5,
                            .backoff = resil::backoff::fixed(40ms),
                            .jitter = resil::jitter::none,
                            .idempotency = idempotency::safe}};

} // namespace

TEST_CASE("a call within its deadline is delivered, and its timer is taken back", "[deadline]")
{
    world w;
    scripted_operation<int> op;
    op.succeeds(42).after(99ms);

    auto const call = w.call(resil::deadline{100ms}, op);
    w.time.advance(99ms);

    CHECK(call.value() == 42);
    CHECK(w.time.armed() == 0);
}

TEST_CASE("a call that takes too long is cancelled, and ends with deadline_exceeded",
          "[deadline]")
{
    world w;
    scripted_operation<int> op;
    op.hangs();

    auto const call = w.call(resil::deadline{100ms}, op);
    w.time.advance(99ms);
    CHECK(call.count() == 0);
    w.time.advance(1ms);

    CHECK(call.code() == errc::deadline_exceeded);
    CHECK(call.reason() == reason::deadline_exceeded);
    CHECK(call.attempts() == 1);
    CHECK(call.failure().elapsed() == 100ms);
    CHECK(op.cancellations() == std::vector{asio::cancellation_type::terminal});
}

TEST_CASE("the operation's own failure at the deadline is the last error", "[deadline]")
{
    world w;
    scripted_operation<int> op;
    op.fails(net::eof).after(120ms).ignores_cancellation();

    auto const call = w.call(resil::deadline{100ms}, op);
    w.time.advance(120ms);

    CHECK(call.code() == errc::deadline_exceeded);
    CHECK(call.last_error() == net::eof);
    CHECK(call.at() == 120ms);
}

TEST_CASE("a call that succeeds after its deadline all the same is delivered", "[deadline]")
{
    world w;
    scripted_operation<int> op;
    auto const late = GENERATE(100ms, 120ms);
    op.succeeds(7).after(late).ignores_cancellation();

    auto const call = w.call(resil::deadline{100ms}, op);
    w.time.advance(late);

    CHECK(call.value() == 7);
}

TEST_CASE("the deadline bounds all attempts and the waits between them", "[deadline]")
{
    world w;
    scripted_operation<int> op;
    op.fails(net::eof).after(20ms).hangs();

    auto const call = w.call(resil::pipeline{resil::deadline{100ms}, patient}, op);
    w.time.advance(100ms);

    CHECK(call.code() == errc::deadline_exceeded);
    CHECK(call.attempts() == 2);
    CHECK(call.last_error() == net::eof);
    CHECK(call.at() == 100ms);
}

TEST_CASE("every attempt is told the deadline, and what remains of it", "[deadline]")
{
    world w;
    scripted_operation<int> op;
    op.fails(net::eof).after(20ms).succeeds(1);
    auto const end = w.time.now() + 100ms;

    auto const call = w.call(resil::pipeline{resil::deadline{100ms}, patient}, op);
    w.time.advance(60ms);

    CHECK(call.ok());
    CHECK(op.deadlines() == std::vector{end, end});
    CHECK(op.remaining() == std::vector<resil::duration>{100ms, 40ms});
}

TEST_CASE("an attempt without any deadline has all the time there is", "[deadline]")
{
    world w;
    scripted_operation<int> op;
    op.succeeds(1);

    (void)w.call(patient, op);

    CHECK(op.deadlines() == std::vector{resil::time_point::max()});
    CHECK(op.remaining() == std::vector{resil::duration::max()});
}

TEST_CASE("the earlier of the call's and the pipeline's deadline holds", "[deadline][call]")
{
    auto const [own, wins] = GENERATE(std::pair{60ms, 60ms}, std::pair{300ms, 100ms});
    world w;
    scripted_operation<int> op;
    op.hangs();
    auto const start = w.time.now();

    auto const call = w.call(resil::deadline{100ms}, {.deadline = start + own}, op);
    w.time.advance(1s);

    CHECK(call.code() == errc::deadline_exceeded);
    CHECK(call.at() == wins);
    CHECK(op.deadlines() == std::vector{start + wins});
}

TEST_CASE("a call's deadline holds where the pipeline has none", "[deadline][call]")
{
    world w;
    scripted_operation<int> op;
    op.hangs();

    auto const call = w.call(patient, {.deadline = w.time.now() + 50ms}, op);
    w.time.advance(1s);

    CHECK(call.code() == errc::deadline_exceeded);
    CHECK(call.reason() == reason::deadline_exceeded);
    CHECK(call.at() == 50ms);
}

TEST_CASE("a call whose deadline is over before it begins makes no attempt", "[deadline][call]")
{
    auto const ago = GENERATE(0ms, 1ms, 1800s);
    world w;
    scripted_operation<int> op;

    auto const call = w.call(patient, {.deadline = w.time.now() - ago}, op);

    CHECK(call.code() == errc::deadline_exceeded);
    CHECK(call.reason() == reason::deadline_exceeded);
    CHECK(call.attempts() == 0);
    CHECK(call.failure().elapsed() == 0ms);
    CHECK(op.starts() == 0);
}

TEST_CASE("the caller's cancellation is not the deadline's", "[deadline]")
{
    auto const type =
        GENERATE(asio::cancellation_type::terminal, asio::cancellation_type::partial,
                 asio::cancellation_type::total);
    world w;
    scripted_operation<int> op;
    op.hangs();

    auto const call = w.call(resil::deadline{100ms}, op);
    w.time.advance(99ms);
    call.cancel(type);
    w.time.advance(1ms);

    CHECK(call.code() == net::operation_aborted);
    CHECK(call.reason() == reason::cancelled);
    CHECK(op.cancellations() == std::vector{type});
}

TEST_CASE("a call that did not heed the caller's cancellation is still bounded", "[deadline]")
{
    world w;
    scripted_operation<int> op;
    op.hangs().heeds(asio::cancellation_type::terminal);

    auto const call = w.call(resil::deadline{100ms}, op);
    call.cancel(asio::cancellation_type::partial);
    w.time.advance(100ms);

    CHECK(call.code() == net::operation_aborted);
    CHECK(call.reason() == reason::cancelled);
    CHECK(call.at() == 100ms);
}

TEST_CASE("callers in too great a hurry do not open the circuit", "[deadline][circuit_breaker]")
{
    world w;
    resil::circuit_breaker const breaker{{.minimum_calls = 1}};
    scripted_operation<int> op;
    op.succeeds(1).after(5ms);

    for (int i = 0; i < 1000; ++i) {
        auto const call = w.call(breaker, {.deadline = w.time.now() + 1ms}, op);
        w.time.advance(10ms);
        REQUIRE(call.code() == errc::deadline_exceeded);
    }

    CHECK(breaker.state() == resil::circuit_state::closed);
    CHECK(breaker.snapshot().calls == 0);
}

TEST_CASE("a deadline that is not positive is refused, by name, value and range", "[deadline]")
{
    CHECK_THROWS_MATCHES(resil::deadline{0s}, resil::invalid_option,
                         Message("deadline.after is 0s, but must be more than 0s"));
    CHECK_THROWS_MATCHES((resil::deadline{{.after = -1us}}), resil::invalid_option,
                         Message("deadline.after is -1us, but must be more than 0s"));
}

TEST_CASE("a deadline without options is thirty seconds", "[deadline]")
{
    CHECK(resil::deadline().after() == 30s);
    CHECK(resil::deadline(resil::deadline_options()).after() == 30s);
}

TEST_CASE("a deadline longer than a time point can hold never fires", "[deadline]")
{
    world w;
    scripted_operation<int> op;
    op.succeeds(1).after(1000h);

    auto const call = w.call(resil::deadline{std::chrono::hours::max()}, op);
    w.time.advance(1000h);

    CHECK(call.value() == 1);
}
