// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "worker.hpp"

#include "shop.hpp"

#include <resil/http/server.hpp>
#include <resil/service/shutdown.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <exception>
#include <utility>

namespace storefront {

namespace asio = boost::asio;

namespace {

asio::awaitable<int> serve(asio::io_context& context, settings const& how, asio::ip::tcp::acceptor door,
                           std::function<void()> const& ready)
{
    auto const ex = context.get_executor();
    resil::shutdown_options const patience{.budget = how.shutdown_budget, .balancer_wait = how.balancer_wait};
    resil::service::shutdown leaving(ex, patience);
    leaving.on_signals();
    shop here(ex, how);
    resil::http::server site(ex, [&here](resil::http::exchange& caller) { return here.answer(caller); });
    here.add_to(leaving);
    leaving.add_server(site);
    co_await here.open();
    site.start(std::move(door), resil::http::listener::shared);
    leaving.started();
    ready();
    int const exit_code = co_await leaving.run();
    co_return exit_code;
}

} // namespace

int run_worker(settings const& how, int listening_socket, std::function<void()> const& ready)
{
    asio::io_context context(1);
    asio::ip::tcp::acceptor door(context, how.listen.protocol(), listening_socket);
    int exit_code = 1;
    std::exception_ptr failure;
    asio::co_spawn(context, serve(context, how, std::move(door), ready), [&](std::exception_ptr e, int code) {
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
