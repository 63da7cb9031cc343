// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// The storefront: a service that stays up while what it needs does not. See README.md.

#include "log.hpp"
#include "settings.hpp"
#include "worker.hpp"

#include <resil/service/limits.hpp>
#include <resil/service/supervisor.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <exception>

namespace asio = boost::asio;
using namespace storefront;

namespace {

/// Opens the socket that all workers inherit: a worker that ends leaves who waits in its queue to the others.
int listen_on(asio::ip::tcp::endpoint const& where)
{
    asio::io_context context;
    asio::ip::tcp::acceptor door(context, where); // with SO_REUSEADDR
    return door.release();
}

/// Numbers that do not fit each other are told, and no reason not to serve.
void report_limits(settings const& how)
{
    auto const findings = resil::service::check_limits(how.limits);
    if (!findings.empty()) {
        log(resil::service::limits_report(findings));
    }
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
    report_limits(how);
    int const door = listen_on(how.listen);
    resil::service::supervisor workers(how.workers, [&](resil::service::worker_link const& to_supervisor) {
        return run_worker(how, door, to_supervisor);
    });
    workers.on_event(storefront::log);
    return workers.run();
} catch (std::exception const& e) {
    log(e.what());
    return 1;
}
