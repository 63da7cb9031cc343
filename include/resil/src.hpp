// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_SRC_HPP
#define RESIL_SRC_HPP

/**
 * @file
 * Defines what the headers only declare where `RESIL_SEPARATE_COMPILATION` is defined.
 *
 * resil is header-only by default. Where that macro is defined, for every source file of a program, the bodies of what
 * is no template (the machines that decide, the checks of options and of the order of policies, the timer service) are
 * compiled once: in the one source file that includes this header. CMake's target `resil::resil_compiled` is that file,
 * compiled. `BOOST_ASIO_SEPARATE_COMPILATION` does the same for Boost.Asio, by itself or together with this.
 *
 * What is forgotten or included twice is reported by the linker.
 */

#ifndef RESIL_SEPARATE_COMPILATION
#error "resil/src.hpp is for programs that define RESIL_SEPARATE_COMPILATION in all of their source files"
#endif

#include <resil/bulkhead.hpp>
#include <resil/circuit_breaker.hpp>
#include <resil/core/backoff.hpp>
#include <resil/core/bulkhead_machine.hpp>
#include <resil/core/bulkhead_options.hpp>
#include <resil/core/circuit_machine.hpp>
#include <resil/core/circuit_measure.hpp>
#include <resil/core/circuit_options.hpp>
#include <resil/core/circuit_probes.hpp>
#include <resil/core/circuit_rules.hpp>
#include <resil/core/health_text.hpp>
#include <resil/core/latency_histogram.hpp>
#include <resil/core/metric_text.hpp>
#include <resil/core/option_check.hpp>
#include <resil/core/pool_gate.hpp>
#include <resil/core/pool_generations.hpp>
#include <resil/core/pool_histogram.hpp>
#include <resil/core/pool_machine.hpp>
#include <resil/core/pool_opener.hpp>
#include <resil/core/pool_options.hpp>
#include <resil/core/pool_pump.hpp>
#include <resil/core/pool_queue.hpp>
#include <resil/core/pool_reports.hpp>
#include <resil/core/pool_rules.hpp>
#include <resil/core/pool_slots.hpp>
#include <resil/core/pool_stock.hpp>
#include <resil/core/pool_warm_ups.hpp>
#include <resil/core/retry_budget.hpp>
#include <resil/core/retry_decision.hpp>
#include <resil/core/timer_wheel.hpp>
#include <resil/deadline.hpp>
#include <resil/detail/entropy.hpp>
#include <resil/detail/pipeline_order.hpp>
#include <resil/detail/policy_description.hpp>
#include <resil/error.hpp>
#include <resil/retry.hpp>
#include <resil/service/detail/series_list.hpp>
#include <resil/service/metrics.hpp>
#include <resil/service/metrics_options.hpp>
#include <resil/service/policy_metrics.hpp>
#include <resil/service/prometheus_text.hpp>
#include <resil/timeout.hpp>
#include <resil/timer_service.hpp>
#include <resil/verdict.hpp>

#include <resil/bulkhead.ipp>
#include <resil/circuit_breaker.ipp>
#include <resil/core/backoff.ipp>
#include <resil/core/bulkhead_machine.ipp>
#include <resil/core/bulkhead_options.ipp>
#include <resil/core/circuit_machine.ipp>
#include <resil/core/circuit_measure.ipp>
#include <resil/core/circuit_options.ipp>
#include <resil/core/circuit_probes.ipp>
#include <resil/core/circuit_rules.ipp>
#include <resil/core/health_text.ipp>
#include <resil/core/latency_histogram.ipp>
#include <resil/core/metric_text.ipp>
#include <resil/core/option_check.ipp>
#include <resil/core/pool_gate.ipp>
#include <resil/core/pool_generations.ipp>
#include <resil/core/pool_histogram.ipp>
#include <resil/core/pool_machine.ipp>
#include <resil/core/pool_opener.ipp>
#include <resil/core/pool_options.ipp>
#include <resil/core/pool_pump.ipp>
#include <resil/core/pool_queue.ipp>
#include <resil/core/pool_reports.ipp>
#include <resil/core/pool_rules.ipp>
#include <resil/core/pool_slots.ipp>
#include <resil/core/pool_stock.ipp>
#include <resil/core/pool_warm_ups.ipp>
#include <resil/core/retry_budget.ipp>
#include <resil/core/retry_decision.ipp>
#include <resil/core/timer_wheel.ipp>
#include <resil/deadline.ipp>
#include <resil/detail/entropy.ipp>
#include <resil/detail/pipeline_order.ipp>
#include <resil/detail/policy_description.ipp>
#include <resil/error.ipp>
#include <resil/retry.ipp>
#include <resil/service/detail/series_list.ipp>
#include <resil/service/metrics.ipp>
#include <resil/service/metrics_options.ipp>
#include <resil/service/policy_metrics.ipp>
#include <resil/service/prometheus_text.ipp>
#include <resil/timeout.ipp>
#include <resil/timer_service.ipp>
#include <resil/verdict.ipp>

#endif // RESIL_SRC_HPP
