// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_HTTP_HTTP_HPP
#define RESIL_HTTP_HTTP_HPP

/// @file
/// All of the HTTP adapter, for Boost.Beast; CMake target `resil::http`.

#include <resil/http/deadline_header.hpp>
#include <resil/http/error.hpp>
#include <resil/http/field_value.hpp>
#include <resil/http/header_counters.hpp>
#include <resil/http/http_date.hpp>
#include <resil/http/idempotency_key.hpp>
#include <resil/http/judge_response.hpp>
#include <resil/http/retry_after.hpp>
#include <resil/http/status.hpp>

#endif // RESIL_HTTP_HTTP_HPP
