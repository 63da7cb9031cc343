// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_CHANNEL_HPP
#define RESIL_DETAIL_CHANNEL_HPP

#include <resil/error.hpp>
#include <resil/verdict.hpp>

#include <concepts>
#include <exception>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <utility>

namespace resil::detail {

/// Finds the error code in an exception; one that carries none is `errc::operation_threw`.
inline error_code code_of(std::exception_ptr const& e)
{
    if (!e) {
        return {};
    }
    try {
        std::rethrow_exception(e);
    } catch (boost::system::system_error const& known) {
        return known.code();
    } catch (std::system_error const& known) {
        return known.code();
    } catch (...) {
        return errc::operation_threw;
    }
}

template <class R>
concept result_like = requires(R const& r) {
    { r.has_value() } -> std::convertible_to<bool>;
    { r.error() } -> std::convertible_to<error_code>;
};

/// The way in which an operation reports its error: what a completion signature says of it.
template <class Signature>
struct channel
{
    static constexpr bool known = false;
};

template <class... Values>
struct channel<void(error_code, Values...)>
{
    static constexpr bool known = true;
    static constexpr bool constructible = (std::default_initializable<std::decay_t<Values>> && ...);
    using stored = std::tuple<error_code, std::decay_t<Values>...>;
    using values = std::tuple<std::decay_t<Values>...>;

    template <class... Rest>
    static error_code error(error_code const& ec, Rest const&...) noexcept
    {
        return ec;
    }

    template <class... Rest>
    static bool succeeded(error_code const& ec, Rest const&...) noexcept
    {
        return !ec;
    }

    template <class... Rest>
    static std::exception_ptr exception(Rest const&...) noexcept
    {
        return {};
    }

    template <class Handler>
    static void complete_failed(Handler&& handler, failure const& f)
    {
        std::forward<Handler>(handler)(f.code(), std::decay_t<Values>()...);
    }

    template <class... Good>
    static stored succeed(Good&&... good)
    {
        return stored(error_code(), std::forward<Good>(good)...);
    }
};

template <class... Values>
struct channel<void(std::exception_ptr, Values...)>
{
    static constexpr bool known = true;
    static constexpr bool constructible = (std::default_initializable<std::decay_t<Values>> && ...);
    using stored = std::tuple<std::exception_ptr, std::decay_t<Values>...>;
    using values = std::tuple<std::decay_t<Values>...>;

    template <class... Rest>
    static error_code error(std::exception_ptr const& e, Rest const&...)
    {
        return code_of(e);
    }

    template <class... Rest>
    static bool succeeded(std::exception_ptr const& e, Rest const&...) noexcept
    {
        return !e;
    }

    template <class... Rest>
    static std::exception_ptr exception(std::exception_ptr const& e, Rest const&...) noexcept
    {
        return e;
    }

    template <class Handler>
    static void complete_failed(Handler&& handler, failure const& f)
    {
        auto e = f.code() == errc::operation_threw && f.exception()
                     ? f.exception()
                     : std::make_exception_ptr(resil::error(f));
        std::forward<Handler>(handler)(std::move(e), std::decay_t<Values>()...);
    }

    template <class... Good>
    static stored succeed(Good&&... good)
    {
        return stored(std::exception_ptr(), std::forward<Good>(good)...);
    }
};

// Some operations pass their error by reference.
template <class... Values>
struct channel<void(error_code const&, Values...)> : channel<void(error_code, Values...)>
{
};

template <class... Values>
struct channel<void(std::exception_ptr const&, Values...)>
    : channel<void(std::exception_ptr, Values...)>
{
};

template <class R>
    requires result_like<std::decay_t<R>>
struct channel<void(R)>
{
    using result_type = std::decay_t<R>;

    static constexpr bool known = true;
    static constexpr bool constructible =
        std::constructible_from<result_type, error_code> ||
        std::constructible_from<result_type, failure>;
    using stored = std::tuple<result_type>;
    using values = std::tuple<result_type>;

    static error_code error(result_type const& r)
    {
        return r.has_value() ? error_code() : error_code(r.error());
    }

    static bool succeeded(result_type const& r) noexcept { return r.has_value(); }

    static std::exception_ptr exception(result_type const&) noexcept { return {}; }

    template <class Handler>
    static void complete_failed(Handler&& handler, failure const& f)
    {
        if constexpr (std::constructible_from<result_type, failure>) {
            std::forward<Handler>(handler)(result_type(f));
        } else {
            std::forward<Handler>(handler)(result_type(f.code()));
        }
    }

    template <class Good>
    static stored succeed(Good&& good)
    {
        return stored(result_type(std::forward<Good>(good)));
    }
};

/// An outcome that came from the operation: its arguments, by reference, for one pass upwards.
template <class Channel, class... Args>
class answered
{
public:
    explicit answered(Args&... args) noexcept : args_(args...) {}

    bool succeeded() const
    {
        return std::apply([](auto&... a) { return Channel::succeeded(a...); }, args_);
    }

    error_code code() const
    {
        return std::apply([](auto&... a) { return Channel::error(a...); }, args_);
    }

    std::exception_ptr exception() const
    {
        return std::apply([](auto&... a) { return Channel::exception(a...); }, args_);
    }

    template <class Classifier>
    judgement judged_by(Classifier const& classify) const
    {
        return std::apply([&](auto&... a) { return judge_args(classify, *this, a...); }, args_);
    }

    typename Channel::stored store()
    {
        return std::apply([](auto&... a) { return typename Channel::stored(std::move(a)...); }, args_);
    }

    template <class Handler>
    void complete(Handler&& handler)
    {
        std::apply([&](auto&... a) { std::forward<Handler>(handler)(std::move(a)...); }, args_);
    }

    static constexpr bool from_operation = true;

private:
    template <class Classifier, class First, class... Rest>
    static judgement judge_args(Classifier const& classify, answered const& self, First& first, Rest&... rest)
    {
        if constexpr (std::is_invocable_v<Classifier const&, First const&, Rest const&...>) {
            return classify(std::as_const(first), std::as_const(rest)...);
        } else if constexpr (std::is_invocable_v<Classifier const&, error_code, Rest const&...>) {
            return classify(self.code(), std::as_const(rest)...);
        } else {
            static_assert(std::is_invocable_v<Classifier const&, error_code>,
                          "resil: the classifier accepts neither the operation's completion "
                          "arguments nor an error_code");
            return classify(self.code());
        }
    }

    template <class Classifier>
    static judgement judge_args(Classifier const&, answered const&)
    {
        return verdict::success;
    }

    std::tuple<Args&...> args_;
};

/// An outcome that is resil's own: a rejection, an expiry, the caller's cancellation.
class ended
{
public:
    explicit ended(error_code ec) noexcept : code_(ec) {}

    bool succeeded() const noexcept { return false; }
    error_code code() const noexcept { return code_; }
    std::exception_ptr exception() const noexcept { return {}; }

    // A rejection or the caller's cancellation is nobody's failure, whatever a classifier says.
    template <class Classifier>
    judgement judged_by(Classifier const& classify) const
    {
        if constexpr (std::is_invocable_v<Classifier const&, error_code>) {
            if (judge(code_) != verdict::ignored) {
                return classify(code_);
            }
        }
        return judge(code_);
    }

    static constexpr bool from_operation = false;

private:
    error_code code_;
};

} // namespace resil::detail

#endif // RESIL_DETAIL_CHANNEL_HPP
