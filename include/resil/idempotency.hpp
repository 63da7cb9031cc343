// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_IDEMPOTENCY_HPP
#define RESIL_IDEMPOTENCY_HPP

#include <resil/config.hpp>

#include <string_view>

namespace resil {

/**
 * States whether an operation may be repeated after its outcome was lost.
 *
 * It is stated by the caller, never guessed. RFC 9110, section 9.2.2, says which HTTP methods are idempotent.
 */
enum class idempotency
{
    unsafe, ///< Repeat only failures that prove that the request was never sent. The default.
    safe,   ///< Repeat freely: doing it twice is as doing it once.
    keyed,  ///< Repeat freely, because every attempt carries the same idempotency key.
};

/// Returns the name of the kind, as it is spelt in the enumeration.
constexpr std::string_view to_string(idempotency kind) noexcept
{
    switch (kind) {
    case idempotency::unsafe: return "unsafe";
    case idempotency::safe: return "safe";
    case idempotency::keyed: return "keyed";
    }
    return "unknown";
}

} // namespace resil

#endif // RESIL_IDEMPOTENCY_HPP
