// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_ATTEMPT_HPP
#define RESIL_ATTEMPT_HPP

#include <resil/error.hpp>

#include <optional>
#include <string_view>

namespace resil {

class attempt;

/**
 * States facts about one call that the pipeline cannot know: its deadline, its key, its parent.
 *
 * Pass it first: `pipeline.async_call(resil::call{.deadline = t}, op, token)`. A deadline here
 * and one in the pipeline both hold; the earlier one ends the call.
 */
struct call
{
    /// When the whole call must be over; unset: only the pipeline's own deadline holds.
    std::optional<time_point> deadline{};

    /// The caller's own idempotency key: it wins over a generated one. Empty: none given. It is
    /// copied when the call is made.
    std::string_view idempotency_key{};

    /// Whether an outer call repeats already, so that an inner retry stays quiet by default.
    bool nested = false;
};

namespace detail {

/// What an attempt can ask of the call that it belongs to; off the hot path, so virtual.
class call_view
{
public:
    virtual std::string_view idempotency_key() = 0;
    virtual std::string_view made_key() const noexcept = 0;
    virtual bool repeats() const noexcept = 0;

protected:
    ~call_view() = default;
};

struct attempt_access;

} // namespace detail

/**
 * Tells an operation about the attempt that it is run for.
 *
 * Lifetimes: it belongs to the call and lives until the operation's handler was called or destroyed; it is
 * passed by reference and is not copied.
 * Thread safety: none; use it from the operation's own executor.
 * Exceptions: only `idempotency_key` throws.
 * Cost: none, but for the first `idempotency_key` of a call.
 *
 * Example:
 *
 *     [=](resil::attempt const& a, auto token) {
 *         return pay(amount, a.idempotency_key(), std::move(token)); // the same key each time
 *     },
 */
class attempt
{
public:
    attempt(attempt const&) = delete;
    attempt& operator=(attempt const&) = delete;

    /// Returns the number of this attempt; the first is 1.
    int number() const noexcept { return number_; }

    /// Returns when this attempt must be over, or `time_point::max()` if nothing bounds it.
    time_point deadline() const noexcept { return deadline_; }

    /// Returns the time from the attempt's start to its deadline, or `duration::max()`.
    duration remaining() const noexcept
    {
        return deadline_ == time_point::max() ? duration::max() : duration(deadline_ - started_);
    }

    /**
     * Returns the call's idempotency key: the same for every attempt of a call.
     *
     * The caller's own key if there was one, otherwise 36 characters of a random UUID (RFC 9562,
     * version 4) made when first asked for.
     *
     * Lifetimes: the view is valid as long as the attempt.
     * Exceptions: throws `std::system_error` when the system's random source fails.
     * Cost: the first time, one read of that source; the key is kept in the call's own memory.
     */
    std::string_view idempotency_key() const { return call_->idempotency_key(); }

    /**
     * States that the request of this attempt never left this side, so it may be repeated.
     *
     * For operations that know more than an error code can say: a pool that had no connection, a write that
     * failed before its first byte. Saying it of a request that was sent breaks `idempotency::unsafe`.
     */
    void not_sent() const noexcept { not_sent_ = true; }

    /// Says whether the operation called `not_sent`.
    bool was_not_sent() const noexcept { return not_sent_; }

    /// Says whether the call that this attempt belongs to may make another one.
    bool is_repeated() const noexcept { return call_->repeats(); }

private:
    friend struct detail::attempt_access;
    friend call within(attempt const& outer);

    attempt(detail::call_view& owner, int number, time_point started, time_point deadline) noexcept
        : call_(&owner), number_(number), started_(started), deadline_(deadline)
    {
    }

    detail::call_view* call_;
    int number_;
    time_point started_;
    time_point deadline_;
    mutable bool not_sent_ = false;
};

namespace detail {

struct attempt_access
{
    static attempt make(call_view& owner, int number, time_point started, time_point deadline)
    {
        return attempt(owner, number, started, deadline);
    }
};

} // namespace detail

/**
 * Makes the facts of an inner call from the attempt of an outer one.
 *
 * The inner call gets the attempt's deadline and, where one was made, its idempotency key, and its retries stay quiet
 * if the outer call repeats already. A coroutine must pass it by hand; a token that comes from the outer call does it
 * by itself.
 *
 * Lifetimes: it must not outlive the attempt, whose key it refers to.
 * Exceptions: never throws.
 *
 * Example:
 *
 *     co_return co_await client.async_call(
 *         resil::within(a), fetch("/", asio::deferred), asio::use_awaitable);
 */
inline call within(attempt const& outer)
{
    call inner;
    if (outer.deadline_ != time_point::max()) {
        inner.deadline = outer.deadline_;
    }
    inner.idempotency_key = outer.call_->made_key();
    inner.nested = outer.call_->repeats();
    return inner;
}

} // namespace resil

#endif // RESIL_ATTEMPT_HPP
