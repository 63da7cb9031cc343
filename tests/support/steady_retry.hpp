// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_SUPPORT_STEADY_RETRY_HPP
#define RESIL_TESTS_SUPPORT_STEADY_RETRY_HPP

#include <resil/retry.hpp>

#include <chrono>

namespace support {

/// Repeats safely, after exactly so long each time.
inline resil::retry_options steady(int attempts = 3,
                                   resil::duration delay = std::chrono::milliseconds(10))
{
    return {.max_attempts = attempts,
            .backoff = resil::backoff::fixed(delay),
            .jitter = resil::jitter::none,
            .idempotency = resil::idempotency::safe};
}

} // namespace support

#endif // RESIL_TESTS_SUPPORT_STEADY_RETRY_HPP
