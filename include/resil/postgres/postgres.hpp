// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_POSTGRES_POSTGRES_HPP
#define RESIL_POSTGRES_POSTGRES_HPP

/// @file
/// All of the PostgreSQL adapter, on libpq; CMake target `resil::postgres`.

#include <resil/postgres/classify.hpp>
#include <resil/postgres/connection.hpp>
#include <resil/postgres/connector.hpp>
#include <resil/postgres/conninfo.hpp>
#include <resil/postgres/error.hpp>
#include <resil/postgres/parameters.hpp>
#include <resil/postgres/result.hpp>
#include <resil/postgres/settings.hpp>

#endif // RESIL_POSTGRES_POSTGRES_HPP
