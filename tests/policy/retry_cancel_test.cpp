// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/error.hpp>
#include <resil/retry.hpp> // self-contained

#include "support/world.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

using namespace support;

namespace {

resil::retry patient(resil::duration delay)
{
    return resil::retry{{.max_attempts = 3,
                         .backoff = resil::backoff::fixed(delay),
                         .jitter = resil::jitter::none,
                         .idempotency = idempotency::safe}};
}

/// An operation whose handler is owned by nobody but its cancellation slot.
auto drops_when_cancelled()
{
    return [](resil::attempt const&, auto token) {
        return asio::async_initiate<decltype(token), void(error_code, int)>(
            [](auto handler) {
                auto slot = asio::get_associated_cancellation_slot(handler);
                auto kept = std::make_shared<decltype(handler)>(std::move(handler));
                slot.assign([kept = std::move(kept)](asio::cancellation_type_t) mutable {
                    kept.reset();
                });
            },
            token);
    };
}

auto any_type()
{
    return GENERATE(asio::cancellation_type::terminal, asio::cancellation_type::partial,
                    asio::cancellation_type::total);
}

} // namespace

TEST_CASE("a cancel during the delay ends the call at once, with the last error attached",
          "[retry][cancel]")
{
    auto const type = any_type();
    world w;
    scripted_operation<int> op;
    op.fails(net::eof);

    auto const call = w.call(patient(10s), op);
    w.time.advance(1s);
    call.cancel(type);
    w.time.run_ready();

    CHECK(call.code() == net::operation_aborted);
    CHECK(call.reason() == reason::cancelled);
    CHECK(call.last_error() == net::eof);
    CHECK(call.at() == 1s);
    CHECK(op.starts() == 1);
    CHECK(w.time.armed() == 0);
}

TEST_CASE("a cancel reaches the attempt that runs, whichever it is", "[retry][cancel]")
{
    auto const type = any_type();
    world w;
    scripted_operation<int> op;
    op.fails(net::eof).hangs();

    auto const call = w.call(patient(10ms), op);
    w.time.advance(10ms);
    call.cancel(type);
    w.time.run_ready();

    CHECK(call.code() == net::operation_aborted);
    CHECK(call.attempts() == 2);
    CHECK(op.cancellations() == std::vector{type});
}

TEST_CASE("a cancel before the first attempt is not lost", "[retry][cancel]")
{
    world w;
    scripted_operation<int> op;

    auto const call = w.start(patient(10ms), op);
    call.cancel();
    w.time.run_ready();

    CHECK(call.code() == net::operation_aborted);
    CHECK(call.reason() == reason::cancelled);
    CHECK(call.attempts() == 0);
    CHECK(op.starts() == 0);
}

TEST_CASE("a cancel between an attempt's failure and its arrival is not lost",
          "[retry][cancel]")
{
    world w{one_thread()};
    scripted_operation<int> op;
    op.fails(net::eof);

    auto const call = w.start(patient(10ms), op);
    w.context.run_one(); // the attempt has begun, its failure is on its way
    REQUIRE(op.in_flight() == 1);
    call.cancel();
    w.time.advance(1h);

    CHECK(call.code() == net::operation_aborted);
    CHECK(call.reason() == reason::cancelled);
    CHECK(call.last_error() == net::eof);
    CHECK(call.attempts() == 1);
}

TEST_CASE("a success on its way when the cancel comes is delivered", "[retry][cancel]")
{
    world w{one_thread()};
    scripted_operation<int> op;
    op.succeeds(4);

    auto const call = w.start(patient(10ms), op);
    w.context.run_one();
    REQUIRE(op.in_flight() == 1);
    call.cancel();
    w.time.run_ready();

    CHECK(call.value() == 4);
}

TEST_CASE("a cancel while the next attempt is posted ends the call", "[retry][cancel]")
{
    world w{one_thread()};
    scripted_operation<int> op;
    op.fails(net::eof);

    auto const call = w.start(patient(0ms), op);
    w.context.run_one();
    w.context.run_one(); // the first attempt has failed, the second is posted
    REQUIRE(op.in_flight() == 0);
    call.cancel();
    w.time.run_ready();

    CHECK(call.code() == net::operation_aborted);
    CHECK(call.attempts() == 1);
    CHECK(call.last_error() == net::eof);
}

TEST_CASE("a second cancel changes nothing", "[retry][cancel]")
{
    world w;
    scripted_operation<int> op;
    op.hangs();

    auto const call = w.call(patient(10ms), op);
    call.cancel(asio::cancellation_type::partial);
    call.cancel(asio::cancellation_type::terminal);
    w.time.run_ready();
    call.cancel();

    CHECK(call.code() == net::operation_aborted);
    CHECK(call.count() == 1);
}

TEST_CASE("an attempt that fails although it was cancelled is not repeated", "[retry][cancel]")
{
    world w;
    scripted_operation<int> op;
    op.fails(net::eof).after(50ms).ignores_cancellation();

    auto const call = w.call(patient(10ms), op);
    call.cancel();
    w.time.advance(1h);

    CHECK(call.code() == net::operation_aborted);
    CHECK(call.last_error() == net::eof);
    CHECK(call.attempts() == 1);
    CHECK(call.at() == 50ms);
}

TEST_CASE("a handler that comes back from within its own cancel is in order", "[retry][cancel]")
{
    world w;
    scripted_operation<int> op;
    op.fails(net::eof);
    auto const call = w.call(patient(10s), op);

    asio::post(w.context, [&] {
        call.cancel();
        CHECK(call.count() == 0);
    });
    w.time.run_ready();

    CHECK(call.code() == net::operation_aborted);
}

TEST_CASE("a context may die while a call sleeps between attempts", "[retry]")
{
    scripted_operation<int> op;
    op.fails(net::eof);
    std::optional<watched<int>> call;
    {
        world w;
        call = w.call(patient(10s), op);
        w.leaves_work();
    }

    CHECK(call->count() == 0);
    CHECK(call->dropped() == 1);
}

TEST_CASE("a context may die before a call began, and while its operation runs", "[retry]")
{
    scripted_operation<int> op;
    op.hangs();
    std::optional<watched<int>> first, second;
    {
        world w;
        first = w.call(patient(10s), op);
        second = w.start(patient(10s), op);
        w.leaves_work();
    }

    CHECK(first->dropped() == 1);
    CHECK(second->dropped() == 1);
    CHECK(op.starts() == 1);
    CHECK(op.in_flight() == 0);
}

TEST_CASE("a cancel by the delay function itself is not lost", "[retry][cancel]")
{
    world w;
    scripted_operation<int> op;
    op.fails(net::eof);
    std::optional<watched<int>> call;
    auto const cancels = resil::backoff::generated(
        [&](int, error_code) {
            call->cancel();
            return 10ms;
        },
        1s);

    call = w.start(resil::retry{{.backoff = cancels, .idempotency = idempotency::safe}}, op);
    w.time.advance(1h);

    CHECK(call->code() == net::operation_aborted);
    CHECK(call->attempts() == 1);
}

TEST_CASE("an operation may cancel its own call while it starts", "[retry][cancel]")
{
    world w;
    scripted_operation<int> op;
    op.hangs();
    std::optional<watched<int>> call;

    call = w.start(patient(10ms), [&](resil::attempt const& a, auto token) {
        call->cancel();
        return op(a, std::move(token));
    });
    w.time.run_ready();

    CHECK(call->code() == net::operation_aborted);
    CHECK(call->attempts() == 1);
}

TEST_CASE("an operation that drops its handler when cancelled takes its call with it",
          "[retry][cancel]")
{
    world w;
    auto const call = w.call(patient(10ms), drops_when_cancelled());
    call.cancel();
    w.time.run_ready();

    CHECK(call.count() == 0);
    CHECK(call.dropped() == 1);
}
