// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_CACHE_LINE_HPP
#define RESIL_CORE_CACHE_LINE_HPP

#include <resil/config.hpp>

#include <cstddef>

namespace resil::core {

/// How far apart two words are kept that different threads write. The standard's constant may
/// differ between translation units, and GCC warns of it.
inline constexpr std::size_t cache_line = 64;

} // namespace resil::core

#endif // RESIL_CORE_CACHE_LINE_HPP
