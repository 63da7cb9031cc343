// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_IDEMPOTENCY_RECORD_HPP
#define RESIL_CORE_IDEMPOTENCY_RECORD_HPP

#include <resil/config.hpp>
#include <resil/core/sha256.hpp>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace resil {

/// Names one execution: the same key of another tenant, or at another endpoint, is another one.
struct execution_name
{
    std::string tenant{};   ///< Who asks; empty where there is but one.
    std::string endpoint{}; ///< What is asked for, as "POST /orders".
    std::string key{};      ///< The client's `Idempotency-Key`.

    /// Says whether two name the same execution.
    bool operator==(execution_name const&) const = default;
    /// Orders names, for tables.
    auto operator<=>(execution_name const&) const = default;
};

/// Tells whether two requests with one key ask for the same.
using payload_fingerprint = core::sha256_digest;

/// Computes a fingerprint of parts, each of which counts with its length. Throws nothing.
inline payload_fingerprint fingerprint_of(std::initializer_list<std::string_view> parts) noexcept
{
    core::sha256 sum;
    for (std::string_view const part : parts) {
        std::uint64_t const size = part.size();
        char length[8];
        for (int i = 0; i != 8; ++i) {
            length[i] = static_cast<char>(size >> (8 * i));
        }
        sum.add({length, sizeof length});
        sum.add(part);
    }
    return sum.finish();
}

/// What an execution was answered with, and is again.
struct stored_answer
{
    unsigned status = 0;                                          ///< An HTTP status.
    std::vector<std::pair<std::string, std::string>> fields{};    ///< Those of the header that are kept.
    std::string body{};                                           ///< As it was sent.

    /// Says whether two answers are the same.
    bool operator==(stored_answer const&) const = default;
};

/// What a store says to a request with a key.
enum class claim_state : unsigned char
{
    begun,     ///< Nobody has executed this: do it, then complete or abandon it.
    in_flight, ///< Somebody is executing it.
    done,      ///< It was executed; here is the answer.
    forgotten, ///< It was executed, and its answer was too large to be kept.
    different, ///< The key was used for something else.
    full,      ///< There is no room for another key.
};

/// What a store says, with what belongs to it.
struct execution_claim
{
    claim_state state = claim_state::full; ///< Which it is.
    std::uint64_t lease = 0;               ///< For `begun`: what completes or abandons this execution, and no other.
    stored_answer answer{};                ///< For `done`.
};

} // namespace resil

#endif // RESIL_CORE_IDEMPOTENCY_RECORD_HPP
