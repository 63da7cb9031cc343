// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/error.hpp>
#include <resil/testing/scripted_operation.hpp> // self-contained
#include <resil/testing/virtual_time.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace asio = boost::asio;
namespace net = boost::asio::error;
using namespace std::chrono_literals;
using resil::error_code;
using resil::testing::scripted_operation;

namespace {

/// A context in virtual time, and the end of the operation that runs on it.
struct bench
{
    void start(scripted_operation<int> const& op)
    {
        ended.reset();
        op(asio::bind_cancellation_slot(
            signal.slot(), asio::bind_executor(context, [this](error_code ec, int v) {
                ended.emplace(ec, v);
            })));
    }

    bool ended_with(error_code ec, int v) const { return ended == std::pair(ec, v); }

    asio::io_context context;
    resil::testing::virtual_time time{context};
    asio::cancellation_signal signal;
    std::optional<std::pair<error_code, int>> ended;
};

} // namespace

TEST_CASE("a script is followed start by start, and its last step is repeated", "[scripted]")
{
    bench b;
    scripted_operation<int> op;
    op.fails(net::eof).completes(net::broken_pipe, 3).succeeds(42);

    b.start(op);
    CHECK_FALSE(b.ended);
    b.time.run_ready();
    CHECK(b.ended_with(net::eof, 0));
    b.start(op);
    b.time.run_ready();
    CHECK(b.ended_with(net::broken_pipe, 3));
    for (int i = 0; i < 3; ++i) {
        b.start(op);
        b.time.run_ready();
        CHECK(b.ended_with({}, 42));
    }
    CHECK(op.starts() == 5);
}

TEST_CASE("without a script, every start succeeds with default values", "[scripted]")
{
    bench b;
    b.start(scripted_operation<int>());
    b.time.run_ready();

    CHECK(b.ended_with({}, 0));
}

TEST_CASE("a step takes the virtual time that it is given", "[scripted]")
{
    bench b;
    scripted_operation<int> op;
    op.succeeds(1).after(5ms);

    b.start(op);
    b.time.advance(4ms);
    CHECK(op.in_flight() == 1);
    b.time.advance(1ms);

    CHECK(b.ended_with({}, 1));
    CHECK(op.in_flight() == 0);
}

TEST_CASE("a step that waits ends when it is cancelled", "[scripted]")
{
    bench b;
    scripted_operation<int> op;
    op.hangs().succeeds(1).after(1h);

    for (int i = 0; i < 2; ++i) {
        b.start(op);
        b.time.run_ready();
        b.signal.emit(asio::cancellation_type::total);
        CHECK_FALSE(b.ended);
        b.time.run_ready();
        CHECK(b.ended_with(net::operation_aborted, 0));
    }
    CHECK(op.cancellations().size() == 2);
    CHECK(b.time.armed() == 0);
    CHECK(b.context.stopped());
}

TEST_CASE("a step heeds the cancellations that it is told to, and records the others",
          "[scripted]")
{
    bench b;
    scripted_operation<int> op;
    op.hangs().heeds(asio::cancellation_type::terminal);

    b.start(op);
    b.signal.emit(asio::cancellation_type::partial);
    b.time.run_ready();
    CHECK_FALSE(b.ended);
    b.signal.emit(asio::cancellation_type::terminal);
    b.time.run_ready();

    CHECK(b.ended_with(net::operation_aborted, 0));
    CHECK(op.cancellations() ==
          std::vector{asio::cancellation_type::partial, asio::cancellation_type::terminal});
}

TEST_CASE("a step that ignores cancellation is unmoved", "[scripted]")
{
    bench b;
    scripted_operation<int> op;
    op.succeeds(7).after(1ms).ignores_cancellation();

    b.start(op);
    b.signal.emit(asio::cancellation_type::terminal);
    b.time.advance(1ms);

    CHECK(b.ended_with({}, 7));
}

TEST_CASE("a step may break the rules of Asio", "[scripted]")
{
    bench b;
    scripted_operation<int> op;
    op.throws().succeeds(3).completes_inline().drops();

    CHECK_THROWS_AS(b.start(op), std::runtime_error);
    b.start(op);
    CHECK(b.ended_with({}, 3));
    b.start(op);
    b.time.run_ready();
    CHECK_FALSE(b.ended);
    CHECK(op.dropped() == 2);
    CHECK(op.in_flight() == 0);
}

TEST_CASE("a step that waits keeps its context at work, and dies with it", "[scripted]")
{
    scripted_operation<int> op;
    op.hangs().succeeds(1).after(1h).succeeds(2);
    {
        bench b;
        for (int i = 0; i < 3; ++i) {
            b.start(op);
        }
        CHECK(op.peak() == 3);
        b.context.poll_one();
        CHECK_FALSE(b.context.stopped());
    }

    CHECK(op.in_flight() == 0);
    CHECK(op.dropped() == 2);
}

TEST_CASE("copies share script, position and record", "[scripted]")
{
    bench b;
    scripted_operation<int> op;
    auto const copy = op;
    op.succeeds(1).succeeds(2);

    b.start(op);
    b.time.run_ready();
    b.start(copy);
    b.time.run_ready();

    CHECK(b.ended_with({}, 2));
    CHECK(op.starts() == 2);
    CHECK(op.numbers() == std::vector{0, 0});
}
