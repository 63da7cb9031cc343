// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// The storefront: a service that stays up while what it needs does not. See README.md.

#include "log.hpp"
#include "settings.hpp"
#include "shop.hpp"

#include <resil/http/server.hpp>
#include <resil/service/shutdown.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <fmt/format.h>

#include <exception>

namespace asio = boost::asio;
using namespace storefront;

namespace {

asio::awaitable<int> serve(asio::io_context& context, settings const& how)
{
    auto const ex = context.get_executor();
    resil::service::shutdown leaving(ex, {.budget = how.shutdown_budget, .balancer_wait = how.balancer_wait});
    leaving.on_signals();
    shop here(ex, how);
    resil::http::server site(ex, [&here](resil::http::exchange& caller) { return here.answer(caller); });
    here.add_to(leaving);
    leaving.add_server(site);
    co_await here.open();
    site.start(how.listen);
    leaving.started();
    int const exit_code = co_await leaving.run();
    co_return exit_code;
}

} // namespace

int main()
try {
    resil::service::environment from("STOREFRONT_");
    settings const how = read_settings(from);
    if (!from.ok()) {
        log(from.report());
        return 2;
    }
    asio::io_context context(1);
    int exit_code = 1;
    std::exception_ptr failure;
    asio::co_spawn(context, serve(context, how), [&](std::exception_ptr e, int code) {
        failure = e;
        exit_code = code;
    });
    context.run();
    if (failure) {
        std::rethrow_exception(failure);
    }
    return exit_code;
} catch (std::exception const& e) {
    storefront::log(e.what());
    return 1;
}
