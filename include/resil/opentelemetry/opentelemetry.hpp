// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_OPENTELEMETRY_OPENTELEMETRY_HPP
#define RESIL_OPENTELEMETRY_OPENTELEMETRY_HPP

/// @file
/// All of the adapter for OpenTelemetry, of whose API it needs the headers; CMake target `resil::opentelemetry`. Its
/// namespace is `resil::otel`, so that `opentelemetry` always means the other one.

#include <resil/opentelemetry/metrics_observer.hpp>
#include <resil/opentelemetry/span_observer.hpp>
#include <resil/opentelemetry/state_meter.hpp>

#endif // RESIL_OPENTELEMETRY_OPENTELEMETRY_HPP
