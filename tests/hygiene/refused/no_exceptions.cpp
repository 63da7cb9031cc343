// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// expected: resil needs exceptions: compile without -fno-exceptions

#include <resil/resil.hpp>
