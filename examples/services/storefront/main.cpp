// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// The storefront: a service that stays up while what it needs does not. See README.md.

#include "log.hpp"
#include "settings.hpp"
#include "worker.hpp"

#include <resil/service/limits.hpp>
#include <resil/service/listening_sockets.hpp>
#include <resil/service/supervisor.hpp>

#include <exception>

using namespace storefront;

namespace {

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
    resil::service::listening_sockets const doors(how.listen, how.sockets);
    resil::service::supervisor workers(how.workers, [&](resil::service::worker_link const& to_supervisor) {
        return run_worker(how, doors, to_supervisor);
    });
    workers.on_event(storefront::log);
    return workers.run();
} catch (std::exception const& e) {
    log(e.what());
    return 1;
}
