// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_OPERATION_FORM_HPP
#define RESIL_DETAIL_OPERATION_FORM_HPP

#include <resil/attempt.hpp>
#include <resil/detail/channel.hpp>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>

#include <tuple>
#include <type_traits>
#include <utility>

namespace resil::detail {

/// Stands where an executor is asked for and none is known.
struct no_executor
{
    friend bool operator==(no_executor, no_executor) noexcept { return true; }
};

/// A token that starts nothing: an operation called with it tells its completion signature.
struct probe_token
{
};

/// What the probe token returns.
template <class... Signatures>
struct probed
{
};

/// A token that starts nothing and returns the executor of the initiation, or `no_executor`.
struct executor_probe
{
};

template <class T>
inline constexpr bool is_probed = false;

template <class... Signatures>
inline constexpr bool is_probed<probed<Signatures...>> = true;

template <class T>
struct only_signature
{
    static_assert(is_probed<T>, "resil: the operation must return what its completion token "
                                "gives it: write `return async_...(..., std::move(token));`");
    using type = void();
};

template <class Signature>
struct only_signature<probed<Signature>>
{
    using type = Signature;
};

template <class First, class Second, class... More>
struct only_signature<probed<First, Second, More...>>
{
    static_assert(!sizeof(First*), "resil: operations with several completion signatures are not "
                                   "supported; wrap this one in one that has a single signature");
};

template <class Op>
concept takes_attempt_and_token = !boost::asio::is_deferred<Op>::value &&
                                  requires(Op& op, attempt const& a) { op(a, probe_token()); };

// A deferred operation is asked as an rvalue: as an lvalue it copies what may be move-only.
template <class Op>
concept takes_token = boost::asio::is_deferred<Op>::value ||
                      requires(Op& op) { op(probe_token()); };

template <class Op>
concept takes_attempt = requires(Op& op, attempt const& a) { op(a); };

/// The four ways in which an operation can be given.
enum class operation_form
{
    attempt_and_token, ///< `(attempt const&, token)`
    token,             ///< `(token)`, deferred operations among them
    coroutine,         ///< `(attempt const&) -> asio::awaitable<T>`
    none,              ///< nothing that can be called so
};

// The order matters: any other fails hard inside generic lambdas.
template <class Op>
constexpr operation_form form_of() noexcept
{
    if constexpr (takes_attempt_and_token<Op>) {
        return operation_form::attempt_and_token;
    } else if constexpr (takes_token<Op>) {
        return operation_form::token;
    } else if constexpr (takes_attempt<Op>) {
        return operation_form::coroutine;
    } else {
        return operation_form::none;
    }
}

template <class Awaitable>
struct awaited
{
    static constexpr bool known = false;
};

template <class Executor>
struct awaited<boost::asio::awaitable<void, Executor>>
{
    static constexpr bool known = true;
    using signature = void(std::exception_ptr);
};

template <class T, class Executor>
struct awaited<boost::asio::awaitable<T, Executor>>
{
    static constexpr bool known = true;
    using signature = void(std::exception_ptr, T);
};

template <class Op, operation_form = form_of<Op>()>
struct deduced_signature
{
    static_assert(!sizeof(Op*), "resil: an operation is called with (attempt const&, token), with "
                                "(token), or with (attempt const&) and returns asio::awaitable; "
                                "this one can be called in none of these ways");
};

template <class Op>
struct deduced_signature<Op, operation_form::attempt_and_token>
    : only_signature<decltype(std::declval<Op&>()(std::declval<attempt const&>(), probe_token()))>
{
};

template <class Op>
struct deduced_signature<Op, operation_form::token>
    : only_signature<decltype(std::declval<std::conditional_t<
          boost::asio::is_deferred<Op>::value, Op, Op&>>()(probe_token()))>
{
};

template <class Op>
struct deduced_signature<Op, operation_form::coroutine>
{
    using returned = decltype(std::declval<Op&>()(std::declval<attempt const&>()));
    static_assert(awaited<returned>::known,
                  "resil: an operation without a token must return asio::awaitable");
    using type = typename awaited<returned>::signature;
};

/// The completion signature of an operation, deduced by calling it with a probe.
template <class Op>
using signature_of = typename deduced_signature<std::decay_t<Op>>::type;

/// The executor of an initiation, or `no_executor`.
template <class Initiation>
using initiation_executor_t =
    typename boost::asio::associated_executor<Initiation, no_executor>::type;

/// Returns the executor that a deferred operation would start on; other operations have none.
template <class Op>
auto executor_of(Op const& op)
{
    if constexpr (boost::asio::is_deferred<Op>::value && std::is_copy_constructible_v<Op>) {
        return op(executor_probe());
    } else {
        return no_executor();
    }
}

/// An initiation with its arguments, to be started any number of times.
template <class Signature, class Initiation, class... Args>
struct repeatable_initiation
{
    Initiation initiation;
    std::tuple<Args...> args;

    template <class Token>
    auto operator()(Token&& token) const
    {
        return std::apply(
            [&](auto const&... a) {
                return boost::asio::async_initiate<Token, Signature>(Initiation(initiation), token,
                                                                     Args(a)...);
            },
            args);
    }
};

/// An initiation with its arguments, to be started once.
template <class Signature, class Initiation, class... Args>
struct single_initiation
{
    Initiation initiation;
    std::tuple<Args...> args;

    template <class Token>
    auto operator()(Token&& token)
    {
        return std::apply(
            [&](auto&... a) {
                return boost::asio::async_initiate<Token, Signature>(std::move(initiation), token,
                                                                     std::move(a)...);
            },
            args);
    }
};

} // namespace resil::detail

namespace boost::asio {

template <class... Signatures>
class async_result<resil::detail::probe_token, Signatures...>
{
public:
    template <class Initiation, class... Args>
    static resil::detail::probed<Signatures...> initiate(Initiation&&, resil::detail::probe_token,
                                                         Args&&...)
    {
        return {};
    }
};

template <class... Signatures>
class async_result<resil::detail::executor_probe, Signatures...>
{
public:
    template <class Initiation, class... Args>
    static auto initiate(Initiation&& initiation, resil::detail::executor_probe, Args&&...)
    {
        return associated_executor<std::decay_t<Initiation>, resil::detail::no_executor>::get(
            initiation, resil::detail::no_executor());
    }
};

} // namespace boost::asio

#endif // RESIL_DETAIL_OPERATION_FORM_HPP
