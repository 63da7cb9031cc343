// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "support/chaos_proxy.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/error_code.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <thread>
#include <utility>

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using support::toward;
using namespace std::chrono_literals;

namespace {

tcp::endpoint loopback(unsigned short port)
{
    return {asio::ip::address_v4::loopback(), port};
}

/// What came before the end of the stream, and how it ended.
std::pair<std::string, error_code> read_all(tcp::socket& from)
{
    std::string text;
    error_code ec;
    asio::read(from, asio::dynamic_buffer(text), ec);
    return {text, ec};
}

std::string read_some(tcp::socket& from, std::size_t size)
{
    std::string text(size, ' ');
    asio::read(from, asio::buffer(text));
    return text;
}

void send(tcp::socket& to, std::string const& text)
{
    asio::write(to, asio::buffer(text));
}

/// A listening server with a proxy before it; the test plays both ends, on blocking sockets.
struct wired
{
    explicit wired(support::wire w = {}) : proxy(server.local_endpoint().port(), w) {}

    tcp::socket connect()
    {
        tcp::socket client(io);
        client.connect(loopback(proxy.port()));
        return client;
    }

    error_code connect_error()
    {
        tcp::socket client(io);
        error_code ec;
        client.connect(loopback(proxy.port()), ec);
        return ec;
    }

    asio::io_context io{};
    tcp::acceptor server{io, loopback(0)};
    support::chaos_proxy proxy;
};

} // namespace

TEST_CASE("a proxy passes bytes on both ways, and each end of stream", "[chaos_proxy]")
{
    wired w;
    auto client = w.connect();
    auto server = w.server.accept();
    send(client, "question");
    CHECK(read_some(server, 8) == "question");
    client.shutdown(tcp::socket::shutdown_send);
    CHECK(read_all(server) == std::pair(std::string(), error_code(asio::error::eof)));
    send(server, "a late answer");
    server.close();
    CHECK(read_all(client) ==
          std::pair(std::string("a late answer"), error_code(asio::error::eof)));
    CHECK(w.proxy.accepted() == 1);
}

TEST_CASE("more than any buffer holds arrives whole at a slow reader", "[chaos_proxy]")
{
    wired w;
    auto client = w.connect();
    auto server = w.server.accept();
    std::string sent;
    for (int i = 0; sent.size() < 32'000'000; ++i) {
        sent += std::to_string(i);
    }
    std::jthread const writer([&] {
        send(client, sent);
        client.shutdown(tcp::socket::shutdown_send);
    });
    CHECK(read_all(server).first == sent);
}

TEST_CASE("latency delays each way by at least as much", "[chaos_proxy]")
{
    wired w({.latency = 30ms, .jitter = 5ms});
    auto client = w.connect();
    auto server = w.server.accept();
    auto const start = std::chrono::steady_clock::now();
    send(client, "?");
    read_some(server, 1);
    send(server, "!");
    read_some(client, 1);
    CHECK(std::chrono::steady_clock::now() - start >= 60ms);
}

TEST_CASE("only the answers are late, if only they are to be", "[chaos_proxy]")
{
    wired w({.latency = 1h, .late_way = toward::client});
    auto client = w.connect();
    auto server = w.server.accept();
    send(client, "?");
    CHECK(read_some(server, 1) == "?");
    send(server, "!");
    client.close();
    CHECK(read_all(server).second == asio::error::eof);
}

TEST_CASE("an answer is cut after so many bytes, and not before", "[chaos_proxy]")
{
    wired w({.cut_after = 5});
    auto client = w.connect();
    auto server = w.server.accept();
    send(client, "a question of any length");
    read_some(server, 24);
    send(server, "ans");
    CHECK(read_some(client, 3) == "ans");
    send(server, "wer");
    CHECK(read_all(client) == std::pair(std::string("we"), error_code(asio::error::eof)));
    CHECK(read_all(server).second == asio::error::eof);
}

TEST_CASE("a question is cut after so many bytes, too", "[chaos_proxy]")
{
    wired w({.cut_after = 3, .cut_way = toward::server});
    auto client = w.connect();
    auto server = w.server.accept();
    send(client, "question");
    CHECK(read_all(server) == std::pair(std::string("que"), error_code(asio::error::eof)));
}

TEST_CASE("open connections are reset at both ends", "[chaos_proxy]")
{
    wired w;
    auto client = w.connect();
    auto server = w.server.accept();
    send(client, "?");
    read_some(server, 1); // the proxy has connected them
    w.proxy.treat_all({.cut_after = 0, .reset = true});
    CHECK(read_all(client).second == asio::error::connection_reset);
    CHECK(read_all(server).second == asio::error::connection_reset);
    CHECK(w.proxy.open() == 0);
}

TEST_CASE("a new rule for new connections leaves the open ones alone", "[chaos_proxy]")
{
    wired w;
    auto old_one = w.connect();
    auto server = w.server.accept();
    w.proxy.treat_new({.cut_after = 0});
    auto new_one = w.connect();
    CHECK(read_all(new_one).second == asio::error::eof);
    send(old_one, "?");
    CHECK(read_some(server, 1) == "?");
}

TEST_CASE("what is in a black hole stays there, and nobody is told", "[chaos_proxy]")
{
    wired w;
    auto client = w.connect();
    auto server = w.server.accept();
    send(client, "?");
    read_some(server, 1);
    w.proxy.treat_all({.black_hole = true});
    send(client, "swallowed");
    server.close(); // the server is gone, and the client cannot know
    w.proxy.treat_all({});
    send(client, "this too");

    auto other = w.connect(); // has gone through the proxy after all of the above
    auto other_server = w.server.accept();
    send(other, "?");
    CHECK(read_some(other_server, 1) == "?");
    CHECK(client.available() == 0);
    client.non_blocking(true);
    char byte = 0;
    error_code ec;
    client.read_some(asio::buffer(&byte, 1), ec);
    CHECK(ec == asio::error::would_block);
}

TEST_CASE("a new connection into a black hole is accepted, and the server sees nothing of it",
          "[chaos_proxy]")
{
    wired w({.black_hole = true});
    auto client = w.connect();
    send(client, "anybody there?");
    w.proxy.treat_new({});
    auto other = w.connect();
    send(other, "2");
    auto server = w.server.accept();
    CHECK(read_some(server, 1) == "2");
    w.server.non_blocking(true);
    error_code ec;
    w.server.accept(ec);
    CHECK(ec == asio::error::would_block);
}

TEST_CASE("who leaves a black hole is gone for the server, too", "[chaos_proxy]")
{
    wired w;
    auto client = w.connect();
    auto server = w.server.accept();
    send(client, "?");
    read_some(server, 1);
    w.proxy.treat_all({.black_hole = true});
    client.close();
    CHECK(read_all(server).second == asio::error::eof);
}

TEST_CASE("a proxy refuses, keeps what is open, and listens again on the same port",
          "[chaos_proxy]")
{
    wired w;
    auto client = w.connect();
    auto server = w.server.accept();
    for (int i = 0; i < 3; ++i) {
        w.proxy.refuse();
        CHECK(w.connect_error() == asio::error::connection_refused);
        w.proxy.listen();
        CHECK(!w.connect_error());
    }
    send(client, "?");
    CHECK(read_some(server, 1) == "?");
}

TEST_CASE("without a server behind it, a connection ends", "[chaos_proxy]")
{
    wired w;
    w.server.close();
    auto client = w.connect();
    CHECK(read_all(client).second == asio::error::eof);
}

TEST_CASE("connections that wait for a first answer are counted", "[chaos_proxy]")
{
    wired w;
    auto first = w.connect();
    auto first_server = w.server.accept();
    auto second = w.connect();
    auto second_server = w.server.accept();
    CHECK(w.proxy.most_unanswered() == 2);
    send(first_server, "!");
    send(second_server, "!");
    read_some(first, 1);
    read_some(second, 1);
    auto third = w.connect();
    w.server.accept();
    CHECK(w.proxy.most_unanswered() == 2);
    CHECK(w.proxy.accepted() == 3);
    CHECK(w.proxy.open() == 3);
}

TEST_CASE("a proxy ends with connections open, refused or held back", "[chaos_proxy]")
{
    wired w({.latency = 1h});
    auto client = w.connect();
    auto server = w.server.accept();
    send(client, "?");
    w.proxy.refuse();
}
