// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_ENTROPY_HPP
#define RESIL_DETAIL_ENTROPY_HPP

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
inline std::array<std::uint64_t, 2> random_words()
{
    std::array<std::uint64_t, 2> words{};
#if defined(__unix__) || defined(__APPLE__)
    if (::getentropy(words.data(), sizeof(words)) != 0) {
        throw std::system_error(errno, std::generic_category(), "resil: getentropy");
    }
#else
    std::random_device source;
    for (auto& word : words) {
        word = (std::uint64_t(source()) << 32) | source();
    }
#endif
    return words;
}

/// Makes an idempotency key that nobody can guess, and no forked process repeats.
inline core::idempotency_key random_key()
{
    auto const words = random_words();
    return core::idempotency_key(words[0], words[1]);
}

} // namespace resil::detail

#endif // RESIL_DETAIL_ENTROPY_HPP
