// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// A first call: any asynchronous operation of Asio, bounded in time.
//
// Two sockets are connected to each other. Nobody writes at first, so reading would wait for
// ever; a policy wraps the operation as it is, and only its outcome differs. Coroutine,
// callback and `with` are the same call, written in three ways.
//
// Prints:
//
//     coroutine: the step took longer than its timeout
//     callback: the step took longer than its timeout
//     with: the step took longer than its timeout
//     after somebody wrote: hello

#include <resil/pipeline.hpp>
#include <resil/timeout.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <future>
#include <string_view>

namespace asio = boost::asio;
using socket_type = asio::local::stream_protocol::socket;
using namespace std::chrono_literals;

asio::awaitable<void> first_calls(socket_type& here, socket_type& there)
{
    resil::timeout const bounded{20ms};
    std::array<char, 64> memory{};
    auto const buffer = asio::buffer(memory);

    // A deferred operation is one that has not started yet: the policy starts it.
    try {
        co_await bounded.async_call(here.async_read_some(buffer, asio::deferred),
                                    asio::use_awaitable);
    } catch (boost::system::system_error const& e) {
        fmt::print("coroutine: {}\n", e.code().message());
    }

    bounded.async_call(here.async_read_some(buffer, asio::deferred),
                       [](boost::system::error_code ec, std::size_t) {
                           fmt::print("callback: {}\n", ec.message());
                       });

    // In place: the call stays what it was, its token changes. The callback comes first, for
    // its time is up first.
    auto const [ec, size] = co_await here.async_read_some(
        buffer, resil::with(bounded, asio::as_tuple(asio::use_awaitable)));
    fmt::print("with: {}\n", ec.message());

    co_await asio::async_write(there, asio::buffer("hello", 5), asio::use_awaitable);
    auto const read = co_await bounded.async_call(here.async_read_some(buffer, asio::deferred),
                                                  asio::use_awaitable);
    fmt::print("after somebody wrote: {}\n", std::string_view(memory.data(), read));
}

int main()
{
    asio::io_context io(1);
    socket_type here(io);
    socket_type there(io);
    asio::local::connect_pair(here, there);
    auto done = asio::co_spawn(io, first_calls(here, there), asio::use_future);
    io.run();
    done.get(); // throws what the coroutine threw
}
