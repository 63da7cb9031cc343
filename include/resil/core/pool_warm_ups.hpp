// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_POOL_WARM_UPS_HPP
#define RESIL_CORE_POOL_WARM_UPS_HPP

#include <resil/core/pool_counts.hpp>
#include <resil/core/pool_list.hpp>
#include <resil/core/pool_slot.hpp>
#include <resil/error.hpp>

#include <algorithm>
#include <cstddef>

namespace resil::core {

/// The warm-ups that are not over. Each function looks at all of them: there are few.
class pool_warm_ups
{
public:
    pool_warm_ups(pool_counts const& counts, pool_actions& actions) noexcept
        : counts_(counts), actions_(actions)
    {
    }

    /// Says whether there is none.
    bool empty() const noexcept { return list_.front() == nullptr; }

    /// Returns how many connections the largest one wants.
    std::size_t wanted() const noexcept
    {
        std::size_t most = 0;
        for (auto const* one = list_.front(); one != nullptr; one = one->next) {
            most = std::max(most, one->wanted);
        }
        return most;
    }

    /// Adds one; also one that was among the actions and could not be told.
    void push(pool_warm_up& one) noexcept
    {
        if (one.why != pool_failure::none) {
            one.deadline = time_point::min();
        }
        one.queued = true;
        list_.insert(one, nullptr);
    }

    /// Takes one out, without a word.
    void remove(pool_warm_up& one, pool_failure why) noexcept
    {
        list_.erase(one);
        one.queued = false;
        one.why = why;
        if (why != pool_failure::none && why != pool_failure::connect_failed) {
            one.error = counts_.connect_trouble();
        }
    }

    /// Ends those for whom there are enough connections.
    void reach(std::size_t usable) noexcept
    {
        end_if(
            [&](auto const& one) {
                return one.wanted <= usable && one.why == pool_failure::none;
            },
            pool_failure::none);
    }

    /// Fails those whose deadline has passed.
    void expire(time_point now) noexcept
    {
        end_if([&](auto const& one) { return one.deadline <= now; }, pool_failure::timed_out);
    }

    /// Fails those that want more than there can be.
    void limit(std::size_t most) noexcept
    {
        end_if([&](auto const& one) { return one.wanted > most; }, pool_failure::too_many);
    }

    /// Fails all of them.
    void fail_all(pool_failure why, error_code error) noexcept
    {
        for (auto* one = list_.front(); one != nullptr; one = one->next) {
            one->error = one->why == pool_failure::none ? error : one->error;
        }
        end_if([](auto const&) { return true; }, why);
    }

private:
    template <class Test>
    void end_if(Test test, pool_failure why) noexcept
    {
        for (pool_warm_up* one = list_.front(); one != nullptr;) {
            pool_warm_up* const next = one->next;
            if (test(*one)) {
                remove(*one, one->why != pool_failure::none ? one->why : why);
                actions_.add(*one);
            }
            one = next;
        }
    }

    pool_list<pool_warm_up> list_{};
    pool_counts const& counts_;
    pool_actions& actions_;
};

} // namespace resil::core

#endif // RESIL_CORE_POOL_WARM_UPS_HPP
