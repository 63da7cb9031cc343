// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "worker.hpp"

#include "shop.hpp"

#include <resil/http/server.hpp>
#include <resil/service/shutdown.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <exception>
#include <utility>

namespace storefront {

namespace asio = boost::asio;

namespace {

using namespace std::chrono_literals;

/// Said by the loop that serves, or not at all.
asio::awaitable<void> tell_alive(resil::service::worker_link to_supervisor, resil::service::stop_notice stopping)
{
    while (!stopping.requested()) {
        to_supervisor.alive();
        co_await stopping.pause(1s);
    }
}

void report(resil::service::shutdown& leaving, resil::service::worker_link const& to_supervisor)
{
    leaving.on_not_ready([to_supervisor] { to_supervisor.leaving(); });
    leaving.add_worker("heartbeat", [to_supervisor](resil::service::stop_notice stopping) {
        return tell_alive(to_supervisor, std::move(stopping));
    });
}

asio::awaitable<int> serve(asio::io_context& context, settings const& how, asio::ip::tcp::acceptor door,
                           resil::service::worker_link const& to_supervisor)
{
    auto const ex = context.get_executor();
    resil::service::shutdown leaving(ex, how.leaving);
    leaving.on_signals();
    report(leaving, to_supervisor);
    shop here(ex, how);
    auto requests_left = to_supervisor.max_requests();
    resil::http::server site(ex, [&](resil::http::exchange& caller) {
        if (requests_left > 0 && --requests_left == 0) {
            to_supervisor.replace_me();
        }
        return here.answer(caller);
    });
    here.add_to(leaving);
    leaving.add_server(site);
    co_await here.open();
    site.start(std::move(door), resil::http::listener::shared);
    leaving.started();
    to_supervisor.ready();
    int const exit_code = co_await leaving.run();
    co_return exit_code;
}

} // namespace

int run_worker(settings const& how, resil::service::listening_sockets const& doors,
               resil::service::worker_link const& to_supervisor)
{
    asio::io_context context(1);
    auto door = doors.acceptor(context, to_supervisor.slot());
    int exit_code = 1;
    std::exception_ptr failure;
    asio::co_spawn(context, serve(context, how, std::move(door), to_supervisor), [&](std::exception_ptr e, int code) {
        failure = e;
        exit_code = code;
    });
    context.run();
    if (failure) {
        std::rethrow_exception(failure);
    }
    return exit_code;
}

} // namespace storefront
