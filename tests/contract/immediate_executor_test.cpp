// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/bulkhead.hpp>
#include <resil/circuit_breaker.hpp>
#include <resil/deadline.hpp>
#include <resil/testing/scripted_operation.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_immediate_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/system_executor.hpp>

#include <catch2/catch_test_macros.hpp>

#include <utility>

// What is decided at once completes later, unless the handler has an executor for just that.

namespace contract {
namespace {

namespace asio = boost::asio;
using resil::error_code;

resil::circuit_breaker open_breaker()
{
    resil::circuit_breaker const b;
    b.force_open();
    return b;
}

resil::bulkhead full_bulkhead(std::size_t queue = 0)
{
    static resil::core::bulkhead_waiter nobody;
    resil::bulkhead const b{{.max_concurrent = 1, .max_queued = queue}};
    b.enter(nobody);
    return b;
}

/// Checks that a policy rejects a call, and when it says so.
template <class Policy>
void check_rejection(Policy const& p, resil::call facts, error_code expected)
{
    error_code code;
    error_code early;
    asio::io_context context;
    resil::testing::scripted_operation<int> const op;
    auto const handler = [&](error_code ec, int) { code = ec; };
    auto const run = [&](auto token) {
        code = {};
        asio::post(context, [&, t = std::move(token)]() mutable {
            p.async_call(context, facts, op, std::move(t));
            early = code;
        });
        context.restart();
        context.run();
        CHECK(code == expected);
    };

    run(handler);
    CHECK(!early);

    run(asio::bind_immediate_executor(asio::system_executor(), handler));
    CHECK(early == expected);
}

TEST_CASE("a deadline that is over rejects at once only on an immediate executor",
          "[contract][executor][immediate]")
{
    check_rejection(resil::deadline{}, {.deadline = resil::time_point::min()},
                    resil::errc::deadline_exceeded);
}

TEST_CASE("an open circuit rejects at once only on an immediate executor",
          "[contract][executor][immediate]")
{
    check_rejection(open_breaker(), {}, resil::errc::circuit_open);
}

TEST_CASE("a full bulkhead rejects at once only on an immediate executor",
          "[contract][executor][immediate]")
{
    check_rejection(full_bulkhead(), {}, resil::errc::bulkhead_full);
}

TEST_CASE("a cancellation never calls the handler, whatever its immediate executor",
          "[contract][executor][immediate][cancellation]")
{
    asio::io_context context;
    asio::cancellation_signal signal;
    resil::testing::scripted_operation<int> const op;
    int calls = 0;
    auto token = asio::bind_immediate_executor(asio::system_executor(),
                                               [&](error_code, int) { ++calls; });
    resil::single_threaded(context);
    full_bulkhead(1).async_call(context, op,
                                asio::bind_cancellation_slot(signal.slot(), std::move(token)));
    context.poll();

    signal.emit(asio::cancellation_type::terminal);
    CHECK(calls == 0);
    context.restart();
    context.run();

    CHECK(calls == 1);
}

} // namespace
} // namespace contract
