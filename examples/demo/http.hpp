// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_EXAMPLES_DEMO_HTTP_HPP
#define RESIL_EXAMPLES_DEMO_HTTP_HPP

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace demo {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

using request = http::request<http::string_body>;
using response = http::response<http::string_body>;

inline tcp::endpoint loopback(unsigned short port = 0)
{
    return {asio::ip::address_v4::loopback(), port};
}

inline request get(std::string_view target)
{
    request r{http::verb::get, target, 11};
    r.set(http::field::host, "127.0.0.1");
    r.keep_alive(false);
    return r;
}

inline response answer(http::status status, std::string body)
{
    response r{status, 11};
    r.set(http::field::content_type, body.starts_with('<') ? "text/html" : "text/plain");
    r.body() = std::move(body);
    return r;
}

/// Connects, sends, receives: one exchange on a connection of its own.
template <class Stream>
asio::awaitable<response> exchange(Stream& stream, tcp::endpoint server, request const& message)
{
    co_await stream.async_connect(server, asio::use_awaitable);
    co_await http::async_write(stream, message, asio::use_awaitable);
    boost::beast::flat_buffer buffer;
    response received;
    co_await http::async_read(stream, buffer, received, asio::use_awaitable);
    co_return received;
}

inline asio::awaitable<void> wait_until(std::chrono::steady_clock::time_point when)
{
    asio::steady_timer timer(co_await asio::this_coro::executor, when);
    co_await timer.async_wait(asio::use_awaitable);
}

/// Serves one connection; a handler that returns nothing closes it without an answer.
template <class Handler>
asio::awaitable<void> serve_connection(tcp::socket socket, Handler handler)
{
    boost::beast::flat_buffer buffer;
    for (bool again = true; again;) {
        request received;
        auto const [not_read, bytes_read] = co_await http::async_read(
            socket, buffer, received, asio::as_tuple(asio::use_awaitable));
        if (not_read) {
            co_return;
        }
        std::optional<response> reply = co_await handler(received);
        if (!reply) {
            co_return;
        }
        reply->keep_alive(received.keep_alive());
        reply->prepare_payload();
        auto const [not_written, bytes_written] =
            co_await http::async_write(socket, *reply, asio::as_tuple(asio::use_awaitable));
        again = !not_written && reply->keep_alive();
    }
}

/// Serves connections until the acceptor is closed.
template <class Handler>
asio::awaitable<void> serve(tcp::acceptor& acceptor, Handler handler)
{
    auto const executor = acceptor.get_executor();
    while (acceptor.is_open()) {
        auto [ec, socket] = co_await acceptor.async_accept(asio::as_tuple(asio::use_awaitable));
        if (!ec) {
            asio::co_spawn(executor, serve_connection(std::move(socket), handler),
                           asio::detached);
        } else if (acceptor.is_open()) { // out of file descriptors: they come back
            co_await wait_until(std::chrono::steady_clock::now() +
                                std::chrono::milliseconds(10));
        }
    }
}

/// Runs until somebody asks the program to end.
inline void run_until_told(asio::io_context& io)
{
    asio::signal_set signals(io, SIGINT, SIGTERM);
    signals.async_wait([&io](boost::system::error_code, int) { io.stop(); });
    io.run();
}

} // namespace demo

#endif // RESIL_EXAMPLES_DEMO_HTTP_HPP
