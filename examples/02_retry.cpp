// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Retry: what failed is tried again, where that is safe.
//
// The first operation fails twice and then succeeds; reading twice harms nobody, and its retry
// is told so. The second one pays: its connection ends before the answer, so it may have been
// paid. Nobody said that paying twice is safe, and it is not repeated.
//
// Prints:
//
//     attempt 1: Connection reset by peer
//     attempt 2: End of file
//     in stock: 42, after 3 attempts
//     paying: End of file, after 1 attempt: not_repeatable
//     paying with a key: done, after 2 attempts, one key for both: true

#include <resil/pipeline.hpp>
#include <resil/result.hpp>
#include <resil/retry.hpp>
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

namespace asio = boost::asio;
using namespace std::chrono_literals;

asio::awaitable<void> retries()
{
    // The default waits up to 100 ms, 200 ms, ...: patience that an example has not.
    auto const soon = resil::backoff::exponential(1ms, 10ms);

    resil::testing::scripted_operation<int> count_stock;
    count_stock.fails(asio::error::connection_reset).fails(asio::error::eof).succeeds(42);
    resil::pipeline reading{
        resil::observe{[](resil::retry_scheduled const& e) {
            fmt::print("attempt {}: {}\n", e.attempt, e.code.message());
        }},
        resil::retry{{.backoff = soon, .idempotency = resil::idempotency::safe}},
    };
    int const stock = co_await reading.async_call(count_stock, asio::use_awaitable);
    fmt::print("in stock: {}, after {} attempts\n", stock, count_stock.starts());

    resil::testing::scripted_operation<> pay;
    pay.fails(asio::error::eof).succeeds();
    resil::retry const careful{{.backoff = soon}};
    resil::result<void> paid =
        co_await careful.async_call(pay, resil::as_result(asio::use_awaitable));
    fmt::print("paying: {}, after {} attempt: {}\n", paid.error().code().message(),
               paid.error().attempts(), to_string(paid.error().reason()));

    // With a key in every attempt the other side can tell a repetition from a second payment.
    resil::testing::scripted_operation<> pay_once;
    pay_once.records_keys().fails(asio::error::eof).succeeds();
    resil::retry const keyed{{.backoff = soon, .idempotency = resil::idempotency::keyed}};
    co_await keyed.async_call(pay_once, asio::use_awaitable);
    auto const keys = pay_once.keys();
    fmt::print("paying with a key: done, after {} attempts, one key for both: {}\n",
               keys.size(), keys.at(0) == keys.at(1));
}

int main()
{
    asio::io_context io(1);
    auto done = asio::co_spawn(io, retries(), asio::use_future);
    io.run();
    done.get(); // throws what the coroutine threw
}
