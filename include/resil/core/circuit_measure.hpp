// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_CIRCUIT_MEASURE_HPP
#define RESIL_CORE_CIRCUIT_MEASURE_HPP

#include <resil/config.hpp>
#include <resil/core/circuit_options.hpp>
#include <resil/core/saturate.hpp>
#include <resil/error.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace resil::core {

/// How many calls there were, and what became of them.
struct circuit_totals
{
    std::uint64_t calls = 0;
    std::uint64_t failures = 0;
    std::uint64_t slow = 0;

    constexpr circuit_totals& operator+=(circuit_totals const& other) noexcept
    {
        calls += other.calls;
        failures += other.failures;
        slow += other.slow;
        return *this;
    }

    constexpr circuit_totals& operator-=(circuit_totals const& other) noexcept
    {
        calls -= other.calls;
        failures -= other.failures;
        slow -= other.slow;
        return *this;
    }

    friend bool operator==(circuit_totals const&, circuit_totals const&) = default;
};

/**
 * Counts the calls of a circuit breaker's window, and forgets those that left it.
 *
 * A time window is a ring of buckets: a call belongs to the bucket of its moment, and the
 * window is the newest bucket and those before it. A count window is a ring of calls. In
 * consecutive mode, all calls since `clear` are counted.
 *
 * Thread safety: none. Allocates in the constructor and in `resized` only. Recording takes
 * constant time, apart from emptying the buckets that passed since the last call.
 */
class circuit_measure
{
public:
    /// Starts empty; the window has been validated.
    RESIL_DECL explicit circuit_measure(circuit_window window);

    /// Counts a call that ended at `now`, which does not go backwards.
    RESIL_DECL void record(bool failed, bool slow, time_point now) noexcept;

    /// Counts so many calls that succeeded, at once. Takes as many steps, or as the window has
    /// if that is less.
    RESIL_DECL void record_successes(std::uint64_t calls, time_point now) noexcept;

    /// Returns the end of the bucket that a moment belongs to, or less: a call from then on may
    /// belong to another one, a call before does not. Without buckets there is no end.
    RESIL_DECL time_point bucket_end(time_point t) const noexcept;

    /// Returns what the window held when the last call was recorded.
    circuit_totals const& totals() const noexcept { return totals_; }

    /// Returns what the window holds at a later moment. Looks at every bucket.
    RESIL_DECL circuit_totals totals(time_point now) const noexcept;

    /// Forgets all calls.
    RESIL_DECL void clear() noexcept;

    /// Returns a measure of another window that holds the same calls, as far as they fit into
    /// it; of another kind of window: none. What a bucket held counts as having ended when it
    /// began.
    RESIL_DECL circuit_measure resized(circuit_window window) const;

private:
    duration width() const noexcept { return window_.span() / window_.size(); }

    std::int64_t tick(time_point t) const noexcept { return t.time_since_epoch() / width(); }

    RESIL_DECL std::size_t index(std::int64_t tick) const noexcept;

    // An empty window may start anywhere; else all buckets that passed are emptied.
    RESIL_DECL void add(circuit_totals const& some, std::int64_t tick) noexcept;

    // Until the ring is full, `oldest_` stays at its first place.
    RESIL_DECL void push(circuit_totals const& one) noexcept;

    static constexpr unsigned char pack(circuit_totals const& one) noexcept
    {
        return static_cast<unsigned char>(one.failures | one.slow << 1);
    }

    static constexpr circuit_totals unpack(std::uint64_t bits) noexcept
    {
        return {1, bits & 1U, bits >> 1U};
    }

    circuit_window window_;
    circuit_totals totals_{};
    std::vector<circuit_totals> buckets_{}; // time
    std::int64_t newest_ = 0;               // the tick of the newest bucket
    std::vector<unsigned char> calls_{};    // count: bit 0 failed, bit 1 slow
    std::size_t oldest_ = 0;                // the place of the oldest call in a full ring
};

} // namespace resil::core

#ifndef RESIL_SEPARATE_COMPILATION
#include <resil/core/circuit_measure.ipp>
#endif

#endif // RESIL_CORE_CIRCUIT_MEASURE_HPP
