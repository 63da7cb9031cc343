// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_CALL_PARTS_HPP
#define RESIL_DETAIL_CALL_PARTS_HPP

#include <resil/attempt.hpp>
#include <resil/detail/final_call.hpp>
#include <resil/detail/layer.hpp>
#include <resil/detail/narrow_executor.hpp>

#include <boost/asio/associated_executor.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace resil::detail {

/// Chooses the executor that a call runs on: the handler's own where calls can run there.
template <class Handler, class Candidate>
struct work_executor
{
    using handlers = typename boost::asio::associated_executor<Handler, Candidate>::type;
    static constexpr bool is_handlers = runs_calls<handlers>;
    using chosen = std::conditional_t<is_handlers, handlers, Candidate>;
    using type = decltype(narrowed(std::declval<chosen const&>()));

    static type get(Handler const& handler, Candidate const& candidate)
    {
        if constexpr (is_handlers) {
            return narrowed(boost::asio::associated_executor<Handler, Candidate>::get(handler, candidate));
        } else {
            return narrowed(candidate);
        }
    }
};

/// What a call knows that was told nothing about itself; takes no memory.
struct no_facts
{
    static constexpr std::optional<time_point> deadline{};
    static constexpr std::string_view idempotency_key{};
    static constexpr bool nested = false;
    static constexpr bool key_given = false;
};

/// What a call was told about itself, in memory of its own.
struct call_facts
{
    call_facts() = default;

    explicit call_facts(no_facts) {}

    explicit call_facts(call const& told)
        : deadline(told.deadline), idempotency_key(told.idempotency_key), nested(told.nested),
          key_given(!told.idempotency_key.empty())
    {
    }

    std::optional<time_point> deadline{};
    std::string idempotency_key{};
    bool nested = false;
    bool key_given = false; ///< By the caller, as opposed to inherited from an outer call.
};

/// Returns what a call is to keep of what it was told.
template <class Facts>
Facts make_facts([[maybe_unused]] call const& told)
{
    if constexpr (std::is_same_v<Facts, call_facts>) {
        return call_facts(told);
    } else {
        return Facts();
    }
}

/// What the layers of a call, taken together, need of it.
template <class List>
struct layer_needs;

template <class... Policies>
struct layer_needs<std::tuple<Policies...>>
{
    static constexpr bool repeats = (layer_traits<Policies>::repeats || ... || false);
    static constexpr bool abandons = (layer_traits<Policies>::abandons || ... || false);
    static constexpr bool timed = (layer_traits<Policies>::timed || ... || false);
};

template <class Call, std::size_t K>
struct fixture_slot
{
    using type = typename layer_of<typename Call::template policy_type<K>>::template fixture<Call>;

    explicit fixture_slot(Call& call) : fixture(call) {}

    [[no_unique_address]] type fixture;
};

/// The fixtures of all layers; they stay in place while the layers' states come and go.
template <class Call, class Indexes>
struct fixture_pack;

template <class Call, std::size_t... K>
struct fixture_pack<Call, std::index_sequence<K...>> : fixture_slot<Call, K>...
{
    explicit fixture_pack([[maybe_unused]] Call& call) : fixture_slot<Call, K>(call)... {}
};

} // namespace resil::detail

#endif // RESIL_DETAIL_CALL_PARTS_HPP
