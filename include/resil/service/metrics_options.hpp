// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_SERVICE_METRICS_OPTIONS_HPP
#define RESIL_SERVICE_METRICS_OPTIONS_HPP

#include <resil/config.hpp>
#include <resil/core/option_check.hpp>
#include <resil/error.hpp>

#include <chrono>
#include <cstddef>
#include <vector>

namespace resil::service {

/**
 * How much a registry of metrics remembers.
 */
struct metrics_options
{
    /// How many series a family may have, the one for the overflow not counted; 1 to 100,000. Every further set of
    /// label values is counted in the series whose values are all `metrics::overflow`. Source: resil's own; a scrape of
    /// some hundred lines a family is what people still look at.
    std::size_t max_series = 200;

    /// How many bytes of a label's value are kept; 1 to 4096. Source: resil's own.
    std::size_t max_label_size = 120;

    /// The buckets that a histogram is shown in, in ascending order; each > 0, at least one, at most 100. Source: the
    /// clients of Prometheus, one millisecond and two and a half besides.
    std::vector<duration> bounds = {
        std::chrono::milliseconds(1),   std::chrono::microseconds(2500),
        std::chrono::milliseconds(5),   std::chrono::milliseconds(10),
        std::chrono::milliseconds(25),  std::chrono::milliseconds(50),
        std::chrono::milliseconds(100), std::chrono::milliseconds(250),
        std::chrono::milliseconds(500), std::chrono::seconds(1),
        std::chrono::milliseconds(2500), std::chrono::seconds(5),
        std::chrono::seconds(10)};

    /// Throws `invalid_option` if a member is out of range.
    RESIL_DECL void validate() const;
};

} // namespace resil::service

#ifndef RESIL_SEPARATE_COMPILATION
#include <resil/service/metrics_options.ipp>
#endif

#endif // RESIL_SERVICE_METRICS_OPTIONS_HPP
