// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_LAYER_HPP
#define RESIL_DETAIL_LAYER_HPP

#include <resil/detail/channel.hpp>
#include <resil/error.hpp>

#include <cstddef>
#include <type_traits>

namespace resil::detail {

/**
 * Says how a policy takes part in a call.
 *
 * A policy that does something at run time specialises it with a `state<Call, K>`, the part of a call's
 * memory that belongs to it; see `layer_base` for what such a state is.
 */
template <class Policy>
struct layer_of
{
    static constexpr bool is_layer = false;
};

/// What a policy's `layer_of` inherits; each trait is stated only where it is true.
struct plain_layer
{
    static constexpr bool is_layer = true;
    static constexpr bool repeats = false;    ///< starts the operation more than once
    static constexpr bool bounds = false;     ///< is the call's deadline
    static constexpr bool abandons = false;   ///< may leave the operation behind
    static constexpr bool timed = false;      ///< needs the time as soon as the call begins
    static constexpr bool outside = false;    ///< stands outside the deadline

    /// What must stay in place until an expiry or a grant that is under way has arrived.
    template <class Call>
    struct fixture
    {
        explicit fixture(Call&) noexcept {}
    };
};

/// The traits of an element of a pipeline, layer or not.
template <class Policy>
using layer_traits =
    std::conditional_t<layer_of<Policy>::is_layer, layer_of<Policy>, plain_layer>;

template <class... Policies>
constexpr std::size_t count_layers = (std::size_t(layer_of<Policies>::is_layer) + ... + 0);

template <class Call, std::size_t K>
struct state_at_
{
    using type =
        typename layer_of<typename Call::template policy_type<K>>::template state<Call, K>;
};

template <class Call, std::size_t K>
    requires(K == Call::layer_count)
struct state_at_<Call, K>
{
    using type = typename Call::operation_state_type;
};

/// The state of layer `K` of a call; the one past the last is the operation itself.
template <class Call, std::size_t K>
using state_at = typename state_at_<Call, K>::type;

template <class Call, std::size_t K>
struct parent_at_
{
    using type = state_at<Call, K - 1>;
};

template <class Call>
struct parent_at_<Call, 0>
{
    using type = Call;
};

template <class Call, std::size_t K>
using parent_at = typename parent_at_<Call, K>::type;

/**
 * What all states have in common.
 *
 * Downwards a state is told `start(bound)` once and `cancel(type)` any number of times; upwards it
 * tells its parent `finish(outcome)` once. Starting a child and finishing are always the last
 * thing that a function does: either may destroy the object that does it.
 */
template <class Call, std::size_t K>
class layer_base
{
protected:
    using parent_type = parent_at<Call, K>;

    layer_base(Call& call, parent_type& parent) noexcept : call_(call), parent_(parent) {}
    layer_base(layer_base const&) = delete;
    layer_base& operator=(layer_base const&) = delete;

    auto const& policy() const noexcept { return call_.template policy<K>(); }
    auto& fixture() noexcept { return call_.template fixture<K>(); }

    /// Ends the call by a decision of this layer, which is told first.
    template <class Event>
    void end(errc code, reason why, Event&& event)
    {
        call_.because(why);
        if constexpr (Call::template observes<Event>()) {
            call_.tell(std::move(event));
        }
        parent_.finish(ended(code));
    }

    Call& call_;
    parent_type& parent_;
};

} // namespace resil::detail

#endif // RESIL_DETAIL_LAYER_HPP
