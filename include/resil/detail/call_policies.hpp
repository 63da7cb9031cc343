// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_CALL_POLICIES_HPP
#define RESIL_DETAIL_CALL_POLICIES_HPP

#include <resil/detail/policy_list.hpp>
#include <resil/verdict.hpp>

#include <cstddef>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace resil::detail {

/// Stands, where an outcome is judged, for no policy in particular.
struct any_policy
{
};

/// The policies of one call, kept alive by it: who observes, what it is called, how outcomes are judged.
template <class Policies>
class call_policies
{
public:
    using list = typename Policies::list;

    explicit call_policies(Policies policies) : policies_(std::move(policies)) {}

    template <std::size_t Position>
    auto const& get() const noexcept
    {
        return std::get<Position>(*policies_);
    }

    /// Says whether anybody is told an event.
    template <class Event>
    static constexpr bool observes() noexcept
    {
        return []<class... Ps>(std::tuple<Ps...> const*) {
            return (element_of<Ps>::template observes<Event> || ... || false);
        }(static_cast<list const*>(nullptr));
    }

    /// Tells an event to all who take it; an exception of theirs changes nothing.
    template <class Event>
    void tell(Event const& event) const noexcept
    {
        each([&](auto const& policy) {
            if constexpr (element_of<std::decay_t<decltype(policy)>>::template observes<Event>) {
                try {
                    policy.tell(event);
                } catch (...) {
                }
            }
        });
    }

    std::string_view name() const noexcept
    {
        std::string_view found;
        each([&](auto const& policy) {
            if constexpr (element_of<std::decay_t<decltype(policy)>>::names) {
                found = policy.name();
            }
        });
        return found;
    }

    /// Judges an outcome by a policy's own classifier, or else by the pipeline's.
    template <class Policy, class Outcome>
    judgement judge(Policy const& policy, Outcome const& outcome) const
    {
        if constexpr (requires { policy.classifier(); }) {
            return outcome.judged_by(policy.classifier());
        } else {
            return judge(outcome);
        }
    }

    template <std::size_t I = 0, class Outcome>
    judgement judge(Outcome const& outcome) const
    {
        if constexpr (I == std::tuple_size_v<list>) {
            return outcome.judged_by(judge_error());
        } else if constexpr (element_of<std::tuple_element_t<I, list>>::classifies) {
            return outcome.judged_by(get<I>().classifier());
        } else {
            return judge<I + 1>(outcome);
        }
    }

private:
    template <class Function>
    void each(Function f) const
    {
        std::apply([&](auto const&... policy) { (f(policy), ...); }, *policies_);
    }

    Policies policies_;
};

} // namespace resil::detail

#endif // RESIL_DETAIL_CALL_POLICIES_HPP
