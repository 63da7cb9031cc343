// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_SHA256_HPP
#define RESIL_CORE_SHA256_HPP

#include <resil/config.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace resil::core {

/// What SHA-256 makes of a text.
using sha256_digest = std::array<std::uint8_t, 32>;

/**
 * Computes SHA-256 (FIPS 180-4), piece by piece.
 *
 * For telling payloads apart where collisions must not be made on purpose. Nothing allocates or throws. Thread safety:
 * distinct objects.
 */
class sha256
{
public:
    /// Adds a piece.
    constexpr void add(std::string_view piece) noexcept
    {
        for (char const c : piece) {
            add_byte(static_cast<std::uint8_t>(c));
        }
        length_ += piece.size();
    }

    /// Ends the text, and returns its digest. The object is of no further use.
    constexpr sha256_digest finish() noexcept
    {
        std::uint64_t const bits = length_ * 8;
        add_byte(0x80);
        while (filled_ != 56) {
            add_byte(0);
        }
        for (int shift = 56; shift >= 0; shift -= 8) {
            add_byte(static_cast<std::uint8_t>(bits >> shift));
        }
        sha256_digest digest{};
        for (std::size_t i = 0; i != digest.size(); ++i) {
            digest[i] = static_cast<std::uint8_t>(state_[i / 4] >> (24 - 8 * (i % 4)));
        }
        return digest;
    }

private:
    static constexpr std::array<std::uint32_t, 64> constants{
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

    constexpr void add_byte(std::uint8_t byte) noexcept
    {
        block_[filled_] = byte;
        if (++filled_ == block_.size()) {
            filled_ = 0;
            mix();
        }
    }

    constexpr std::array<std::uint32_t, 64> schedule() const noexcept
    {
        std::array<std::uint32_t, 64> w{};
        for (std::size_t i = 0; i != 64; ++i) {
            w[i / 4] = (w[i / 4] << 8) | block_[i];
        }
        for (std::size_t i = 16; i != 64; ++i) {
            std::uint32_t const a = std::rotr(w[i - 15], 7) ^ std::rotr(w[i - 15], 18) ^ (w[i - 15] >> 3);
            std::uint32_t const b = std::rotr(w[i - 2], 17) ^ std::rotr(w[i - 2], 19) ^ (w[i - 2] >> 10);
            w[i] = w[i - 16] + a + w[i - 7] + b;
        }
        return w;
    }

    constexpr void mix() noexcept
    {
        auto const w = schedule();
        auto s = state_;
        for (std::size_t i = 0; i != 64; ++i) {
            std::uint32_t const e = std::rotr(s[4], 6) ^ std::rotr(s[4], 11) ^ std::rotr(s[4], 25);
            std::uint32_t const chosen = (s[4] & s[5]) ^ (~s[4] & s[6]);
            std::uint32_t const first = s[7] + e + chosen + constants[i] + w[i];
            std::uint32_t const a = std::rotr(s[0], 2) ^ std::rotr(s[0], 13) ^ std::rotr(s[0], 22);
            std::uint32_t const majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
            s = {first + a + majority, s[0], s[1], s[2], s[3] + first, s[4], s[5], s[6]};
        }
        for (std::size_t i = 0; i != 8; ++i) {
            state_[i] += s[i];
        }
    }

    std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    std::array<std::uint8_t, 64> block_{};
    std::size_t filled_ = 0;
    std::uint64_t length_ = 0;
};

} // namespace resil::core

#endif // RESIL_CORE_SHA256_HPP
