// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef STOREFRONT_CHECK_HPP
#define STOREFRONT_CHECK_HPP

#include <fmt/format.h>

#include <string_view>

/// As much of a test framework as these tests need: put yours in its place.
inline int failures = 0;

inline void check(bool holds, std::string_view what)
{
    if (!holds) {
        fmt::print(stderr, "failed: {}\n", what);
        ++failures;
    }
}

#endif // STOREFRONT_CHECK_HPP
