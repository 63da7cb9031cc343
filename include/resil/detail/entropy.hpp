// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_ENTROPY_HPP
#define RESIL_DETAIL_ENTROPY_HPP

#include <resil/config.hpp>
#include <resil/core/idempotency_key.hpp>

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

#if defined(__unix__) || defined(__APPLE__)
#include <sys/random.h>
#include <unistd.h>
#else
#include <random>
#endif

namespace resil::detail {

/// Reads 128 bits from the system's random source; throws `std::system_error` if it fails.
RESIL_DECL std::array<std::uint64_t, 2> random_words();

/// Makes an idempotency key that nobody can guess, and no forked process repeats.
RESIL_DECL core::idempotency_key random_key();

} // namespace resil::detail

#ifndef RESIL_SEPARATE_COMPILATION
#include <resil/detail/entropy.ipp>
#endif

#endif // RESIL_DETAIL_ENTROPY_HPP
