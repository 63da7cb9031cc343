// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/connection_pool.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include <sys/wait.h>
#include <unistd.h>

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

/// A connection that is told goodbye.
struct polite_connector
{
    using connection = tcp::socket;

    tcp::endpoint where;

    template <class Token>
    auto async_connect(connection& c, Token&& token) const
    {
        return c.async_connect(where, std::forward<Token>(token));
    }

    template <class Token>
    auto async_close(connection& c, Token&& token) const
    {
        static constexpr std::string_view goodbye = "bye";
        return asio::async_write(c, asio::buffer(goodbye),
                                 [t = std::forward<Token>(token)](
                                     boost::system::error_code ec, std::size_t) mutable {
                                     std::move(t)(ec);
                                 });
    }
};

} // namespace

TEST_CASE("T39: a forked child says nothing on the connections of its parent", "[pool][T39]")
{
    asio::io_context context;
    tcp::acceptor acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    resil::connection_pool pool{context, polite_connector{acceptor.local_endpoint()},
                                {.min_idle = 1}};
    context.run();
    tcp::socket peer = acceptor.accept();
    REQUIRE(pool.snapshot().idle == 1);

    context.notify_fork(asio::execution_context::fork_prepare);
    pid_t const child = ::fork();
    if (child == 0) {
        context.notify_fork(asio::execution_context::fork_child);
        pool.abandon_after_fork();
        context.restart();
        context.poll();
        bool const emptied = pool.snapshot().count(resil::pool_close::generation) == 1;
        ::_exit(emptied ? 0 : 1);
    }
    context.notify_fork(asio::execution_context::fork_parent);
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WEXITSTATUS(status) == 0);

    auto lease = pool.try_acquire();
    REQUIRE(lease);
    asio::write(*lease, asio::buffer("mine", 4));
    std::string heard(4, ' ');
    asio::read(peer, asio::buffer(heard));
    CHECK(heard == "mine");
}
