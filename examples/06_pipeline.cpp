// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Pipeline: all policies in their usual order, around one operation.
//
// The service resets a connection, then hangs, then answers: the page has its recommendations
// all the same. Then the service is down: soon nobody calls it any more, and pages show best
// sellers.
//
// Prints:
//
//     attempt 1: Connection reset by peer
//     attempt 2: the step took longer than its timeout
//     page 1: a warm hat
//     attempt 1: Connection refused
//     attempt 2: Connection refused
//     fallback, for attempts_exhausted
//     page 2: best sellers
//     attempt 1: Connection refused
//     fallback, for circuit_open
//     page 3: best sellers

#include <resil/resil.hpp>
#include <resil/testing/scripted_operation.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <fmt/format.h>

#include <chrono>
#include <future>
#include <string>

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// An observer is told the events that it has a call operator for, and no others.
struct narrator
{
    void operator()(resil::retry_scheduled const& e) const
    {
        fmt::print("attempt {}: {}\n", e.attempt, e.code.message());
    }

    void operator()(resil::fallback_used const& e) const
    {
        fmt::print("fallback, for {}\n", to_string(e.reason));
    }
};

asio::awaitable<void> pages()
{
    resil::circuit_breaker const breaker{ // copies are handles to the same circuit
        {.name = "recommendations", .window = resil::circuit_window::consecutive(4)}};
    resil::pipeline const recommendations{ // outermost first
        resil::observe{narrator{}},
        resil::fallback{std::string("best sellers")},
        resil::deadline{800ms},
        resil::retry{{.backoff = resil::backoff::exponential(1ms, 10ms), // default from 100 ms
                      .idempotency = resil::idempotency::safe}},         // default: unsafe
        breaker,
        resil::bulkhead{},
        resil::timeout{20ms},
    };

    resil::testing::scripted_operation<std::string> recommend;
    recommend.fails(asio::error::connection_reset).hangs().succeeds("a warm hat");
    recommend.fails(asio::error::connection_refused);

    for (int page = 1; page <= 3; ++page) {
        auto const shelf = co_await recommendations.async_call(recommend, asio::use_awaitable);
        fmt::print("page {}: {}\n", page, shelf);
    }
}

int main()
{
    asio::io_context io(1);
    auto done = asio::co_spawn(io, pages(), asio::use_future);
    io.run();
    done.get(); // throws what the coroutine threw
}
