// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_SERVICE_METRIC_READING_HPP
#define RESIL_SERVICE_METRIC_READING_HPP

#include <resil/config.hpp>
#include <resil/core/latency_histogram.hpp>

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace resil::service {

/// What a family of metrics is.
enum class metric_kind
{
    counter, ///< A total that only grows.
    gauge,   ///< A number that goes up and down.
    latency, ///< A histogram of durations.
};

/// One series as it was read.
struct series_reading
{
    std::vector<std::string> labels{}; ///< The values, in the order of the family's label names.
    std::variant<std::uint64_t, double, latency_histogram> value{}; ///< A counter's, a gauge's or a latency's.
};

/// One family as it was read.
struct family_reading
{
    std::string name{};                ///< As given when it was made.
    std::string help{};                ///< Likewise.
    metric_kind kind = metric_kind::counter; ///< Says which value the series hold.
    std::vector<std::string> labels{}; ///< The names of the labels.
    std::vector<series_reading> series{}; ///< In the order of their label values.
};

} // namespace resil::service

#endif // RESIL_SERVICE_METRIC_READING_HPP
