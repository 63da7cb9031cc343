// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Connection pool: the server is restarted, the pool finds out, and its users do not.
//
// Three users share two connections: the third waits for one that comes back. Then both
// connections die, unseen. For the next user they are tested, found dead, and replaced.
//
// Prints:
//
//     user 1 has connection 1
//     user 2 has connection 2
//     user 3 has connection 1
//     the server restarts
//     user 4 has connection 3
//     3 were opened, 2 were found dead; 0 users saw an error

#include <resil/connection_pool.hpp>
#include <resil/testing/scripted_operation.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace asio = boost::asio;
using namespace std::chrono_literals;
using script = resil::testing::scripted_operation<>;

struct line
{
    explicit line(asio::any_io_executor const&) {}

    int const number = ++made;
    static inline int made = 0;
};

/// What the pool must know of lines; the peer at their end does what a script says.
struct line_connector
{
    using connection = line;

    script connects, pings;

    auto async_connect(line&, auto token) const { return connects(std::move(token)); }
    auto async_ping(line&, auto token) const { return pings(std::move(token)); }
};

using line_pool = resil::connection_pool<line_connector>;

asio::awaitable<void> use(line_pool pool, script query, int user)
{
    auto lease = co_await pool.async_acquire(asio::use_awaitable);
    fmt::print("user {} has connection {}\n", user, lease->number);
    co_await query(asio::use_awaitable);
} // the lease gives the connection back

int main()
{
    asio::io_context io(1);
    script connect, ping, query;
    query.succeeds().after(4ms);
    line_pool const pool(io, line_connector{connect, ping},
                         {.max_size = 2,            // default 10
                          .ping_after_idle = 5ms}); // default 500 ms: trusted for that long
    for (int user = 1; user <= 3; ++user) {
        asio::co_spawn(io, use(pool, query, user), asio::detached);
    }
    io.run(); // idle connections do not keep it from returning

    fmt::print("the server restarts\n");
    ping.fails(asio::error::connection_reset);
    asio::steady_timer(io, 10ms).wait();
    asio::co_spawn(io, use(pool, query, 4), asio::detached);
    io.restart();
    io.run();

    auto const seen = pool.snapshot();
    fmt::print("{} were opened, {} were found dead; {} users saw an error\n", seen.opened,
               seen.pings_failed, pool.waits_failed().count());
}
