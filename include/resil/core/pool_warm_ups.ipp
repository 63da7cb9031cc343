// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_POOL_WARM_UPS_IPP
#define RESIL_CORE_POOL_WARM_UPS_IPP

// The bodies of core/pool_warm_ups.hpp, which includes this unless they are compiled apart; see src.hpp.

#include <algorithm>

namespace resil::core {

pool_warm_ups::pool_warm_ups(pool_counts const& counts, pool_actions& actions) noexcept
    : counts_(counts), actions_(actions)
{
}

std::size_t pool_warm_ups::wanted() const noexcept
{
    std::size_t most = 0;
    for (auto const* one = list_.front(); one != nullptr; one = one->next) {
        most = std::max(most, one->wanted);
    }
    return most;
}

void pool_warm_ups::push(pool_warm_up& one) noexcept
{
    if (one.why != pool_failure::none) {
        one.deadline = time_point::min();
    }
    one.queued = true;
    list_.insert(one, nullptr);
}

void pool_warm_ups::remove(pool_warm_up& one, pool_failure why) noexcept
{
    list_.erase(one);
    one.queued = false;
    one.why = why;
    if (why != pool_failure::none && why != pool_failure::connect_failed) {
        one.error = counts_.connect_trouble();
    }
}

void pool_warm_ups::reach(std::size_t usable) noexcept
{
    end_if(
        [&](auto const& one) {
            return one.wanted <= usable && one.why == pool_failure::none;
        },
        pool_failure::none);
}

void pool_warm_ups::expire(time_point now) noexcept
{
    end_if([&](auto const& one) { return one.deadline <= now; }, pool_failure::timed_out);
}

void pool_warm_ups::limit(std::size_t most) noexcept
{
    end_if([&](auto const& one) { return one.wanted > most; }, pool_failure::too_many);
}

void pool_warm_ups::fail_all(pool_failure why, error_code error) noexcept
{
    for (auto* one = list_.front(); one != nullptr; one = one->next) {
        one->error = one->why == pool_failure::none ? error : one->error;
    }
    end_if([](auto const&) { return true; }, why);
}

} // namespace resil::core

#endif // RESIL_CORE_POOL_WARM_UPS_IPP
