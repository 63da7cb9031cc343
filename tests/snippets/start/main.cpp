// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// The program of docs/start.md.
//
// Prints:
//
//     attempt 1: Connection refused
//     connected

//[start_main
#include <resil/resil.hpp>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <array>
#include <chrono>
#include <iostream>

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;

int main()
{
    asio::io_context context;
    tcp::acceptor service(context, tcp::v4());
    service.bind({asio::ip::address_v4::loopback(), 0}); // not listening yet: it refuses

    resil::pipeline const client{
        resil::observe{[&](resil::retry_scheduled const& e) {
            std::cout << "attempt " << e.attempt << ": " << e.code.message() << '\n';
            service.listen(); // the service is back
        }},
        resil::deadline{2s},
        resil::retry{{.max_attempts = 5}},
        resil::timeout{250ms},
    };

    tcp::socket socket(context);
    auto const done = [](resil::error_code ec, tcp::endpoint const&) {
        std::cout << (ec ? ec.message() : "connected") << '\n';
    };
    auto const endpoints = std::array{service.local_endpoint()};
    asio::async_connect(socket, endpoints, resil::with(client, done));
    context.run();
}
//]
