// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef STOREFRONT_TELEMETRY_HPP
#define STOREFRONT_TELEMETRY_HPP

#include "log.hpp"

#include <resil/circuit_breaker.hpp>
#include <resil/service/metrics.hpp>
#include <resil/service/policy_metrics.hpp>

#include <fmt/format.h>

#include <functional>
#include <string_view>

namespace storefront {

/// What this process tells about itself.
struct telemetry
{
    resil::service::metrics metrics;
    resil::service::policy_metrics policies{metrics};

    /// Tells the log and the metrics when a circuit breaker opens and closes.
    std::function<void(resil::circuit_event const&)> circuit_listener() const
    {
        return [count = policies.circuit_listener()](resil::circuit_event const& e) {
            count(e);
            log(fmt::format("circuit of {}: {}", e.name, to_string(e.to)));
        };
    }

    /// Shows what stands before a dependency, in the metrics.
    template <class... Watched>
    void watch(std::string_view dependency, Watched const&... watched) const
    {
        (policies.watch(dependency, watched), ...);
    }
};

} // namespace storefront

#endif // STOREFRONT_TELEMETRY_HPP
