// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Quoted by docs/services/http_server.md: the regions between the tags.

#include <resil/http/server.hpp>

#include "http/client_support.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/http/status.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <string>
#include <utility>

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using namespace std::chrono_literals;

//[http_server_handler
asio::awaitable<resil::http::string_response> greet(resil::http::exchange& caller)
{
    resil::http::string_response greeting(http::status::ok, 11);
    greeting.body() = "hello, " + std::string(caller.request().target()) + "\n";
    co_return greeting;
}
//]

//[http_server_stream
asio::awaitable<resil::http::string_response> ticks(resil::http::exchange& caller)
{
    resil::http::string_response head(http::status::ok, 11);
    co_await caller.begin(std::move(head));
    while (!caller.closing()) { // or it would be cut off
        co_await caller.write("tick\n");
        co_await caller.pause(1s);
    }
    co_return resil::http::string_response(); // not sent: the answer has begun
}
//]

asio::awaitable<std::string> ask(unsigned short port)
{
    asio::ip::tcp::socket socket(co_await asio::this_coro::executor);
    socket.connect({asio::ip::address_v4::loopback(), port});
    client_support::peer server(std::move(socket));
    co_await server.say("GET /you HTTP/1.1\r\nHost: a\r\n\r\n");
    std::string answer = co_await server.request();
    co_return answer;
}

} // namespace

TEST_CASE("snippets: a server greets, and goes when it is told to")
{
    asio::io_context context;
    //[http_server_use
    resil::http::server site(context.get_executor(), greet);
    site.start({asio::ip::address_v4::loopback(), 0});
    //]
    std::string answer;
    asio::co_spawn(context, ask(site.port()), [&](std::exception_ptr, std::string text) { answer = std::move(text); });
    client_support::run_until(context, [&] { return !answer.empty(); });
    CHECK(answer.ends_with("hello, /you\n"));
    //[http_server_stop
    site.close_politely(); // a balancer may still send; everybody is served
    site.stop();           // what was received is answered
    site.async_drain(20s, [&](resil::error_code ec) {
        if (ec == resil::errc::timed_out) {
            site.cancel();
        }
    });
    //]
    context.restart();
    context.run();
    CHECK(site.counts().connections == 0);
}

TEST_CASE("snippets: a stream ends when its server stops")
{
    asio::io_context context;
    resil::http::server site(context.get_executor(), ticks);
    site.start({asio::ip::address_v4::loopback(), 0});
    std::string answer;
    asio::co_spawn(context, ask(site.port()), [&](std::exception_ptr, std::string text) { answer = std::move(text); });
    client_support::run_until(context, [&] { return !answer.empty(); });
    CHECK(answer.find("chunked") != answer.npos);

    site.stop();
    context.restart();
    context.run();
    CHECK(site.counts().in_flight == 0);
}
