// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_CIRCUIT_PROBES_HPP
#define RESIL_CORE_CIRCUIT_PROBES_HPP

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
    bool full(int round) const noexcept
    {
        return busy_ + successes_ + failures_ >= static_cast<std::uint64_t>(round);
    }

    /// Starts a probe whose lease ends then, and returns its number, never zero. Not when
    /// `full`.
    std::uint32_t begin(time_point lease_end) noexcept
    {
        auto& free = *find(0);
        last_number_ = last_number_ % UINT32_MAX + 1;
        free = {last_number_, lease_end};
        ++busy_;
        return last_number_;
    }

    /// Frees the place of a probe; false if it holds none.
    bool release(std::uint32_t number) noexcept
    {
        auto const found = find(number);
        if (number == 0 || found == places_.end()) {
            return false;
        }
        *found = {};
        --busy_;
        return true;
    }

    /// Frees the place whose lease ended first, if one has, and returns when that was.
    std::optional<time_point> expire_one(time_point now) noexcept
    {
        auto const first = std::min_element(places_.begin(), places_.end(), sooner);
        if (first->number == 0 || first->lease_end > now) {
            return {};
        }
        auto const ended = first->lease_end;
        release(first->number);
        return ended;
    }

    /// Returns how long it is until the first lease ends; zero if none is running.
    duration next_lease_end(time_point now) const noexcept
    {
        auto const first = std::min_element(places_.begin(), places_.end(), sooner);
        return first->number == 0 ? duration::zero() : until(now, first->lease_end);
    }

    /// Returns how many probes have a lease that has not ended.
    std::uint64_t in_flight(time_point now) const noexcept
    {
        auto const running = [now](place const& p) {
            return p.number != 0 && p.lease_end > now;
        };
        return static_cast<std::uint64_t>(
            std::count_if(places_.begin(), places_.end(), running));
    }

    void count_success() noexcept { ++successes_; }
    void count_failure() noexcept { ++failures_; }
    std::uint64_t successes() const noexcept { return successes_; }
    std::uint64_t failures() const noexcept { return failures_; }

    /// Frees all places and starts counting anew.
    void clear() noexcept
    {
        std::fill(places_.begin(), places_.end(), place());
        busy_ = 0;
        successes_ = 0;
        failures_ = 0;
    }

    /// Returns as many places, or more if more are taken now, with the same probes in them; it
    /// counts anew.
    circuit_probes resized(int places) const
    {
        circuit_probes made(std::max(places, static_cast<int>(busy_)));
        auto const taken = [](place const& p) { return p.number != 0; };
        std::copy_if(places_.begin(), places_.end(), made.places_.begin(), taken);
        made.busy_ = busy_;
        made.last_number_ = last_number_;
        return made;
    }

private:
    struct place
    {
        std::uint32_t number = 0; // zero: free
        time_point lease_end = time_point::max();
    };

    // Free places come last, whatever the leases.
    static bool sooner(place const& a, place const& b) noexcept
    {
        return (a.number != 0) != (b.number != 0) ? a.number != 0 : a.lease_end < b.lease_end;
    }

    std::vector<place>::iterator find(std::uint32_t number) noexcept
    {
        return std::find_if(places_.begin(), places_.end(),
                            [number](place const& p) { return p.number == number; });
    }

    std::vector<place> places_;
    std::uint64_t busy_ = 0;
    std::uint64_t successes_ = 0;
    std::uint64_t failures_ = 0;
    std::uint32_t last_number_ = 0;
};

} // namespace resil::core

#endif // RESIL_CORE_CIRCUIT_PROBES_HPP
