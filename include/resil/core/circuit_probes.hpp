// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_CIRCUIT_PROBES_HPP
#define RESIL_CORE_CIRCUIT_PROBES_HPP

#include <resil/config.hpp>
#include <resil/core/saturate.hpp>
#include <resil/error.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace resil::core {

/**
 * Keeps the probes of a half-open circuit: who is in flight, until when, and who won or lost.
 *
 * A probe holds one of a fixed number of places, with a lease, under a number of its own; the
 * number of a probe that reported, gave up or ran out of time means nothing any more.
 *
 * Thread safety: none. The constructor and `resized` allocate, nothing else. Members look at
 * every place once.
 */
class circuit_probes
{
public:
    /// Has so many places; >= 1.
    explicit circuit_probes(int places) : places_(static_cast<std::size_t>(places)) {}

    /// Says whether a round of so many probes has no place left: reported ones keep theirs.
    RESIL_DECL bool full(int round) const noexcept;

    /// Starts a probe whose lease ends then, and returns its number, never zero. Not when
    /// `full`.
    RESIL_DECL std::uint32_t begin(time_point lease_end) noexcept;

    /// Frees the place of a probe; false if it holds none.
    RESIL_DECL bool release(std::uint32_t number) noexcept;

    /// Frees the place whose lease ended first, if one has, and returns when that was.
    RESIL_DECL std::optional<time_point> expire_one(time_point now) noexcept;

    /// Returns how long it is until the first lease ends; zero if none is running.
    RESIL_DECL duration next_lease_end(time_point now) const noexcept;

    /// Returns how many probes have a lease that has not ended.
    RESIL_DECL std::uint64_t in_flight(time_point now) const noexcept;

    void count_success() noexcept { ++successes_; }
    void count_failure() noexcept { ++failures_; }
    std::uint64_t successes() const noexcept { return successes_; }
    std::uint64_t failures() const noexcept { return failures_; }

    /// Frees all places and starts counting anew.
    RESIL_DECL void clear() noexcept;

    /// Returns as many places, or more if more are taken now, with the same probes in them; it
    /// counts anew.
    RESIL_DECL circuit_probes resized(int places) const;

private:
    struct place
    {
        std::uint32_t number = 0; // zero: free
        time_point lease_end = time_point::max();
    };

    // Free places come last, whatever the leases.
    RESIL_DECL static bool sooner(place const& a, place const& b) noexcept;

    RESIL_DECL std::vector<place>::iterator find(std::uint32_t number) noexcept;

    std::vector<place> places_;
    std::uint64_t busy_ = 0;
    std::uint64_t successes_ = 0;
    std::uint64_t failures_ = 0;
    std::uint32_t last_number_ = 0;
};

} // namespace resil::core

#ifndef RESIL_SEPARATE_COMPILATION
#include <resil/core/circuit_probes.ipp>
#endif

#endif // RESIL_CORE_CIRCUIT_PROBES_HPP
