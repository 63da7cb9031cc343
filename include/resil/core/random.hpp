// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_RANDOM_HPP
#define RESIL_CORE_RANDOM_HPP

#include <resil/config.hpp>

#include <atomic>
#include <cstdint>

namespace resil::core {

/// The step of splitmix64: 2^64 divided by the golden ratio, made odd.
inline constexpr std::uint64_t golden_step = 0x9e37'79b9'7f4a'7c15ULL;

/**
 * Mixes the bits of a word: the output function of splitmix64.
 *
 * A bijection, so distinct words stay distinct. Source: Steele, Lea and Flood, "Fast splittable
 * pseudorandom number generators", OOPSLA 2014; constants of Vigna's splitmix64.c.
 */
constexpr std::uint64_t mix(std::uint64_t word) noexcept
{
    word = (word ^ (word >> 30)) * 0xbf58'476d'1ce4'e5b9ULL;
    word = (word ^ (word >> 27)) * 0x94d0'49bb'1331'11ebULL;
    return word ^ (word >> 31);
}

/// Turns a random word into a number in [0, 1): the upper 53 bits, which a double holds
/// exactly.
constexpr double to_unit(std::uint64_t word) noexcept
{
    return static_cast<double>(word >> 11) * 0x1.0p-53;
}

/**
 * Draws pseudorandom numbers for jitter: splitmix64, eight bytes of state.
 *
 * Not for secrets: an idempotency key needs words of the system's random source. Whoever makes
 * one seeds it, from the system's random source in production and with a constant in tests;
 * seeds from a clock would let a fleet that restarts together stay together.
 *
 * Period 2^64. A copy draws the same numbers. Thread safety: distinct objects only; see
 * `shared_generator`. Cost of a draw: about 1 ns.
 */
class generator
{
public:
    /// Starts the sequence that belongs to a seed; any seed is as good as any other.
    explicit constexpr generator(std::uint64_t seed) noexcept : state_(seed) {}

    /// Draws 64 bits.
    constexpr std::uint64_t next() noexcept { return mix(state_ += golden_step); }

    /// Draws a number in [0, 1).
    constexpr double unit() noexcept { return to_unit(next()); }

    friend bool operator==(generator const&, generator const&) = default;

private:
    std::uint64_t state_;
};

/**
 * Draws pseudorandom numbers for several threads; one thread alone sees `generator`'s sequence.
 *
 * Every draw takes the next place of one sequence, so no two draws share a place, whichever
 * threads make them.
 *
 * Thread safety: shared objects are safe; lock-free. Cost of a draw: one atomic addition.
 */
class shared_generator
{
public:
    /// Starts the sequence that belongs to a seed.
    explicit constexpr shared_generator(std::uint64_t seed) noexcept : state_(seed) {}

    shared_generator(shared_generator const&) = delete;
    shared_generator& operator=(shared_generator const&) = delete;

    /// Draws 64 bits.
    std::uint64_t next() noexcept
    {
        return mix(state_.fetch_add(golden_step, std::memory_order_relaxed) + golden_step);
    }

    /// Draws a number in [0, 1).
    double unit() noexcept { return to_unit(next()); }

private:
    std::atomic<std::uint64_t> state_;
};

} // namespace resil::core

#endif // RESIL_CORE_RANDOM_HPP
