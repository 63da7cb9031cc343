// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Quoted by docs/services/shutdown.md: the regions between the tags.

#include <resil/http/server.hpp>
#include <resil/service/shutdown.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/http/status.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <exception>

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

void refresh_once() {}

void say_goodbye() {}

asio::awaitable<void> send_metrics(resil::duration)
{
    co_return;
}

//[shutdown_worker
asio::awaitable<void> refresh(resil::service::stop_notice stopping)
{
    while (!stopping.requested()) {
        refresh_once();
        co_await stopping.pause(30s); // ends early
    }
}
//]

//[shutdown_listen
asio::awaitable<void> tell_peers(resil::service::stop_notice stopping)
{
    co_await stopping.async_wait(asio::use_awaitable);
    say_goodbye();
}
//]

//[shutdown_flush
asio::awaitable<void> flush_metrics(resil::duration rest)
{
    co_await send_metrics(rest); // cancelled if it takes longer than that
}
//]

asio::awaitable<resil::http::string_response> answer(resil::http::exchange&)
{
    co_return resil::http::string_response(boost::beast::http::status::ok, 11);
}

} // namespace

TEST_CASE("snippets: a process ends in order")
{
    asio::io_context context;
    resil::http::server site(context.get_executor(), answer);
    site.start({asio::ip::address_v4::loopback(), 0});
    bool ready = true;
    int exit_code = -1;
    {
        //[shutdown_use
        resil::service::shutdown leaving(context.get_executor(), {.budget = 25s});
        leaving.on_signals();
        leaving.on_not_ready([&] { ready = false; }); // the readiness probe says 503 from now on
        leaving.add_server(site);
        leaving.add_worker("prices", refresh);
        leaving.add_worker("peers", tell_peers);
        leaving.add_hook("metrics", flush_metrics); // the last that was added is the first to run
        asio::co_spawn(context, leaving.run(), [&](std::exception_ptr, int code) { exit_code = code; });
        //]
        leaving.request();
        context.run();
    }
    CHECK_FALSE(ready);
    CHECK(exit_code == 0);
}

TEST_CASE("snippets: work that passed a gate is counted")
{
    asio::io_context context;
    bool done = false;
    bool refused = false;
    auto const work = [&] { done = true; };
    auto const take = [&](resil::service::in_flight const& jobs) {
        //[shutdown_gate
        auto const pass = jobs.enter();
        if (!pass) {
            refused = true; // the process is about to end
            return;
        }
        work(); // a shutdown waits until the pass is gone
        //]
    };
    bool idle = false;
    auto& clock = resil::timer_service::of(context);
    resil::service::in_flight const jobs(context.get_executor());
    take(jobs);
    //[shutdown_gate_idle
    jobs.close();
    jobs.async_wait_idle(clock.now() + 10s, [&](resil::error_code ec) { idle = !ec; });
    //]
    take(jobs);
    context.run();
    CHECK(idle);
    CHECK(done);
    CHECK(refused);
}
