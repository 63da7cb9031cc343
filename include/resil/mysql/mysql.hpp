// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_MYSQL_MYSQL_HPP
#define RESIL_MYSQL_MYSQL_HPP

/// @file
/// All of the adapter for MySQL and MariaDB, on Boost.MySQL; CMake target `resil::mysql`.

#include <resil/mysql/classify.hpp>
#include <resil/mysql/connection.hpp>
#include <resil/mysql/connector.hpp>

#endif // RESIL_MYSQL_MYSQL_HPP
