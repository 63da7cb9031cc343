// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_ASSOCIATED_HPP
#define RESIL_DETAIL_ASSOCIATED_HPP

#include <resil/config.hpp>

#include <boost/asio/associator.hpp>

#include <type_traits>

namespace resil {
class attempt;
}

namespace resil::detail {

template <class T>
concept knows_attempt = requires { typename T::resil_attempt_type; };

template <class T>
concept takes_failure = requires { typename T::resil_takes_failure; };

template <template <class, class> class Associator, class T, class Default>
concept forwards = requires { typename boost::asio::associator<Associator, T, Default>::type; };

/// Finds, through binders, the attempt of an outer call that a handler belongs to.
template <class T, class Default>
struct associated_attempt
{
    using type = Default;

    static type get(T const&, Default const& = {}) noexcept { return {}; }
};

template <knows_attempt T, class Default>
struct associated_attempt<T, Default>
{
    using type = attempt const*;

    static type get(T const& handler, Default const& = {}) noexcept
    {
        return handler.get_attempt();
    }
};

template <class T, class Default>
    requires(!knows_attempt<T> && forwards<associated_attempt, T, Default>)
struct associated_attempt<T, Default> : boost::asio::associator<associated_attempt, T, Default>
{
};

/// Finds, through binders, whether a handler takes a whole `failure` in place of arguments.
template <class T, class Default>
struct associated_result
{
    using type = Default;

    static type get(T const&, Default const& = {}) noexcept { return {}; }
};

template <takes_failure T, class Default>
struct associated_result<T, Default>
{
    using type = std::true_type;

    static type get(T const&, Default const& = {}) noexcept { return {}; }
};

template <class T, class Default>
    requires(!takes_failure<T> && forwards<associated_result, T, Default>)
struct associated_result<T, Default> : boost::asio::associator<associated_result, T, Default>
{
};

struct no_attempt
{
};

template <class Handler>
inline constexpr bool has_outer_attempt =
    std::is_same_v<typename associated_attempt<Handler, no_attempt>::type, attempt const*>;

template <class Handler>
inline constexpr bool wants_failure =
    associated_result<Handler, std::false_type>::type::value;

} // namespace resil::detail

#endif // RESIL_DETAIL_ASSOCIATED_HPP
