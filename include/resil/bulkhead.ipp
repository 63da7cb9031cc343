// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_BULKHEAD_IPP
#define RESIL_BULKHEAD_IPP

// The bodies of bulkhead.hpp, which includes this unless they are compiled apart; see src.hpp.

#include <utility>

namespace resil::detail {

shared_bulkhead::shared_bulkhead(bulkhead_options o)
    : options(std::move(o)), machine(options), gate(machine)
{
}

bool shared_bulkhead::grant(core::bulkhead_waiter* waiter) noexcept
{
    if (!waiter) {
        return false;
    }
    auto& seat = static_cast<bulkhead_seat&>(*waiter);
    try {
        seat.grant(seat);
        return true;
    } catch (...) {
        machine.handover_failed(seat);
        return false;
    }
}

void shared_bulkhead::pump() noexcept
{
    while (grant(machine.grant_next())) {
    }
}

} // namespace resil::detail

#endif // RESIL_BULKHEAD_IPP
