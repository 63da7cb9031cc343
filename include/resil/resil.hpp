// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_HPP
#define RESIL_HPP

#include <resil/attempt.hpp>
#include <resil/bulkhead.hpp>
#include <resil/circuit_breaker.hpp>
#include <resil/config.hpp>
#include <resil/connection_fault.hpp>
#include <resil/connection_pool.hpp>
#include <resil/deadline.hpp>
#include <resil/error.hpp>
#include <resil/event.hpp>
#include <resil/fallback.hpp>
#include <resil/format.hpp>
#include <resil/idempotency.hpp>
#include <resil/keyed.hpp>
#include <resil/pipeline.hpp>
#include <resil/pool_set.hpp>
#include <resil/result.hpp>
#include <resil/retry.hpp>
#include <resil/sharded_pool.hpp>
#include <resil/timeout.hpp>
#include <resil/timer_service.hpp>
#include <resil/verdict.hpp>
#include <resil/version.hpp>

#endif // RESIL_HPP
