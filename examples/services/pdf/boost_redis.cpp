// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Boost.Redis is compiled here, once.
#include <boost/redis/src.hpp>
