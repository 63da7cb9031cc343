// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// expected: resil needs C++20 or later: compile with -std=c++20, or ask CMake for cxx_std_20

#include <resil/resil.hpp>
