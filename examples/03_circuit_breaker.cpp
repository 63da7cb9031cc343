// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Circuit breaker: what is broken is not called, until a few probes have found it whole.
//
// A dependency fails four times in a row. The circuit opens: the next calls end at once,
// without reaching the dependency, and say after what time to come back. Then a first probe is
// let through; the dependency is well again, and after a second one the circuit is closed.
//
// Prints:
//
//     call 1: Connection reset by peer
//     call 2: Connection reset by peer
//     call 3: Connection reset by peer
//     the circuit is open: consecutive_failures
//     call 4: Connection reset by peer
//     call 5: the circuit is open, come back later: true
//     call 6: the circuit is open, come back later: true
//     the circuit is half_open: open_time_over
//     call 7: ok
//     the circuit is closed: probes_succeeded
//     call 8: ok
//     eight calls, of which 6 reached the dependency

#include <resil/circuit_breaker.hpp>
#include <resil/result.hpp>
#include <resil/testing/scripted_operation.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <fmt/format.h>

#include <chrono>
#include <future>

namespace asio = boost::asio;
using namespace std::chrono_literals;

asio::awaitable<void> calls()
{
    resil::circuit_breaker const breaker{{
        .name = "billing",
        // Default: half of the calls of 30 seconds, and at least 20 of them.
        .window = resil::circuit_window::consecutive(4),
        .open_duration = 30ms, // default 5 s: an example is in a hurry
        .listener =
            [](resil::circuit_event const& e) {
                fmt::print("the circuit is {}: {}\n", to_string(e.to), to_string(e.cause));
            },
    }};
    resil::testing::scripted_operation<> bill;
    for (int i = 0; i < 4; ++i) {
        bill.fails(asio::error::connection_reset);
    }
    bill.succeeds();

    asio::steady_timer pause(co_await asio::this_coro::executor);
    for (int call = 1; call <= 8; ++call) {
        if (call == 7) {
            pause.expires_after(50ms);
            co_await pause.async_wait(asio::use_awaitable);
        }
        auto const done =
            co_await breaker.async_call(bill, resil::as_result(asio::use_awaitable));
        if (done) {
            fmt::print("call {}: ok\n", call);
        } else if (done.error().code() == resil::errc::circuit_open) {
            fmt::print("call {}: {}, come back later: {}\n", call,
                       done.error().code().message(), done.error().retry_after().has_value());
        } else {
            fmt::print("call {}: {}\n", call, done.error().code().message());
        }
    }
    fmt::print("eight calls, of which {} reached the dependency\n", bill.starts());
}

int main()
{
    asio::io_context io(1);
    auto done = asio::co_spawn(io, calls(), asio::use_future);
    io.run();
    done.get(); // throws what the coroutine threw
}
