// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_HEALTH_REPORT_HPP
#define RESIL_CORE_HEALTH_REPORT_HPP

#include <resil/core/health_options.hpp>
#include <resil/error.hpp>

#include <optional>
#include <string>
#include <vector>

namespace resil {

/// What is known of one check.
struct health_check_report
{
    std::string name{};                             ///< As it was added.
    criticality critical = criticality::hard;       ///< As it was added.
    health_status status = health_status::unknown;  ///< Never `degraded`.
    std::optional<duration> last_ok_age{};          ///< How long ago it last succeeded, if ever.
    duration latency{};                             ///< How long the last run took.
    error_code error{};                             ///< Why the last run failed; nothing if it did not.
};

/// What is known of a service, at one moment.
struct health_report
{
    lifecycle where = lifecycle::starting;         ///< As it was set.
    health_status status = health_status::unknown; ///< What the checks say together.
    bool started = false;                          ///< It was ready once.
    std::vector<health_check_report> checks{};     ///< In the order in which they were added.

    /// Says whether the service takes requests: it is in the middle of its life, and no hard check says otherwise.
    bool ready() const noexcept
    {
        bool const works = status == health_status::ok || status == health_status::degraded;
        return works && where == lifecycle::ready;
    }
};

namespace core {

/// Returns what checks say together: the worst that a hard one says, or `degraded` if only soft ones are not well.
inline health_status overall(std::vector<health_check_report> const& checks) noexcept
{
    bool unknown = false;
    bool degraded = false;
    for (auto const& each : checks) {
        bool const hard = each.critical == criticality::hard;
        if (hard && each.status == health_status::failing) {
            return health_status::failing;
        }
        unknown = unknown || (hard && each.status == health_status::unknown);
        degraded = degraded || (!hard && each.status != health_status::ok);
    }
    if (unknown) {
        return health_status::unknown;
    }
    return degraded ? health_status::degraded : health_status::ok;
}

} // namespace core
} // namespace resil

#endif // RESIL_CORE_HEALTH_REPORT_HPP
