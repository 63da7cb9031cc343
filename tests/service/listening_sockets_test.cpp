// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/service/listening_sockets.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>

namespace asio = boost::asio;
using asio::ip::tcp;
using Catch::Matchers::ContainsSubstring;
using resil::error_code;
using resil::service::listening_sockets;

namespace {

tcp::endpoint const anywhere(asio::ip::address_v4::loopback(), 0);

/// Returns whether somebody waited to be accepted.
bool accepts_one(tcp::acceptor& from)
{
    error_code ec;
    from.non_blocking(true);
    from.accept(ec);
    return !ec;
}

/// Opens connections, as clients do.
std::vector<tcp::socket> connect(asio::io_context& context, tcp::endpoint const& to, int count)
{
    std::vector<tcp::socket> clients;
    for (int i = 0; i != count; ++i) {
        clients.emplace_back(context).connect(to);
    }
    return clients;
}

} // namespace

TEST_CASE("one socket is for all slots", "[service][listening_sockets]")
{
    asio::io_context context;
    listening_sockets const sockets(anywhere);
    CHECK(sockets.size() == 1);
    CHECK(sockets.local_endpoint().port() != 0);

    auto const clients = connect(context, sockets.local_endpoint(), 2);
    auto first = sockets.acceptor(context, 0);
    auto second = sockets.acceptor(context, 1);
    CHECK(accepts_one(second));
    CHECK(accepts_one(first));
    CHECK_FALSE(accepts_one(first));
}

TEST_CASE("connections are spread over the sockets of one address", "[service][listening_sockets]")
{
    asio::io_context context;
    listening_sockets const sockets(anywhere, 2);
    auto first = sockets.acceptor(context, 0);
    auto second = sockets.acceptor(context, 1);
    CHECK(first.local_endpoint() == second.local_endpoint());

    auto const clients = connect(context, sockets.local_endpoint(), 64);
    int of_first = 0;
    int of_second = 0;
    while (accepts_one(first)) {
        ++of_first;
    }
    while (accepts_one(second)) {
        ++of_second;
    }
    CHECK(of_first + of_second == 64);
    CHECK(of_first > 0);
    CHECK(of_second > 0);
}

TEST_CASE("who waits in the queue of a worker that is gone is served by the next in its slot", "[service][listening_sockets]")
{
    asio::io_context context;
    listening_sockets const sockets(anywhere, 2);
    std::optional<tcp::acceptor> gone = sockets.acceptor(context, 0);
    auto const clients = connect(context, sockets.local_endpoint(), 64);
    gone.reset();

    int served = 0;
    for (std::size_t slot : {0, 1}) {
        auto next = sockets.acceptor(context, slot);
        while (accepts_one(next)) {
            ++served;
        }
    }
    CHECK(served == 64);
}

TEST_CASE("an address at which somebody listens is refused by name, also if there are several sockets",
          "[service][listening_sockets]")
{
    listening_sockets const first(anywhere, 2);
    std::string const name = "127.0.0.1:" + std::to_string(first.local_endpoint().port());
    for (std::size_t const count : {1, 2}) {
        CHECK_THROWS_WITH(listening_sockets(first.local_endpoint(), count), ContainsSubstring("listening on " + name));
    }
}

TEST_CASE("sockets are closed with their owner, and are for no other program", "[service][listening_sockets]")
{
    std::optional<listening_sockets> sockets(std::in_place, anywhere, 3);
    listening_sockets moved = std::move(*sockets);
    sockets.reset();
    tcp::endpoint const where = moved.local_endpoint();
    asio::io_context context;
    auto acceptor = moved.acceptor(context, 0);
    CHECK((::fcntl(acceptor.native_handle(), F_GETFD) & FD_CLOEXEC) != 0);

    moved = listening_sockets(anywhere);
    acceptor.close();
    CHECK_NOTHROW(listening_sockets(where));
}

TEST_CASE("sockets and queues out of range are refused by name", "[service][listening_sockets]")
{
    CHECK_THROWS_WITH(listening_sockets(anywhere, 0), ContainsSubstring("listening_sockets.count"));
    CHECK_THROWS_WITH(listening_sockets(anywhere, 1025), ContainsSubstring("listening_sockets.count"));
    CHECK_THROWS_WITH(listening_sockets(anywhere, 1, 0), ContainsSubstring("listening_sockets.backlog"));
    CHECK_THROWS_WITH(listening_sockets(anywhere, 1, 65536), ContainsSubstring("listening_sockets.backlog"));
}
