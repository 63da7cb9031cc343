// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_FALLBACK_HPP
#define RESIL_FALLBACK_HPP

#include <resil/core/option_check.hpp>
#include <resil/detail/fallback_layer.hpp>
#include <resil/detail/initiate.hpp>
#include <resil/detail/policy_description.hpp>
#include <resil/error.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace resil {

/// When a fallback steps in, and how long it may take.
struct fallback_options
{
    /// Says which failures the fallback stands in for; empty: all of them.
    std::function<bool(failure const&)> handles{};

    /// How long a fallback operation may take; > 0. It stands outside the deadline, so it has a bound of its
    /// own. Source: resil's own; the default of resilience4j's time limiter.
    duration timeout = std::chrono::seconds(1);

    /// Throws `invalid_option` if a member is out of range.
    void validate() const
    {
        core::require_more_than("fallback.timeout", timeout, duration::zero());
    }
};

/**
 * Answers in place of a call that failed: a degraded success.
 *
 * It sees every failure, rejections and timeouts included, but never the caller's own cancellation. `Action` is a value
 * (a tuple for several), a function of `failure` that returns one, or an operation called with
 * `(failure const&, token)` that has the call's own completion signature.
 *
 * Completion signature: unchanged. Of a failed fallback operation the call gets the error; an action that threw leaves
 * the call with its first failure, and `failure::exception()` is what it threw.
 * Cancellation: passed on to what runs, the call or the fallback operation.
 * Errors: `errc::timed_out` of a fallback operation that took longer than `timeout`.
 * Thread safety: const use of a shared object is safe if that of the action is.
 * Exceptions: making one throws `invalid_option` and `bad_alloc`; `handles` what the predicate throws; describing one,
 * `bad_alloc`.
 * Calls: the predicate and the action, on the call's executor, outside of any lock.
 * Events: `fallback_used`.
 * Cost: no allocation but the action's own.
 *
 * Example:
 *
 *     resil::pipeline const client{
 *         resil::fallback{page("the bestsellers")}, // first: it sees every failure
 *         resil::deadline{800ms},
 *         resil::retry{{.idempotency = resil::idempotency::safe}},
 *     };
 */
template <class Action>
class fallback : public detail::calls<fallback<Action>>
{
public:
    /// What answers: a value, a function or an operation.
    using action_type = Action;

    /// Throws `invalid_option` if an option is out of range.
    explicit fallback(Action action, fallback_options options = {})
        : shared_((options.validate(),
                   std::make_shared<shared>(shared{std::move(action), std::move(options)})))
    {
    }

    /// Returns the value, function or operation.
    Action const& action() const noexcept { return shared_->action; }

    /// Says whether the fallback stands in for a failure; calls the user's predicate.
    bool handles(failure const& f) const
    {
        return !shared_->options.handles || shared_->options.handles(f);
    }

    /// Returns how long a fallback operation may take.
    duration timeout() const noexcept { return shared_->options.timeout; }

    /// Says what this policy is, for the rules of order and for printing.
    auto description() const
    {
        return detail::policy_description{
            .kind = detail::policy_kind::fallback,
            .text = detail::is_fallback_operation<Action>
                        ? "fallback(operation, " + core::text(timeout()) + ")"
                    : detail::is_fallback_function<Action> ? "fallback(function)"
                                                           : "fallback(value)"};
    }

    /// Returns this policy as the only one of a call.
    auto policies() const { return detail::own_policies<fallback>(*this); }

private:
    struct shared
    {
        Action action;
        fallback_options options;
    };

    std::shared_ptr<shared const> shared_;
};

namespace detail {

template <class Action>
struct layer_of<fallback<Action>> : plain_layer
{
    static constexpr bool outside = true;

    /// A fallback operation has a timeout of its own; a value or a function needs no timer.
    template <class Call>
    using fixture = std::conditional_t<is_fallback_operation<Action>, call_timer<Call>,
                                       plain_layer::fixture<Call>>;

    template <class Call, std::size_t K>
    using state = fallback_layer<Call, K>;
};

} // namespace detail
} // namespace resil

#endif // RESIL_FALLBACK_HPP
