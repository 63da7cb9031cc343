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
#include <random>
#include <utility>

namespace storefront {

namespace asio = boost::asio;

namespace {

using namespace std::chrono_literals;

asio::awaitable<void> tell_alive(foreman boss, resil::service::stop_notice stopping)
{
    while (!stopping.requested()) {
        boss.alive();
        co_await stopping.pause(1s);
    }
}

/// After how many requests a worker is replaced; 0 for never. Not the same for all, or all would go at once.
std::size_t choose_life(std::size_t most)
{
    std::random_device random;
    return most == 0 ? 0 : std::uniform_int_distribution<std::size_t>(most - most / 10, most)(random);
}

asio::awaitable<int> serve(asio::io_context& context, settings const& how, asio::ip::tcp::acceptor door, foreman boss)
{
    auto const ex = context.get_executor();
    resil::shutdown_options const patience{.budget = how.shutdown_budget, .balancer_wait = how.balancer_wait};
    resil::service::shutdown leaving(ex, patience);
    leaving.on_signals();
    leaving.on_not_ready([boss] { boss.leaving(); });
    leaving.add_worker("heartbeat", [boss](resil::service::stop_notice stopping) { return tell_alive(boss, stopping); });
    shop here(ex, how);
    std::size_t left = choose_life(how.max_requests);
    resil::http::server site(ex, [&](resil::http::exchange& caller) {
        if (left > 0 && --left == 0) {
            boss.replace_me();
        }
        return here.answer(caller);
    });
    here.add_to(leaving);
    leaving.add_server(site);
    co_await here.open();
    site.start(std::move(door), resil::http::listener::shared);
    leaving.started();
    boss.ready();
    int const exit_code = co_await leaving.run();
    co_return exit_code;
}

} // namespace

int run_worker(settings const& how, int listening_socket, foreman const& boss)
{
    asio::io_context context(1);
    asio::ip::tcp::acceptor door(context, how.listen.protocol(), listening_socket);
    int exit_code = 1;
    std::exception_ptr failure;
    asio::co_spawn(context, serve(context, how, std::move(door), boss), [&](std::exception_ptr e, int code) {
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
