// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_POOL_SEATS_HPP
#define RESIL_DETAIL_POOL_SEATS_HPP

#include <resil/core/pool_slot.hpp>

// Places of those who wait for something of a pool, and how they are told that they have got an
// answer. `deliver` sends the news. It is called under the pool's lock, so that the context of
// who waits cannot be destroyed between the decision and the message; it throws if there is no
// memory for that.

namespace resil::detail {

/// Waits for a connection.
struct pool_seat : core::pool_waiter
{
    void (*deliver)(pool_seat&) = nullptr;
};

/// Waits for a number of connections to be there.
struct warm_up_seat : core::pool_warm_up
{
    void (*deliver)(warm_up_seat&) = nullptr;
};

/// Waits for the end of a drain.
struct drain_seat
{
    drain_seat* prev = nullptr;
    drain_seat* next = nullptr;
    bool queued = false;
    void (*deliver)(drain_seat&) = nullptr;
};

} // namespace resil::detail

#endif // RESIL_DETAIL_POOL_SEATS_HPP
