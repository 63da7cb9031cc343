// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TIMEOUT_HPP
#define RESIL_TIMEOUT_HPP

#include <resil/config.hpp>
#include <resil/core/option_check.hpp>
#include <resil/core/saturate.hpp>
#include <resil/detail/initiate.hpp>
#include <resil/detail/policy_description.hpp>
#include <resil/detail/timeout_layer.hpp>
#include <resil/error.hpp>

#include <chrono>

namespace resil {

/// What happens to an operation whose time is up.
enum class expiry
{
    cancel,  ///< It is cancelled, and the step ends when it has completed. The default.
    abandon, ///< The step ends at once; the operation runs on by itself and its result is dropped.
};

/// How long one step may take.
struct timeout_options
{
    /// From the step's start to its end; > 0. Source: the attempt timeout of
    /// Microsoft.Extensions.Http.Resilience, 10 s.
    duration after = std::chrono::seconds(10);

    /// What happens to the operation when its time is up.
    expiry on_expiry = expiry::cancel;

    /// Throws `invalid_option` if a member is out of range.
    RESIL_DECL void validate() const;
};

/**
 * Bounds one step in time: what stands inside of it, each time that it is started.
 *
 * Inside a retry it bounds every attempt. When the time is up the operation is cancelled (`terminal`), and the step
 * ends with `errc::timed_out`, a transient failure, as soon as the operation has completed. An operation that succeeds
 * all the same is delivered. A timeout that would fire after the deadline is not armed: the deadline ends the call
 * then.
 *
 * `expiry::abandon` is for operations that cannot be cancelled, such as name resolution: the step ends at once and the
 * operation is left to itself. It may only be used for operations that own all that they touch, must stand next
 * to the operation, and needs one that can be copied.
 *
 * Completion signature: unchanged.
 * Cancellation: passed on to the operation in every phase. An abandoned operation gets none.
 * Errors: `errc::timed_out`; the operation's own error is `failure::last_error()`.
 * Lifetimes: an abandoned operation lives on in a block of its own, with a copy of itself and its executor, but without
 * the handler, until it completes or its context is destroyed.
 * Thread safety: a value; distinct objects, and const use of a shared one, are safe.
 * Exceptions: making one throws `invalid_option` for a time that is not positive; describing one throws `bad_alloc`.
 * Cost: no allocation (one an attempt for `abandon`); one timer armed and disarmed.
 *
 * Example:
 *
 *     resil::timeout const bounded{250ms};
 *     co_return co_await bounded.async_call(fetch("/", asio::deferred), asio::use_awaitable);
 */
class timeout : public detail::calls<timeout>
{
public:
    /// Allows ten seconds.
    timeout() = default;

    /// Takes the time itself; throws `invalid_option` unless it is positive.
    template <class Rep, class Period>
    explicit timeout(std::chrono::duration<Rep, Period> after)
        : timeout(timeout_options{.after = core::saturated(after)})
    {
    }

    /// Throws `invalid_option` if an option is out of range.
    explicit timeout(timeout_options options) : options_(options) { options_.validate(); }

    /// Returns how long a step may take.
    duration after() const noexcept { return options_.after; }

    /// Says whether the operation is left behind when its time is up.
    bool abandons() const noexcept { return options_.on_expiry == expiry::abandon; }

    /// Says what this policy is, for the rules of order and for printing.
    auto description() const
    {
        return detail::policy_description{
            .kind = detail::policy_kind::timeout,
            .text = "timeout(" + core::text(after()) + (abandons() ? ", abandon)" : ")"),
            .bound = after(),
            .abandons = abandons()};
    }

    /// Returns this policy as the only one of a call.
    auto policies() const { return detail::own_policies<timeout>(*this); }

private:
    timeout_options options_;
};

namespace detail {

template <>
struct layer_of<timeout> : timed_layer
{
    static constexpr bool abandons = true;

    template <class Call, std::size_t K>
    using state = timeout_layer<Call, K>;
};

} // namespace detail
} // namespace resil

#ifndef RESIL_SEPARATE_COMPILATION
#include <resil/timeout.ipp>
#endif

#endif // RESIL_TIMEOUT_HPP
