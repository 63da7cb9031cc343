// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/error.hpp>
#include <resil/pipeline.hpp>
#include <resil/retry.hpp>
#include <resil/timeout.hpp> // self-contained

#include "support/world.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <memory>
#include <vector>

using namespace support;

namespace {

resil::timeout const leaving{{.after = 100ms, .on_expiry = resil::expiry::abandon}};

resil::pipeline<resil::retry, resil::timeout> repeated(idempotency kind)
{
    return resil::pipeline{resil::retry{{.max_attempts = 2,
                                         .backoff = resil::backoff::fixed(10ms),
                                         .jitter = resil::jitter::none,
                                         .idempotency = kind}},
                           leaving};
}

} // namespace

TEST_CASE("an abandoned operation does not hold up its step", "[timeout][abandon]")
{
    world w;
    scripted_operation<int> op;
    op.succeeds(1).after(1h).ignores_cancellation();

    auto const call = w.call(leaving, op);
    w.time.advance(100ms);

    CHECK(call.code() == errc::timed_out);
    CHECK(call.at() == 100ms);
    CHECK(op.in_flight() == 1);
    CHECK(op.cancellations().empty());
    w.time.advance(1h);
    CHECK(op.in_flight() == 0);
    CHECK(call.count() == 1);
}

TEST_CASE("an operation that may be abandoned but is in time is delivered",
          "[timeout][abandon]")
{
    world w;
    scripted_operation<int> op;
    op.succeeds(5).after(99ms);

    auto const call = w.call(leaving, op);
    w.time.advance(99ms);

    CHECK(call.value() == 5);
    CHECK(op.in_flight() == 0);
}

TEST_CASE("an abandoned operation dies with its context", "[timeout][abandon]")
{
    scripted_operation<int> op;
    op.hangs();
    {
        world w;
        auto const call = w.call(leaving, op);
        w.time.advance(100ms);
        CHECK(call.code() == errc::timed_out);
        w.leaves_work();
    }

    CHECK(op.in_flight() == 0);
    CHECK(op.dropped() == 1);
}

TEST_CASE("a context may die before an operation is abandoned", "[timeout][abandon]")
{
    scripted_operation<int> op;
    op.hangs();
    {
        world w;
        (void)w.call(leaving, op);
        w.leaves_work();
    }

    CHECK(op.dropped() == 1);
}

TEST_CASE("an abandoned operation keeps its attempt and all that it captured",
          "[timeout][abandon]")
{
    world w;
    resil::attempt const* about = nullptr;
    auto const owned = std::make_shared<int>(3);
    scripted_operation<int> op;
    op.succeeds(1).after(1s).ignores_cancellation();
    auto call = w.call(leaving, {.idempotency_key = "mine"},
                       [&about, owned, op](resil::attempt const& a, auto token) {
                           about = &a;
                           return op(a, std::move(token));
                       });
    w.time.advance(100ms);

    REQUIRE(call.code() == errc::timed_out);
    CHECK(about->idempotency_key() == "mine");
    CHECK(about->number() == 1);
    CHECK(about->remaining() == 100ms);
    CHECK_FALSE(about->is_repeated());
    CHECK(owned.use_count() == 2);
    w.time.advance(1s);
    CHECK(owned.use_count() == 1);
}

TEST_CASE("the next attempt begins while an abandoned one still runs", "[timeout][abandon]")
{
    world w;
    scripted_operation<int> op;
    op.hangs().ignores_cancellation().succeeds(2);

    auto const call = w.call(repeated(idempotency::safe), op);
    w.time.advance(110ms);

    CHECK(call.value() == 2);
    CHECK(op.peak() == 2);
    CHECK(op.numbers() == std::vector{1, 2});
    w.leaves_work();
}

TEST_CASE("an abandoned attempt proves nothing, whatever the one before proved",
          "[timeout][abandon]")
{
    world w;
    scripted_operation<int> op;
    op.fails(net::connection_refused).hangs();

    auto const p = resil::pipeline{resil::retry{{.max_attempts = 3}}, leaving};
    auto const call = w.call(p, op);
    w.time.advance(1h);

    CHECK(call.code() == errc::timed_out);
    CHECK(call.reason() == reason::not_repeatable);
    CHECK(call.attempts() == 2);
    CHECK(call.last_error() == net::connection_refused);
    w.leaves_work();
}

TEST_CASE("saying not_sent and being abandoned is no proof either", "[timeout][abandon]")
{
    world w;
    scripted_operation<int> op;
    op.hangs().not_sent();

    auto const call = w.call(repeated(idempotency::unsafe), op);
    w.time.advance(1h);

    CHECK(call.code() == errc::timed_out);
    CHECK(call.attempts() == 1);
    w.leaves_work();
}

TEST_CASE("the caller's cancellation reaches an operation that may be abandoned",
          "[timeout][abandon]")
{
    world w;
    scripted_operation<int> op;
    op.hangs();

    auto const call = w.call(leaving, op);
    call.cancel();
    w.time.run_ready();

    CHECK(call.code() == net::operation_aborted);
    CHECK(call.reason() == reason::cancelled);
    CHECK(call.at() == 0ms);
}

TEST_CASE("a cancelled operation that does not heed it is abandoned too", "[timeout][abandon]")
{
    world w;
    scripted_operation<int> op;
    op.hangs().ignores_cancellation();

    auto const call = w.call(leaving, op);
    call.cancel();
    w.time.advance(100ms);

    CHECK(call.code() == net::operation_aborted);
    CHECK(call.reason() == reason::cancelled);
    CHECK(call.at() == 100ms);
    w.leaves_work();
}

TEST_CASE("an abandoned operation may complete with an error, or drop its handler",
          "[timeout][abandon]")
{
    world w;
    scripted_operation<int> op;
    op.fails(net::eof).after(200ms).drops().after(200ms);

    auto const first = w.call(leaving, op);
    auto const second = w.call(leaving, op);
    w.time.advance(1s);

    CHECK(first.code() == errc::timed_out);
    CHECK(second.code() == errc::timed_out);
    CHECK(op.in_flight() == 0);
}

TEST_CASE("an operation that cannot be copied cannot be abandoned, and says so",
          "[timeout][abandon]")
{
    world w;
    auto moved = std::make_unique<int>(1);
    scripted_operation<int> op;
    auto const call = w.call(leaving, [op, m = std::move(moved)](auto const& a, auto token) {
        CHECK(m);
        return op(a, std::move(token));
    });

    CHECK(call.code() == errc::operation_threw);
    CHECK(call.reason() == reason::exception);
    CHECK(call.failure().exception());
    CHECK(op.starts() == 0);
}

TEST_CASE("a deadline before the timeout cancels an operation that may be abandoned",
          "[timeout][abandon]")
{
    world w;
    scripted_operation<int> op;
    op.hangs();

    auto const call = w.call(leaving, {.deadline = w.time.now() + 50ms}, op);
    w.time.advance(50ms);

    CHECK(call.code() == errc::deadline_exceeded);
    CHECK(op.in_flight() == 0);
}
