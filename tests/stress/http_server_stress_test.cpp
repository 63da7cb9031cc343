// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/http/server.hpp>
#include <resil/service/in_flight.hpp>
#include <resil/service/shutdown.hpp>

#include "stress/together.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/status.hpp>

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <chrono>
#include <string>

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using asio::ip::tcp;
using resil::error_code;

/// Asks on a connection of its own until it is told to go; returns how often it was answered.
int ask_until_told_to_go(unsigned short port, int most)
{
    asio::io_context context;
    tcp::socket socket(context);
    error_code ec;
    socket.connect({asio::ip::address_v4::loopback(), port}, ec);
    int answered = 0;
    std::string received;
    bool told_to_go = ec.failed();
    while (!told_to_go && answered != most) {
        asio::write(socket, asio::buffer(std::string("GET / HTTP/1.1\r\nHost: a\r\n\r\n")), ec);
        std::size_t const size = asio::read_until(socket, asio::dynamic_buffer(received), "\r\n\r\nok", ec);
        told_to_go = ec.failed() || received.find("Connection: close") != received.npos;
        answered += size > 0 ? 1 : 0;
        received.clear();
    }
    return answered;
}

} // namespace

TEST_CASE("clients of a server with several threads are served until it takes leave", "[http][server]")
{
    asio::thread_pool threads(4);
    resil::http::server site(threads.get_executor(),
                             [](resil::http::exchange&) -> asio::awaitable<resil::http::string_response> {
                                 resil::http::string_response made(boost::beast::http::status::ok, 11);
                                 made.body() = "ok";
                                 co_return made;
                             });
    site.start({asio::ip::address_v4::loopback(), 0});
    std::atomic<int> answered = 0;
    std::atomic<int> asked = 0;
    stress::together([&](int which) {
        if (which == 0) {
            while (asked < 20) {
                (void)site.counts();
            }
            site.close_politely();
            site.stop();
            return;
        }
        for (int i = 0; i != 20; ++i) {
            answered += ask_until_told_to_go(site.port(), 10);
            ++asked;
        }
    });
    site.async_drain(20s, asio::use_future).get();

    CHECK(answered > 0);
    CHECK(site.counts().connections == 0);
    CHECK(site.counts().in_flight == 0);
}

TEST_CASE("work that enters a gate on many threads is waited for, all of it", "[shutdown]")
{
    asio::thread_pool threads(2);
    resil::service::in_flight const gate(threads.get_executor());
    std::atomic<int> inside = 0;
    std::atomic<int> entered = 0;
    std::atomic<bool> early = false;
    auto const later = resil::timer_service::of(threads).now() + 20s;
    stress::together([&](int which) {
        if (which == 0) {
            while (entered < 1000) {
            }
            gate.close();
            gate.async_wait_idle(later, asio::use_future).get();
            early = inside != 0;
            return;
        }
        bool open = true;
        while (open) {
            auto const pass = gate.enter();
            open = pass.has_value();
            if (open) {
                ++inside;
                ++entered;
                --inside;
            }
        }
    });
    CHECK_FALSE(early);
    CHECK(gate.count() == 0);
}
