// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// The load generator: visits the storefront at a fixed rate, however that fares.
//
//   load --storefront 4712 --rate 100 --milliseconds 47000 --timeout 5000 --at <nanoseconds>
//
// Open loop: a visit is due when the clock says so, not when the one before it is done, and its
// latency counts from when it was due. Nothing is ever retried. Prints one line for each visit
// that is over: when it was due (steady nanoseconds), how long it took (microseconds), and what
// came of it: full, degraded or error. A page that has not arrived after the timeout is an
// error of that latency.

#include "command_line.hpp"
#include "http.hpp"
#include "script.hpp"

#include <boost/beast/core/tcp_stream.hpp>

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <string>

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using std::chrono::steady_clock;

struct plan
{
    tcp::endpoint storefront;
    long long visits;
    steady_clock::duration interval;
    steady_clock::duration timeout;
    steady_clock::time_point begin;
};

/// Says what a response is worth to a shopper.
std::string outcome_of(demo::response const& page)
{
    std::string const kind = page["Page"];
    bool const shown =
        page.result() == http::status::ok && (kind == "full" || kind == "degraded");
    return shown ? kind : "error";
}

asio::awaitable<void> visit(plan const& p, steady_clock::time_point due)
{
    std::string outcome = "error";
    try {
        boost::beast::tcp_stream connection(co_await asio::this_coro::executor);
        connection.expires_at(due + p.timeout);
        auto const request = demo::get("/");
        outcome = outcome_of(co_await demo::exchange(connection, p.storefront, request));
    } catch (boost::system::system_error const&) {
    }
    auto const took =
        std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - due);
    fmt::print("{} {} {}\n", demo::nanoseconds(due), took.count(), outcome);
    std::fflush(stdout);
}

asio::awaitable<void> visit_at_a_fixed_rate(plan const& p)
{
    auto const executor = co_await asio::this_coro::executor;
    for (long long i = 0; i < p.visits; ++i) {
        auto const due = p.begin + i * p.interval;
        co_await demo::wait_until(due);
        asio::co_spawn(executor, visit(p, due), asio::detached);
    }
}

int main(int argc, char** argv)
try {
    demo::command_line options(argc, argv);
    auto const port = options.number("--storefront", 0, 1);
    auto const rate = options.number("--rate", 100, 1);
    auto const length = options.number("--milliseconds", 10'000, 1);
    auto const timeout = options.number("--timeout", 5000, 1);
    auto const begin = options.number("--at", demo::nanoseconds(steady_clock::now()), 0);
    options.finish();

    plan const p{.storefront = demo::loopback(static_cast<unsigned short>(port)),
                 .visits = rate * length / 1000,
                 .interval = std::chrono::nanoseconds(1'000'000'000 / rate),
                 .timeout = std::chrono::milliseconds(timeout),
                 .begin = demo::steady_time(begin)};
    asio::io_context io(1);
    asio::co_spawn(io, visit_at_a_fixed_rate(p), asio::detached);
    io.run();
} catch (std::exception const& e) {
    fmt::print(stderr, "load: {}\n", e.what());
    return 1;
}
