// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Quoted by docs/services/health.md: the regions between the tags.

#include <resil/connection_pool.hpp>
#include <resil/http/connector.hpp>
#include <resil/http/health_check.hpp>
#include <resil/http/health_response.hpp>
#include <resil/http/server.hpp>
#include <resil/service/health.hpp>
#include <resil/service/liveness.hpp>
#include <resil/service/peer_check.hpp>
#include <resil/service/pool_check.hpp>
#include <resil/service/shutdown.hpp>
#include <resil/testing/virtual_time.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/http/status.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

resil::error_code prices_are{};

//[health_coroutine
asio::awaitable<void> ask_orders() // cancelled when its time is up
{
    co_return; // or throws
}
//]

//[health_at_once
resil::error_code ask_prices()
{
    return prices_are; // what is known anyway
}
//]

//[health_pages
asio::awaitable<resil::http::string_response> probes(resil::service::health const& health,
                                                     resil::service::liveness const& loop,
                                                     resil::http::exchange& asked)
{
    auto const method = asked.request().method();
    std::string const path = asked.request().target();
    if (path == "/health/live") {
        co_return resil::http::probe_response(loop.alive(), method);
    }
    if (path == "/health/startup") {
        co_return resil::http::probe_response(health.started(), method);
    }
    co_return resil::http::health_response(health.report(), method);
}
//]

} // namespace

TEST_CASE("snippets: a service says whether it is ready")
{
    asio::io_context context;
    resil::testing::virtual_time time(context);
    resil::service::shutdown leaving(context.get_executor());
    //[health_use
    resil::service::health health(context.get_executor());
    health.add("orders", resil::criticality::hard, ask_orders);
    health.add("prices", resil::criticality::soft, ask_prices, {.timeout = 300ms});
    health.start();
    health.set_lifecycle(resil::lifecycle::ready); // warmed up
    leaving.on_not_ready([health] { health.set_lifecycle(resil::lifecycle::draining); });
    //]
    //[health_loop
    resil::service::liveness const loop(context.get_executor());
    //]
    CHECK_FALSE(health.ready());
    time.run_ready();
    CHECK(health.ready());
    CHECK(loop.alive());
    prices_are = resil::errc::timed_out;
    time.advance(5s);
    CHECK(health.ready());
    CHECK(health.report().status == resil::health_status::degraded);
}

TEST_CASE("snippets: what a service needs is checked")
{
    asio::io_context context;
    resil::service::health const health(context.get_executor());
    resil::http::endpoint const prices{.host = "127.0.0.1", .port = 1};
    resil::connection_pool const pool(context, resil::http::connector(prices));
    std::uint16_t const port = 1;
    //[health_checks
    health.add("database", resil::criticality::hard, resil::service::pool_check(pool));
    health.add("prices", resil::criticality::soft, resil::http::health_check(prices, "/health/live"));
    health.add("cache", resil::criticality::soft, resil::service::redis_check("127.0.0.1", port));
    health.add("mail", resil::criticality::soft, resil::service::tcp_check("127.0.0.1", port));
    //]
    CHECK(health.report().checks.size() == 4);
}
