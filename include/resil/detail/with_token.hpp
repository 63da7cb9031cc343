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

public:
    template <class Initiation, class With, class... Args>
    static auto initiate(Initiation&& init, With&& with, Args&&... args)
    {
        namespace detail = resil::detail;
        detail::check_channel<signature>();
        constexpr bool repeats = detail::layer_needs<typename Policies::list>::repeats;
        static_assert(!repeats || (std::is_copy_constructible_v<std::decay_t<Args>> && ... && true),
                      "resil: this pipeline may repeat the operation, so all of its arguments must "
                      "be copyable; wrap it in a lambda that starts it anew");
        using operation = std::conditional_t<
            repeats,
            detail::repeatable_initiation<signature, std::decay_t<Initiation>, std::decay_t<Args>...>,
            detail::single_initiation<signature, std::decay_t<Initiation>, std::decay_t<Args>...>>;
        auto ex = associated_executor<std::decay_t<Initiation>, detail::no_executor>::get(
            init, detail::no_executor());
        using start = detail::initiate_call<Policies, signature, decltype(ex), false>;
        return async_initiate<Token, signature>(
            start(with.policies, std::move(ex)), with.token,
            operation{std::forward<Initiation>(init),
                      std::tuple<std::decay_t<Args>...>(std::forward<Args>(args)...)});
    }
};

} // namespace boost::asio

#endif // RESIL_DETAIL_WITH_TOKEN_HPP
