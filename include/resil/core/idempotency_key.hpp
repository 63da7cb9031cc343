// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_IDEMPOTENCY_KEY_HPP
#define RESIL_CORE_IDEMPOTENCY_KEY_HPP

#include <resil/config.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace resil::core {

/// How long a caller's own key may be: Stripe's limit, the smallest of the known services.
inline constexpr std::size_t max_key_length = 255;

/**
 * Says whether a text may serve as an idempotency key: 1 to 255 visible ASCII characters.
 *
 * Spaces, control characters and everything beyond ASCII are refused, so a key can be written
 * into a header, bare or quoted, without splitting it.
 */
constexpr bool valid_key(std::string_view key) noexcept
{
    if (key.empty() || key.size() > max_key_length) {
        return false;
    }
    for (char const c : key) {
        if (c < '!' || c > '~') {
            return false;
        }
    }
    return true;
}

/**
 * Holds a generated idempotency key: a UUID of version 4, as text of 36 characters.
 *
 * 122 of its 128 bits are random, which is what the IETF draft on the Idempotency-Key header
 * and RFC 9562, section 5.4, ask for. The words must come from the system's random source: a
 * key that can be guessed lets another client read this client's stored result.
 *
 * A plain value of 36 bytes; nothing allocates, nothing throws. Thread safety: distinct
 * objects.
 */
class idempotency_key
{
public:
    /// Writes the key that belongs to 128 random bits; six of them are replaced by version and
    /// variant.
    constexpr idempotency_key(std::uint64_t high, std::uint64_t low) noexcept
    {
        high = (high & ~0xf000ULL) | 0x4000ULL;
        low = (low & ~(0b11ULL << 62)) | (0b10ULL << 62);

        std::size_t place = 0;
        for (int nibble = 0; nibble < 32; ++nibble) {
            if (nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20) {
                text_[place++] = '-';
            }
            std::uint64_t const word = nibble < 16 ? high : low;
            text_[place++] = "0123456789abcdef"[(word >> (60 - nibble % 16 * 4)) & 0xf];
        }
    }

    /// Returns the key as text; valid as long as this object.
    constexpr std::string_view view() const noexcept { return {text_.data(), text_.size()}; }

    friend bool operator==(idempotency_key const&, idempotency_key const&) = default;

private:
    std::array<char, 36> text_{};
};

} // namespace resil::core

#endif // RESIL_CORE_IDEMPOTENCY_KEY_HPP
