// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Boost.Redis, compiled once for all tests of this group.
#include <boost/redis/src.hpp>
