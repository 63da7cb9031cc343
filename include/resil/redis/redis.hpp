// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_REDIS_REDIS_HPP
#define RESIL_REDIS_REDIS_HPP

/// @file
/// All of the adapter for Redis, on Boost.Redis; CMake target `resil::redis`.

#include <resil/redis/health_check.hpp>
#include <resil/redis/idempotency_store.hpp>
#include <resil/redis/link.hpp>

#endif // RESIL_REDIS_REDIS_HPP
