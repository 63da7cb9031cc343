// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_POLICY_LIST_HPP
#define RESIL_DETAIL_POLICY_LIST_HPP

#include <resil/detail/layer.hpp>
#include <resil/error.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <string_view>
#include <tuple>
#include <utility>

namespace resil::detail {

/// What an element of a pipeline contributes, apart from a layer; each trait is stated only where it is true.
struct plain_element
{
    template <class Event>
    static constexpr bool observes = false;
    static constexpr bool classifies = false;
    static constexpr bool names = false;
};

template <class Policy>
struct element_of : plain_element
{
};

/**
 * The policies of a pipeline: shared by its copies and kept alive by its calls.
 *
 * A handle; copying it counts a reference.
 */
template <class... Policies>
class shared_policies
{
public:
    using list = std::tuple<Policies...>;

    explicit shared_policies(Policies... policies)
        : policies_(std::make_shared<list const>(std::move(policies)...))
    {
    }

    list const& operator*() const noexcept { return *policies_; }

private:
    std::shared_ptr<list const> policies_;
};

/// One policy on its own, copied into each of its calls.
template <class... Policies>
class own_policies
{
public:
    using list = std::tuple<Policies...>;

    explicit own_policies(Policies... policies) : policies_(std::move(policies)...) {}

    list const& operator*() const noexcept { return policies_; }

private:
    list policies_;
};

/// Stands, among a call's layers, for the deadline that the call itself was given.
struct deadline_of_call
{
    static constexpr duration after() noexcept { return duration::max(); }
};

inline constexpr std::size_t no_position = std::size_t(-1);

/**
 * The layers of a call, outermost first, as positions in a list of policies.
 *
 * A call with a deadline of its own gets a layer for it, at `no_position`, where its pipeline has
 * none; it stands inside of all that stands outside of a deadline.
 */
template <bool HasDeadline, class List>
class layer_plan;

template <bool HasDeadline, class... Policies>
class layer_plan<HasDeadline, std::tuple<Policies...>>
{
public:
    static constexpr bool adds_deadline =
        HasDeadline && !(layer_traits<Policies>::bounds || ... || false);

    static constexpr std::size_t size = count_layers<Policies...> + std::size_t(adds_deadline);

    static constexpr auto positions() noexcept
    {
        std::array<std::size_t, size> plan{};
        std::size_t layer = 0;
        std::size_t position = 0;
        bool placed = !adds_deadline;
        [[maybe_unused]] auto const place = [&](bool is_layer, bool is_outside) {
            if (is_layer && !is_outside && !std::exchange(placed, true)) {
                plan[layer++] = no_position;
            }
            if (is_layer) {
                plan[layer++] = position;
            }
            ++position;
        };
        (place(layer_of<Policies>::is_layer, layer_traits<Policies>::outside), ...);
        if (!placed) {
            plan[layer++] = no_position;
        }
        return plan;
    }
};

} // namespace resil::detail

#endif // RESIL_DETAIL_POLICY_LIST_HPP
