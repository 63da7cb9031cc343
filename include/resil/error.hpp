// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_ERROR_HPP
#define RESIL_ERROR_HPP

#include <resil/config.hpp>

#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

/// Resilience around any Asio operation: policies, pipelines of them, and pools of connections.
namespace resil {

using boost::system::error_code;

/// Every span of time in resil: steady, in nanoseconds.
using duration = std::chrono::nanoseconds;

/// A point on the steady clock, as a value. Only the timer service reads the clock.
using time_point = std::chrono::steady_clock::time_point;

/**
 * Names the ways in which resil itself ends a call.
 *
 * The caller's own cancellation is not among them: it stays `asio::error::operation_aborted`.
 * Values are stable within a major version.
 */
enum class errc
{
    timed_out = 1,         ///< One step, bounded by `timeout`, took too long.
    deadline_exceeded = 2, ///< The whole call, bounded by `deadline`, took too long.
    circuit_open = 3,      ///< The circuit breaker did not admit the attempt.
    bulkhead_full = 4,     ///< No permit was free, and no place in the queue or no time left in it.
    rate_limited = 5,      ///< A local rate limit did not admit the attempt.
    operation_threw = 6,   ///< The operation or a callback threw; see `failure::exception()`.
    pool_timed_out = 7,    ///< No connection was to be had in time.
    pool_queue_full = 8,   ///< Too many waited for a connection already.
    pool_unavailable = 9,  ///< There is no connection, and connecting has failed too often.
    pool_draining = 10,    ///< The pool lends nothing any more.
};

/// Says why a call ended as it did, or why no further attempt was made.
enum class reason
{
    none,               ///< The call succeeded, or nothing but the operation decided.
    attempts_exhausted, ///< `max_attempts` were made.
    not_repeatable,     ///< `idempotency::unsafe`, and the request may have been sent.
    key_not_seen,       ///< `idempotency::keyed`, but the operation cannot send the key.
    permanent,          ///< The outcome was judged permanent: repeating would not help.
    ignored,            ///< The outcome was judged to be nobody's failure: not repeated.
    budget_exhausted,   ///< The retry budget allows no further attempt for now.
    deadline_too_near,  ///< The next attempt could not start before the deadline.
    retry_after_too_long, ///< The peer asked for a longer wait than the policy allows.
    nested,             ///< An outer retry repeats already; this one stayed quiet.
    timed_out,          ///< `timeout` ended the call.
    deadline_exceeded,  ///< `deadline` ended the call.
    circuit_open,       ///< The circuit was open.
    probes_busy,        ///< The circuit was half-open and all its probes were in flight.
    circuit_forced_open, ///< The circuit was forced open by hand.
    bulkhead_full,      ///< All permits and all places in the queue were taken.
    bulkhead_wait,      ///< The longest wait for a permit was over.
    cancelled,          ///< The caller cancelled.
    exception,          ///< The operation or a callback threw.
};

/// Returns the name of a reason, as it is spelt in the enumeration.
constexpr std::string_view to_string(reason why) noexcept
{
    switch (why) {
    case reason::none: return "none";
    case reason::attempts_exhausted: return "attempts_exhausted";
    case reason::not_repeatable: return "not_repeatable";
    case reason::key_not_seen: return "key_not_seen";
    case reason::permanent: return "permanent";
    case reason::ignored: return "ignored";
    case reason::budget_exhausted: return "budget_exhausted";
    case reason::deadline_too_near: return "deadline_too_near";
    case reason::retry_after_too_long: return "retry_after_too_long";
    case reason::nested: return "nested";
    case reason::timed_out: return "timed_out";
    case reason::deadline_exceeded: return "deadline_exceeded";
    case reason::circuit_open: return "circuit_open";
    case reason::probes_busy: return "probes_busy";
    case reason::circuit_forced_open: return "circuit_forced_open";
    case reason::bulkhead_full: return "bulkhead_full";
    case reason::bulkhead_wait: return "bulkhead_wait";
    case reason::cancelled: return "cancelled";
    case reason::exception: return "exception";
    }
    return "unknown";
}

namespace detail {

#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor" // Boost's category has none, on purpose
#endif

class error_category final : public boost::system::error_category
{
public:
    constexpr error_category() noexcept : boost::system::error_category(0x7265'7369'6c00'0001ULL)
    {
    }

    char const* name() const noexcept override { return "resil"; }

    RESIL_DECL std::string message(int value) const override;
};

#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

inline constexpr error_category error_category_instance{};

} // namespace detail

/// Returns the category of `errc`; its name is "resil".
inline boost::system::error_category const& error_category() noexcept
{
    return detail::error_category_instance;
}

/// Makes an `error_code` of an `errc`; found by `error_code`'s converting constructor.
inline error_code make_error_code(errc value) noexcept
{
    return {static_cast<int>(value), error_category()};
}

/**
 * Tells how a call failed: what ended it, why, after how many attempts, and how long it took.
 *
 * Thread safety: a value; distinct objects may be used from any threads, and a shared one be read.
 * Exceptions: nothing here throws.
 * Cost: copying one may share an exception, and allocates nothing.
 *
 * Example:
 *
 *     resil::failure const& why = page.error(); // code, reason, attempts, elapsed, last error
 *     co_return "no page: " + why.code().message();
 */
class failure
{
public:
    /// What a failure is made of; every member may be left out.
    struct facts
    {
        error_code code{};                      ///< What the call completes with.
        resil::reason reason = resil::reason::none; ///< Which rule ended the call.
        int attempts = 0;                       ///< Attempts started; >= 0.
        duration elapsed{0};                    ///< From the call's start to its end; >= 0.
        error_code last_error{};                ///< The last outcome of the operation itself.
        std::optional<duration> retry_after{};  ///< When asking again makes sense, if known.
        std::exception_ptr exception{};         ///< What was thrown, if anything was.
    };

    /// Tells of no failure: no code, and no reason.
    failure() = default;

    /// Takes the facts as they are.
    explicit failure(facts f) noexcept : facts_(std::move(f)) {}

    /// Returns the code that the call completes with.
    error_code code() const noexcept { return facts_.code; }

    /// Returns the rule that ended the call, or that forbade a further attempt.
    resil::reason reason() const noexcept { return facts_.reason; }

    /// Returns how many attempts were started; 0 if the call was rejected before the first.
    int attempts() const noexcept { return facts_.attempts; }

    /// Returns the time until the call's end, counted from where a policy first needed a clock: its start, if
    /// there is a deadline or a timeout; else, for example, its first failure. 0 where none did.
    duration elapsed() const noexcept { return facts_.elapsed; }

    /// Returns the last error of the operation itself, as opposed to resil's own.
    error_code last_error() const noexcept { return facts_.last_error; }

    /// Returns after what time a further call makes sense, where the peer or a breaker said so.
    std::optional<duration> retry_after() const noexcept { return facts_.retry_after; }

    /// Returns the exception that ended the call, or null.
    std::exception_ptr const& exception() const noexcept { return facts_.exception; }

private:
    facts facts_;
};

/**
 * Carries a failure on an `exception_ptr` channel: resil's own ends of a call are thrown as this.
 *
 * An operation's own exception is passed on as it is.
 *
 * Thread safety: a value; distinct objects are safe.
 * Exceptions: making one may throw `bad_alloc`.
 * Cost: that of a `system_error`, and of the failure in it.
 *
 * Example:
 *
 *     } catch (resil::error const& e) { // resil ended the call
 *         co_return std::string(to_string(e.failure().reason()));
 *     } catch (boost::system::system_error const& e) { // the operation's own last error
 *         co_return e.code().message();
 *     }
 */
class error : public boost::system::system_error
{
public:
    /// Holds a failure; `code()` is the failure's.
    explicit error(resil::failure f) : system_error(f.code()), failure_(std::move(f)) {}

    /// Returns all that is known of how the call failed.
    resil::failure const& failure() const noexcept { return failure_; }

private:
    resil::failure failure_;
};

/**
 * Says that a policy or pipeline was to be built from options that make no sense: field, value and range.
 *
 * Thread safety: a value; distinct objects are safe.
 * Exceptions: making one may throw `bad_alloc`.
 * Cost: that of a string.
 *
 * Example:
 *
 *     } catch (resil::invalid_option const& e) {
 *         return e.what();
 *     }
 */
class invalid_option : public std::invalid_argument
{
public:
    /// Names the option, the value that was given, and the values that are accepted.
    RESIL_DECL invalid_option(std::string_view field, std::string_view value,
                              std::string_view expected);

    /// Takes the whole message.
    using std::invalid_argument::invalid_argument;
};

} // namespace resil

namespace boost::system {

template <>
struct is_error_code_enum<resil::errc> : std::true_type
{
};

} // namespace boost::system

#ifndef RESIL_SEPARATE_COMPILATION
#include <resil/error.ipp>
#endif

#endif // RESIL_ERROR_HPP
