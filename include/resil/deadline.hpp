// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DEADLINE_HPP
#define RESIL_DEADLINE_HPP

#include <resil/config.hpp>
#include <resil/core/option_check.hpp>
#include <resil/core/saturate.hpp>
#include <resil/detail/deadline_layer.hpp>
#include <resil/detail/initiate.hpp>
#include <resil/detail/policy_description.hpp>
#include <resil/error.hpp>

#include <chrono>

namespace resil {

/// How long a whole call may take.
struct deadline_options
{
    /// From the start of the call to its end, waits and repetitions included; > 0. Source: the total timeout of
    /// Microsoft.Extensions.Http.Resilience, 30 s.
    duration after = std::chrono::seconds(30);

    /// Throws `invalid_option` if a member is out of range.
    RESIL_DECL void validate() const;
};

/**
 * Bounds a whole call in time: attempts, backoff, and waits in queues.
 *
 * When the time is up the running attempt is cancelled (`terminal`), and the call completes with
 * `errc::deadline_exceeded` as soon as the attempt did. An attempt that succeeds all the same is delivered. A call
 * whose deadline is over before it begins ends without an attempt.
 *
 * The clock starts with the call; `resil::call::deadline` and an outer call's deadline hold as well, and the earliest
 * wins.
 *
 * Completion signature: unchanged.
 * Cancellation: passed on to the attempt in every phase.
 * Errors: `errc::deadline_exceeded`; the operation's last error is `failure::last_error()`.
 * Thread safety: a value; distinct objects, and const use of a shared one, are safe.
 * Exceptions: making one throws `invalid_option` for a time that is not positive; describing one throws `bad_alloc`.
 * Cost: no allocation; one timer armed and disarmed, one clock read.
 *
 * Example:
 *
 *     resil::pipeline const client{
 *         resil::deadline{{.after = 2s}}, // all of it: attempts, delays, waits in queues
 *         resil::retry{{.idempotency = resil::idempotency::safe}},
 *         resil::timeout{600ms}, // one attempt
 *     };
 */
class deadline : public detail::calls<deadline>
{
public:
    /// Allows thirty seconds.
    deadline() = default;

    /// Takes the time itself; throws `invalid_option` unless it is positive.
    template <class Rep, class Period>
    explicit deadline(std::chrono::duration<Rep, Period> after)
        : deadline(deadline_options{.after = core::saturated(after)})
    {
    }

    /// Throws `invalid_option` if an option is out of range.
    explicit deadline(deadline_options options) : options_(options) { options_.validate(); }

    /// Returns how long a call may take.
    duration after() const noexcept { return options_.after; }

    /// Says what this policy is, for the rules of order and for printing.
    auto description() const
    {
        return detail::policy_description{.kind = detail::policy_kind::deadline,
                                          .text = "deadline(" + core::text(after()) + ")",
                                          .bound = after()};
    }

    /// Returns this policy as the only one of a call.
    auto policies() const { return detail::own_policies<deadline>(*this); }

private:
    deadline_options options_;
};

namespace detail {

template <>
struct layer_of<deadline> : timed_layer
{
    static constexpr bool bounds = true;

    template <class Call, std::size_t K>
    using state = deadline_layer<Call, K>;
};

} // namespace detail
} // namespace resil

#ifndef RESIL_SEPARATE_COMPILATION
#include <resil/deadline.ipp>
#endif

#endif // RESIL_DEADLINE_HPP
