// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_WITH_TOKEN_HPP
#define RESIL_DETAIL_WITH_TOKEN_HPP

#include <resil/detail/initiate.hpp>
#include <resil/detail/operation_form.hpp>
#include <resil/detail/policy_list.hpp>

#include <boost/asio/async_result.hpp>

#include <tuple>
#include <type_traits>
#include <utility>

namespace resil::detail {

template <class Policies, class Token>
struct with_token
{
    Policies policies;
    Token token;
};

} // namespace resil::detail

namespace boost::asio {

template <class Policies, class Token, class... Signatures>
class async_result<resil::detail::with_token<Policies, Token>, Signatures...>
{
    static_assert(sizeof...(Signatures) == 1,
                  "resil: operations with several completion signatures are not supported; wrap "
                  "this one in one that has a single signature");

    using signature = typename resil::detail::only_signature<resil::detail::probed<Signatures...>>::type;

    static constexpr bool repeats = resil::detail::layer_needs<typename Policies::list>::repeats;

    template <class Initiation>
    using executor = associated_executor<std::decay_t<Initiation>, resil::detail::no_executor>;

    template <class Initiation>
    using start = resil::detail::initiate_call<Policies, signature,
                                               typename executor<Initiation>::type, false>;

    template <class Initiation, class... Args>
    using operation = std::conditional_t<
        repeats,
        resil::detail::repeatable_initiation<signature, std::decay_t<Initiation>, std::decay_t<Args>...>,
        resil::detail::single_initiation<signature, std::decay_t<Initiation>, std::decay_t<Args>...>>;

public:
    // What it returns is stated, not deduced: Asio asks for it to choose between overloads, and
    // the body says no to some of those that are not meant.
    template <class Initiation, class With, class... Args>
    static auto initiate(Initiation&& init, With&& with, Args&&... args)
        -> decltype(async_initiate<Token, signature>(
            std::declval<start<Initiation>>(), with.token,
            std::declval<operation<Initiation, Args...>>()))
    {
        resil::detail::check_channel<signature>();
        static_assert(!repeats || (std::is_copy_constructible_v<std::decay_t<Args>> && ... && true),
                      "resil: this pipeline may repeat the operation, so all of its arguments must "
                      "be copyable; wrap it in a lambda that starts it anew");
        auto ex = executor<Initiation>::get(init, resil::detail::no_executor());
        return async_initiate<Token, signature>(
            start<Initiation>(with.policies, std::move(ex)), with.token,
            operation<Initiation, Args...>{
                std::forward<Initiation>(init),
                std::tuple<std::decay_t<Args>...>(std::forward<Args>(args)...)});
    }
};

} // namespace boost::asio

#endif // RESIL_DETAIL_WITH_TOKEN_HPP
