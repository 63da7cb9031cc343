// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_COMPILED_PARTS_HPP
#define RESIL_TESTS_COMPILED_PARTS_HPP

#include <boost/asio/awaitable.hpp>

// Each returns whether all went as it should; the two source files use the same parts of resil.
boost::asio::awaitable<bool> every_policy_works();
boost::asio::awaitable<bool> a_pool_works();

#endif
