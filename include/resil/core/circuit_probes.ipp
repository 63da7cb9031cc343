// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_CIRCUIT_PROBES_IPP
#define RESIL_CORE_CIRCUIT_PROBES_IPP

// The bodies of core/circuit_probes.hpp, which includes this unless they are compiled apart; see src.hpp.

#include <algorithm>

namespace resil::core {

bool circuit_probes::full(int round) const noexcept
{
    return busy_ + successes_ + failures_ >= static_cast<std::uint64_t>(round);
}

std::uint32_t circuit_probes::begin(time_point lease_end) noexcept
{
    auto& free = *find(0);
    last_number_ = last_number_ % UINT32_MAX + 1;
    free = {last_number_, lease_end};
    ++busy_;
    return last_number_;
}

bool circuit_probes::release(std::uint32_t number) noexcept
{
    auto const found = find(number);
    if (number == 0 || found == places_.end()) {
        return false;
    }
    *found = {};
    --busy_;
    return true;
}

std::optional<time_point> circuit_probes::expire_one(time_point now) noexcept
{
    auto const first = std::min_element(places_.begin(), places_.end(), sooner);
    if (first->number == 0 || first->lease_end > now) {
        return {};
    }
    auto const ended = first->lease_end;
    release(first->number);
    return ended;
}

duration circuit_probes::next_lease_end(time_point now) const noexcept
{
    auto const first = std::min_element(places_.begin(), places_.end(), sooner);
    return first->number == 0 ? duration::zero() : until(now, first->lease_end);
}

std::uint64_t circuit_probes::in_flight(time_point now) const noexcept
{
    auto const running = [now](place const& p) {
        return p.number != 0 && p.lease_end > now;
    };
    return static_cast<std::uint64_t>(
        std::count_if(places_.begin(), places_.end(), running));
}

void circuit_probes::clear() noexcept
{
    std::fill(places_.begin(), places_.end(), place());
    busy_ = 0;
    successes_ = 0;
    failures_ = 0;
}

circuit_probes circuit_probes::resized(int places) const
{
    circuit_probes made(std::max(places, static_cast<int>(busy_)));
    auto const taken = [](place const& p) { return p.number != 0; };
    std::copy_if(places_.begin(), places_.end(), made.places_.begin(), taken);
    made.busy_ = busy_;
    made.last_number_ = last_number_;
    return made;
}

bool circuit_probes::sooner(place const& a, place const& b) noexcept
{
    return (a.number != 0) != (b.number != 0) ? a.number != 0 : a.lease_end < b.lease_end;
}

std::vector<circuit_probes::place>::iterator circuit_probes::find(std::uint32_t number) noexcept
{
    return std::find_if(places_.begin(), places_.end(),
                        [number](place const& p) { return p.number == number; });
}

} // namespace resil::core

#endif // RESIL_CORE_CIRCUIT_PROBES_IPP
