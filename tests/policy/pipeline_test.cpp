// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/circuit_breaker.hpp>
#include <resil/deadline.hpp>
#include <resil/error.hpp>
#include <resil/pipeline.hpp> // self-contained
#include <resil/retry.hpp>
#include <resil/timeout.hpp>

#include "support/steady_retry.hpp"
#include "support/world.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <functional>
#include <type_traits>
#include <vector>

using namespace support;

static_assert(std::is_copy_constructible_v<resil::standard_pipeline>);
static_assert(std::is_same_v<resil::standard_pipeline,
                             resil::pipeline<resil::deadline, resil::retry,
                                             resil::circuit_breaker, resil::timeout>>);

namespace {

resil::circuit_breaker touchy()
{
    return resil::circuit_breaker{{.window = resil::circuit_window::consecutive(2)}};
}

} // namespace

TEST_CASE("the usual pipeline, as a member would hold it", "[pipeline]")
{
    world w;
    resil::standard_pipeline const p{resil::deadline{800ms}, resil::retry{steady()}, touchy(),
                                     resil::timeout{100ms}};
    scripted_operation<int> op;
    op.hangs().succeeds(42);

    auto const call = w.call(p, op);
    w.time.advance(110ms);

    CHECK(call.value() == 42);
    CHECK(p.warnings().empty());
    CHECK(w.time.armed() == 0);
}

TEST_CASE("an empty pipeline passes everything through", "[pipeline]")
{
    world w;
    resil::pipeline<> const empty;

    CHECK(w.call(empty, scripted_operation<int>().succeeds(1)).value() == 1);
    auto const failed = w.call(empty, scripted_operation<int>().fails(net::eof));
    CHECK(failed.code() == net::eof);
    CHECK(failed.reason() == reason::none);
    CHECK(failed.attempts() == 1);
    CHECK(w.time.reads() == 0);
}

TEST_CASE("copies of a pipeline share its policies", "[pipeline]")
{
    world w;
    resil::pipeline const p{touchy()};
    auto const copy = p;
    scripted_operation<int> bad;
    bad.fails(net::eof);

    (void)w.call(p, bad);
    (void)w.call(copy, bad);

    CHECK(w.call(p, bad).code() == errc::circuit_open);
    CHECK(w.call(copy, bad).code() == errc::circuit_open);
}

TEST_CASE("the deadline clamps the timeout of the last attempt", "[pipeline]")
{
    world w;
    resil::pipeline const p{resil::deadline{150ms}, resil::retry{steady()},
                            resil::timeout{100ms}};
    scripted_operation<int> op;
    op.hangs();

    auto const call = w.call(p, op);
    w.time.advance(150ms);

    CHECK(call.code() == errc::deadline_exceeded);
    CHECK(call.at() == 150ms);
    CHECK(op.remaining() == std::vector<resil::duration>{100ms, 40ms});
}

TEST_CASE("the three ends stay distinct, whatever the operation says when cancelled",
          "[pipeline]")
{
    world w;
    resil::pipeline const p{resil::deadline{150ms}, resil::timeout{100ms}};
    scripted_operation<int> op;
    op.hangs();

    auto const timed_out = w.call(p, op);
    auto const exceeded = w.call(p, {.deadline = w.time.now() + 50ms}, op);
    auto const cancelled = w.call(p, op);
    cancelled.cancel();
    w.time.advance(100ms);

    CHECK(timed_out.code() == errc::timed_out);
    CHECK(exceeded.code() == errc::deadline_exceeded);
    CHECK(cancelled.code() == net::operation_aborted);
}

TEST_CASE("a call's facts hold for that call alone", "[pipeline][call]")
{
    world w;
    resil::pipeline const p{resil::retry{steady()}, resil::timeout{100ms}};
    scripted_operation<int> op;
    op.records_keys().succeeds(1);

    (void)w.call(p, {.deadline = w.time.now() + 1h, .idempotency_key = "one"}, op);
    (void)w.call(p, op);

    CHECK(op.keys().at(0) == "one");
    CHECK(op.keys().at(1) != "one");
    CHECK(op.remaining() == std::vector<resil::duration>{100ms, 100ms});
}

TEST_CASE("the executor may be passed, with facts or without", "[pipeline]")
{
    world w;
    resil::pipeline const p{resil::timeout{100ms}};
    scripted_operation<int> op;
    int sum = 0;
    auto const add = [&](error_code, int v) { sum += v; };
    op.succeeds(1).succeeds(10).succeeds(100).succeeds(1000);

    p.async_call(w.context, op, add);
    p.async_call(w.context.get_executor(), op, add);
    p.async_call(w.context, {.idempotency_key = "k"}, op, add);
    p.async_call(w.context.get_executor(), {.idempotency_key = "k"}, op, add);
    CHECK(sum == 0);
    w.time.run_ready();

    CHECK(sum == 1111);
}

TEST_CASE("a handler may start the next call of the same pipeline", "[pipeline]")
{
    world w;
    resil::pipeline const p{resil::retry{steady()}, touchy(), resil::timeout{100ms}};
    scripted_operation<int> op;
    op.succeeds(1);
    int left = 1000;
    std::function<void()> const again = [&] {
        p.async_call(w.context, op, [&](error_code, int v) {
            if ((left -= v) > 0) {
                again();
            }
        });
    };
    again();
    w.time.run_ready();

    CHECK(left == 0);
    CHECK(op.peak() == 1);
}
