// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_EVENT_HPP
#define RESIL_EVENT_HPP

#include <resil/error.hpp>
#include <resil/verdict.hpp>

#include <string_view>

namespace resil {

/// A call has begun. The name of its pipeline is in every event; the views of an event live as long as the observer is
/// being told.
struct call_started
{
    std::string_view pipeline; ///< As given by `resil::named`, or empty.
    /// In all events of the call the same; of calls that are under way at a time, each has another.
    void const* call = nullptr;
};

/// The operation is about to be started.
struct attempt_started
{
    std::string_view pipeline; ///< See `call_started`.
    int attempt;               ///< 1 for the first.
    void const* call = nullptr; ///< See `call_started`.
};

/// The operation completed, and was judged a success.
struct attempt_succeeded
{
    std::string_view pipeline; ///< See `call_started`.
    int attempt;               ///< 1 for the first.
    duration elapsed{};         ///< Since the attempt was started.
    void const* call = nullptr; ///< See `call_started`.
};

/// The operation completed, and was judged anything but a success.
struct attempt_failed
{
    std::string_view pipeline; ///< See `call_started`.
    int attempt;               ///< 1 for the first.
    error_code code;           ///< May be no error where a value was judged.
    resil::verdict verdict;    ///< What the outcome was judged to be.
    duration elapsed{};         ///< Since the attempt was started.
    void const* call = nullptr; ///< See `call_started`.
};

/// A further attempt will be made after a delay.
struct retry_scheduled
{
    std::string_view pipeline; ///< See `call_started`.
    int attempt;               ///< The one that failed.
    duration delay;            ///< Until the next one starts.
    error_code code;           ///< How it failed.
    void const* call = nullptr; ///< See `call_started`.
};

/// No further attempt will be made, though the outcome was one that may be repeated.
struct retry_abandoned
{
    std::string_view pipeline; ///< See `call_started`.
    int attempt;               ///< The last one.
    resil::reason reason;      ///< Why there is no other.
    error_code code;           ///< How the last one failed.
    void const* call = nullptr; ///< See `call_started`.
};

/// A breaker or a bulkhead did not admit the attempt.
struct rejected
{
    std::string_view pipeline; ///< See `call_started`.
    std::string_view policy;   ///< The name of the breaker or bulkhead.
    error_code code;           ///< `errc::circuit_open` or `errc::bulkhead_full`.
    resil::reason reason;      ///< Which of the policy's rules it was.
    void const* call = nullptr; ///< See `call_started`.
};

/// A timeout or a deadline ended something.
struct expired
{
    std::string_view pipeline; ///< See `call_started`.
    error_code code;           ///< `errc::timed_out` or `errc::deadline_exceeded`.
    void const* call = nullptr; ///< See `call_started`.
};

/// The call is answered by its fallback: a degraded success.
struct fallback_used
{
    std::string_view pipeline; ///< See `call_started`.
    error_code code;           ///< The failure that the fallback stands in for.
    resil::reason reason;      ///< Why the call had failed.
    void const* call = nullptr; ///< See `call_started`.
};

/// The call is over; told once for every `call_started` that was not destroyed with its context.
struct call_ended
{
    std::string_view pipeline; ///< See `call_started`.
    error_code code;           ///< None for a success, a degraded one included.
    resil::reason reason;      ///< Which rule ended the call; `none` if no policy did.
    int attempts;              ///< Attempts started; >= 0.
    duration elapsed{};        ///< Since the call was started.
    void const* call = nullptr; ///< See `call_started`.
};

} // namespace resil

#endif // RESIL_EVENT_HPP
