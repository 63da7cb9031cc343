// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_RESULT_HPP
#define RESIL_RESULT_HPP

#include <resil/error.hpp>

#include <boost/asio/associator.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/outcome/basic_result.hpp>
#include <boost/outcome/policy/base.hpp>

#include <exception>
#include <stdexcept>
#include <tuple>
#include <type_traits>
#include <utility>

namespace resil {

/// What `result<T>` does when it is asked for what it does not hold: it throws `resil::error`.
struct result_policy : boost::outcome_v2::policy::base
{
    /// Throws `resil::error` with the failure, if there is no value.
    template <class Impl>
    static constexpr void wide_value_check(Impl&& self)
    {
        if (!base::_has_value(self)) {
            throw error(base::_error(std::forward<Impl>(self)));
        }
    }

    /// Throws `std::logic_error` if there is no failure.
    template <class Impl>
    static constexpr void wide_error_check(Impl&& self)
    {
        if (!base::_has_error(self)) {
            throw std::logic_error("resil: the result holds a value, not a failure");
        }
    }
};

/// A value, or all that is known of why there is none. `value()` throws `resil::error`.
template <class T>
using result = boost::outcome_v2::basic_result<T, failure, result_policy>;

/// The completion token made by `as_result`.
template <class Token>
struct as_result_t
{
    Token token; ///< What completes with the result.
};

/**
 * Completes with one `resil::result`, which carries a whole `failure`.
 *
 * It may be wrapped in other adapters, such as `bind_executor`. With an operation that is not run by resil, the failure
 * holds the error code alone.
 *
 * Completion signature: `void(error_code, T...)` and `void(std::exception_ptr, T...)` become `void(result<U>)`, where
 * `U` is `void`, `T`, or a tuple of several. Values that came with an error are dropped.
 * Exceptions: what copying the token throws.
 * Cost: nothing beyond that of the token.
 *
 * Example:
 *
 *     resil::result<std::string> page =
 *         co_await once.async_call(fetch, resil::as_result(asio::use_awaitable));
 *     if (!page) {
 *         resil::failure const& why = page.error(); // code, reason, attempts, elapsed, last error
 *         co_return "no page: " + why.code().message();
 *     }
 */
template <class Token>
as_result_t<std::decay_t<Token>> as_result(Token&& token)
{
    return {std::forward<Token>(token)};
}

/// What is private to the token adapter.
namespace result_detail {

template <class... Values>
struct result_of
{
    using type = result<std::tuple<std::decay_t<Values>...>>;

    template <class... Good>
    static type make(Good&&... good)
    {
        return type(std::in_place_type<std::tuple<std::decay_t<Values>...>>,
                    std::forward<Good>(good)...);
    }
};

template <>
struct result_of<>
{
    using type = result<void>;

    // A template, so that `result<void>` is compiled where it is used.
    template <class Void = void>
    static result<Void> make()
    {
        return boost::outcome_v2::success();
    }
};

template <class Value>
struct result_of<Value>
{
    using type = result<std::decay_t<Value>>;

    template <class Good>
    static type make(Good&& good)
    {
        return type(std::in_place_type<std::decay_t<Value>>, std::forward<Good>(good));
    }
};

inline failure failure_of(error_code ec)
{
    return failure({.code = ec, .last_error = ec});
}

inline failure failure_of(std::exception_ptr e)
{
    try {
        std::rethrow_exception(e);
    } catch (error const& known) {
        return known.failure();
    } catch (boost::system::system_error const& known) {
        return failure({.code = known.code(), .last_error = known.code(), .exception = e});
    } catch (...) {
        return failure({.code = errc::operation_threw, .exception = e});
    }
}

/// Turns completion arguments, or a whole failure, into a result.
template <class Handler, class... Values>
struct handler
{
    using resil_takes_failure = void;
    using made = result_of<Values...>;

    Handler target;

    void operator()(failure f) { std::move(target)(typename made::type(std::move(f))); }

    template <class Error, class... Args>
        requires(std::is_same_v<std::decay_t<Error>, error_code> ||
                 std::is_same_v<std::decay_t<Error>, std::exception_ptr>)
    void operator()(Error&& e, Args&&... args)
    {
        if (e) {
            std::move(target)(typename made::type(failure_of(e)));
        } else {
            std::move(target)(made::make(std::forward<Args>(args)...));
        }
    }
};

template <class Signature>
struct completion
{
    static_assert(!sizeof(Signature*), "resil: as_result is for operations that complete with "
                                       "(error_code, T...) or (std::exception_ptr, T...)");
};

template <class Error, class... Values>
    requires(std::is_same_v<std::decay_t<Error>, error_code> ||
             std::is_same_v<std::decay_t<Error>, std::exception_ptr>)
struct completion<void(Error, Values...)>
{
    using signature = void(typename result_of<Values...>::type);

    template <class Handler>
    using handler_type = handler<Handler, Values...>;
};

/// Starts the wrapped initiation with the adapted handler; it has the same executor.
template <class Initiation, class Completion>
struct initiation
{
    Initiation inner;

    template <class Handler, class... Args>
    void operator()(Handler&& h, Args&&... args)
    {
        using adapted = typename Completion::template handler_type<std::decay_t<Handler>>;
        std::move(inner)(adapted{std::forward<Handler>(h)}, std::forward<Args>(args)...);
    }
};

template <class Initiation, class Completion>
    requires requires { typename Initiation::executor_type; }
struct initiation<Initiation, Completion>
{
    using executor_type = typename Initiation::executor_type;

    Initiation inner;

    executor_type get_executor() const noexcept { return inner.get_executor(); }

    template <class Handler, class... Args>
    void operator()(Handler&& h, Args&&... args)
    {
        using adapted = typename Completion::template handler_type<std::decay_t<Handler>>;
        std::move(inner)(adapted{std::forward<Handler>(h)}, std::forward<Args>(args)...);
    }
};

} // namespace result_detail
} // namespace resil

namespace boost::asio {

template <class Token, class Signature>
class async_result<resil::as_result_t<Token>, Signature>
{
    using completion = resil::result_detail::completion<Signature>;

public:
    template <class Initiation, class AsResult, class... Args>
    static auto initiate(Initiation&& init, AsResult&& token, Args&&... args)
    {
        using wrapped = resil::result_detail::initiation<std::decay_t<Initiation>, completion>;
        return async_initiate<Token, typename completion::signature>(
            wrapped{std::forward<Initiation>(init)}, token.token, std::forward<Args>(args)...);
    }
};

template <template <class, class> class Associator, class Handler, class... Values, class Default>
struct associator<Associator, resil::result_detail::handler<Handler, Values...>, Default>
    : Associator<Handler, Default>
{
    using adapted = resil::result_detail::handler<Handler, Values...>;

    static auto get(adapted const& h) noexcept
    {
        return Associator<Handler, Default>::get(h.target);
    }

    static auto get(adapted const& h, Default const& fallback) noexcept
    {
        return Associator<Handler, Default>::get(h.target, fallback);
    }
};

} // namespace boost::asio

#endif // RESIL_RESULT_HPP
