// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Quoted by docs/services/supervisor.md: the regions between the tags.

#include <resil/http/server.hpp>
#include <resil/service/listening_sockets.hpp>
#include <resil/service/shutdown.hpp>
#include <resil/service/supervisor.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/http/status.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <csignal>
#include <exception>
#include <iostream>
#include <string>
#include <utility>

#include <sys/wait.h>
#include <unistd.h>

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using asio::ip::tcp;

asio::awaitable<resil::http::string_response> answer(resil::http::exchange&)
{
    co_return resil::http::string_response(boost::beast::http::status::ok, 11);
}

//[supervisor_alive
asio::awaitable<void> tell_alive(resil::service::worker_link link, resil::service::stop_notice stopping)
{
    while (!stopping.requested()) {
        link.alive(); // said by the loop that serves, or it says nothing
        co_await stopping.pause(1s);
    }
}
//]

//[supervisor_worker
int serve(resil::service::listening_sockets const& sockets, resil::service::worker_link const& link)
{
    asio::io_context context(1);
    auto left = link.max_requests();
    resil::http::server site(context.get_executor(), [&](resil::http::exchange& caller) {
        if (left > 0 && --left == 0) {
            link.replace_me();
        }
        return answer(caller);
    });
    resil::service::shutdown leaving(context.get_executor());
    leaving.on_signals();
    leaving.on_not_ready([&] { link.leaving(); });
    leaving.add_server(site);
    leaving.add_worker("heartbeat", [&](resil::service::stop_notice s) { return tell_alive(link, s); });
    site.start(sockets.acceptor(context, link.slot()), resil::http::listener::shared);
    leaving.started();
    link.ready();
    int exit_code = 1;
    asio::co_spawn(context, leaving.run(), [&](std::exception_ptr, int code) { exit_code = code; });
    context.run();
    return exit_code;
}
//]

int run_site()
{
    tcp::endpoint const where(asio::ip::address_v4::loopback(), 0);
    //[supervisor_use
    resil::service::listening_sockets const sockets(where, 2); // 1: one queue for all
    resil::service::supervisor workers({.workers = 2}, [&](resil::service::worker_link const& link) {
        return serve(sockets, link);
    });
    workers.on_event([](std::string const& what) { std::clog << what << "\n"; });
    return workers.run();
    //]
}

} // namespace

TEST_CASE("snippets: a site of two workers ends when it is told to")
{
    ::pid_t const site = ::fork();
    if (site == 0) {
        std::clog.setstate(std::ios::failbit);
        ::_exit(run_site());
    }
    ::kill(site, SIGTERM);
    int status = 0;
    REQUIRE(::waitpid(site, &status, 0) == site);
    bool const in_order = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    bool const at_once = WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM; // before it listened to signals
    CHECK((in_order || at_once));
}
