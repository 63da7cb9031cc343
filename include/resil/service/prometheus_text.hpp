// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_SERVICE_PROMETHEUS_TEXT_HPP
#define RESIL_SERVICE_PROMETHEUS_TEXT_HPP

#include <resil/config.hpp>
#include <resil/core/metric_text.hpp>
#include <resil/service/metrics.hpp>

#include <string>
#include <string_view>

namespace resil::service {

/// The `Content-Type` of what `prometheus_text` returns.
inline constexpr std::string_view prometheus_content_type =
    "text/plain; version=0.0.4; charset=utf-8";

/**
 * Writes all metrics of a registry in Prometheus's text format, version 0.0.4.
 *
 * Durations are in seconds. A histogram has the buckets of `metrics_options::bounds` and `+Inf`, `_sum` and `_count`; a
 * duration within 1/32 of a bound may be on either side of it. The sum may be ahead of the count by what is being
 * recorded. The order of families and series is always the same.
 *
 * Thread safety: safe while others record.
 * Exceptions: those of `metrics::read`.
 * Calls: as `metrics::read`.
 * Cost: microseconds a series.
 *
 * Example:
 *
 *     std::string const body = prometheus_text(metrics); // for GET /metrics
 */
RESIL_DECL std::string prometheus_text(metrics const& all);

} // namespace resil::service

#ifndef RESIL_SEPARATE_COMPILATION
#include <resil/service/prometheus_text.ipp>
#endif

#endif // RESIL_SERVICE_PROMETHEUS_TEXT_HPP
