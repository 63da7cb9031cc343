// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_SERVICE_METRICS_OPTIONS_IPP
#define RESIL_SERVICE_METRICS_OPTIONS_IPP

// The bodies of service/metrics_options.hpp, which includes this unless they are compiled apart; see src.hpp.

#include <algorithm>
#include <string>

namespace resil::service {

void metrics_options::validate() const
{
    core::require_between("max_series", max_series, std::size_t(1), std::size_t(100'000));
    core::require_between("max_label_size", max_label_size, std::size_t(1), std::size_t(4096));
    core::require_between("bounds.size()", bounds.size(), std::size_t(1), std::size_t(100));
    core::require_more_than("bounds.front()", bounds.front(), duration::zero());
    auto const unordered = std::adjacent_find(
        bounds.begin(), bounds.end(), [](duration a, duration b) { return a >= b; });
    if (unordered != bounds.end()) {
        throw invalid_option("bounds", core::text(*unordered) + ", " + core::text(unordered[1]),
                             "in ascending order");
    }
}

} // namespace resil::service

#endif // RESIL_SERVICE_METRICS_OPTIONS_IPP
