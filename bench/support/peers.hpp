// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// What is written by hand where there is no library, as coroutines that make `calls` calls.

#ifndef BENCH_SUPPORT_PEERS_HPP
#define BENCH_SUPPORT_PEERS_HPP

#include <resil/error.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>

namespace bench {

namespace asio = boost::asio;

/// The `or timer` idiom: whichever is first cancels the other.
template <class Operation>
asio::awaitable<void> or_timer(Operation operation, int calls)
{
    using namespace asio::experimental::awaitable_operators;
    asio::steady_timer timer(co_await asio::this_coro::executor);
    while (calls-- > 0) {
        timer.expires_after(std::chrono::milliseconds(500));
        co_await (operation(asio::use_awaitable) || timer.async_wait(asio::use_awaitable));
    }
}

/// The same without exceptions: the loser's error is a value.
template <class Operation>
asio::awaitable<void> or_timer_as_tuple(Operation operation, int calls)
{
    using namespace asio::experimental::awaitable_operators;
    asio::steady_timer timer(co_await asio::this_coro::executor);
    while (calls-- > 0) {
        timer.expires_after(std::chrono::milliseconds(500));
        co_await (operation(asio::use_awaitable) ||
                  timer.async_wait(asio::as_tuple(asio::use_awaitable)));
    }
}

/// A timer that cancels the operation; only correct on one thread.
template <class Operation>
asio::awaitable<void> watchdog(Operation operation, int calls)
{
    asio::steady_timer timer(co_await asio::this_coro::executor);
    asio::cancellation_signal cancel;
    while (calls-- > 0) {
        timer.expires_after(std::chrono::milliseconds(500));
        timer.async_wait([&](resil::error_code ec) {
            if (!ec) {
                cancel.emit(asio::cancellation_type::terminal);
            }
        });
        co_await operation(asio::bind_cancellation_slot(cancel.slot(), asio::use_awaitable));
        timer.cancel();
    }
}

/// Repeats up to three times, `delay` apart. `operation(attempt, token)`.
template <class Operation>
asio::awaitable<void> repeated(Operation& operation, std::chrono::nanoseconds delay)
{
    asio::steady_timer timer(co_await asio::this_coro::executor);
    for (int attempt = 1;; ++attempt) {
        auto const [ec] = co_await operation(attempt, asio::as_tuple(asio::use_awaitable));
        if (!ec || attempt == 3) {
            co_return;
        }
        timer.expires_after(delay);
        co_await timer.async_wait(asio::use_awaitable);
    }
}

template <class Operation>
asio::awaitable<void> retry_loop(Operation operation, std::chrono::nanoseconds delay, int calls)
{
    while (calls-- > 0) {
        co_await repeated(operation, delay);
    }
}

} // namespace bench

#endif // BENCH_SUPPORT_PEERS_HPP
