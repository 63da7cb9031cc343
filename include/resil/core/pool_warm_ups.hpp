// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_POOL_WARM_UPS_HPP
#define RESIL_CORE_POOL_WARM_UPS_HPP

#include <resil/config.hpp>
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
    RESIL_DECL pool_warm_ups(pool_counts const& counts, pool_actions& actions) noexcept;

    /// Says whether there is none.
    bool empty() const noexcept { return list_.front() == nullptr; }

    /// Returns how many connections the largest one wants.
    RESIL_DECL std::size_t wanted() const noexcept;

    /// Adds one; also one that was among the actions and could not be told.
    RESIL_DECL void push(pool_warm_up& one) noexcept;

    /// Takes one out, without a word.
    RESIL_DECL void remove(pool_warm_up& one, pool_failure why) noexcept;

    /// Ends those for whom there are enough connections.
    RESIL_DECL void reach(std::size_t usable) noexcept;

    /// Fails those whose deadline has passed.
    RESIL_DECL void expire(time_point now) noexcept;

    /// Fails those that want more than there can be.
    RESIL_DECL void limit(std::size_t most) noexcept;

    /// Fails all of them.
    RESIL_DECL void fail_all(pool_failure why, error_code error) noexcept;

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

#ifndef RESIL_SEPARATE_COMPILATION
#include <resil/core/pool_warm_ups.ipp>
#endif

#endif // RESIL_CORE_POOL_WARM_UPS_HPP
