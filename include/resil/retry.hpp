// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_RETRY_HPP
#define RESIL_RETRY_HPP

#include <resil/config.hpp>
#include <resil/core/backoff.hpp>
#include <resil/core/option_check.hpp>
#include <resil/core/random.hpp>
#include <resil/core/retry_budget.hpp>
#include <resil/core/retry_decision.hpp>
#include <resil/detail/entropy.hpp>
#include <resil/detail/initiate.hpp>
#include <resil/detail/policy_description.hpp>
#include <resil/detail/retry_layer.hpp>
#include <resil/error.hpp>
#include <resil/idempotency.hpp>
#include <resil/verdict.hpp>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace resil {

/// What a retry does when it finds itself inside another one.
enum class nested_retry
{
    quiet,   ///< It makes one attempt, and leaves repeating to the outer one. The default.
    repeats, ///< It repeats all the same: three layers of three attempts make 27 calls.
};

/// How often, how patiently, and under which conditions an operation is tried again.
struct retry_options
{
    /// Attempts in total, the first one included; >= 1. Source: resilience4j, AWS SDKs, 3.
    int max_attempts = 3;

    /// The delay before the next attempt: exponential, fixed, linear, or a function of yours.
    resil::backoff backoff = resil::backoff::exponential(std::chrono::milliseconds(100),
                                                         std::chrono::seconds(10), 2.0);

    /// How the delay is spread at random. Source: AWS, "Exponential Backoff and Jitter".
    resil::jitter jitter = resil::jitter::full;

    /// For `jitter::ratio`: the share by which the delay varies; in [0, 1]. Source: Polly, 0.25.
    double jitter_ratio = 0.25;

    /// A floor under every delay; from 0 to the backoff's cap.
    duration min_delay = duration::zero();

    /// Whether repeating is safe; see `idempotency`.
    resil::idempotency idempotency = resil::idempotency::unsafe;

    /// The longest wait that a peer may ask for; >= 0. A longer one ends the call. Source: Envoy drops a
    /// hint that is too long; truncating it would come back before the peer is ready.
    duration max_retry_after = std::chrono::seconds(60);

    /// The time before the deadline that an attempt needs to be worth making; >= 0.
    duration min_useful_time = duration::zero();

    /// Shared with all that talk to the same peer; none: retries are not limited as a whole.
    std::optional<retry_budget> budget{};

    /// Whether this retry stays quiet inside another one.
    nested_retry nested = nested_retry::quiet;

    /// Seeds the jitter; unset: from the system's random source. Set it in tests only.
    std::optional<std::uint64_t> seed{};

    /// Throws `invalid_option` if a member is out of range.
    RESIL_DECL void validate() const;

    /// Returns the part of the options that decides; for `core::decide`.
    RESIL_DECL core::retry_rules rules() const noexcept;
};

namespace detail {

/// What the copies of a retry share, whatever they judge by.
struct shared_retry
{
    RESIL_DECL explicit shared_retry(retry_options o);

    retry_options const options;
    core::retry_rules const rules;
    std::optional<retry_budget> budget;
    core::shared_generator generator;
};

} // namespace detail

/**
 * Repeats an operation that failed, where that is safe and there is time for it.
 *
 * After each attempt the outcome is judged (see `verdict`). A transient or throttled one is repeated after a jittered
 * delay, unless the attempts are used up, repeating is not safe, an outer retry repeats already, the peer asked for too
 * long a wait, the deadline would pass, or the budget is empty. The call then completes with the operation's
 * last outcome, and `failure::reason()` says which it was.
 *
 * A peer's `retry_after` is a floor under the delay. The idempotency key, if one is asked for, is the
 * same for all attempts.
 *
 * A handle: copies share the generator of the jitter, and the budget. `Classifier` judges outcomes, values included:
 * it is called with the completion arguments, or with an `error_code`, and returns a `verdict` or a `judgement`.
 *
 * Completion signature: unchanged.
 * Executor: attempts after the first start on the call's executor.
 * Cancellation: the running attempt gets it; during a delay the call ends at once with `operation_aborted`.
 * Errors: the operation's last error as it is; `errc::operation_threw` if no idempotency key could be made.
 * Lifetimes: a call keeps what the copies share; the operation is kept, and started anew, until the call has ended.
 * Thread safety: safe, shared objects too, if const use of the classifier is.
 * Exceptions: making one throws `invalid_option`, `bad_alloc`, and what the system's random source throws where no seed
 * is given. What the classifier or the delay function throws ends the call with the outcome at hand.
 * Calls: the classifier and the delay function, on the call's executor, outside of any lock.
 * Cost: no allocation; one clock read, and two for every further attempt.
 *
 * Example:
 *
 *     resil::retry const patient{{.max_attempts = 5, .idempotency = resil::idempotency::safe}};
 *     co_return co_await patient.async_call(
 *         [](resil::attempt const&, auto token) { return fetch("/", std::move(token)); },
 *         asio::use_awaitable);
 */
template <class Classifier = judge_error>
class basic_retry : public detail::calls<basic_retry<Classifier>>
{
public:
    /// Throws `invalid_option` if an option is out of range.
    explicit basic_retry(retry_options options = {}, Classifier classifier = {})
        : shared_(std::make_shared<detail::shared_retry>(std::move(options))), classifier_(std::move(classifier))
    {
    }

    /// Returns a retry that shares everything with this one but judges by `classifier`.
    template <class Other>
    basic_retry<Other> judged_by(Other classifier) const
    {
        return basic_retry<Other>(shared_, std::move(classifier));
    }

    /// Returns the options.
    retry_options const& options() const noexcept { return shared_->options; }

    /// Returns the classifier; only of a retry that has one of its own.
    Classifier const& classifier() const noexcept
        requires(!std::same_as<Classifier, judge_error>)
    {
        return classifier_;
    }

    /// Returns the rules that decide.
    core::retry_rules const& rules() const noexcept { return shared_->rules; }

    /// Says whether this retry stays quiet inside another one.
    bool is_quiet() const noexcept { return options().nested == nested_retry::quiet; }

    /// Computes the delay after a failed attempt; calls the user's function, if there is one.
    duration delay(int failed_attempt, duration previous, error_code ec) const
    {
        auto const& o = options();
        return jittered(o.backoff, o.jitter, o.jitter_ratio, o.min_delay, failed_attempt, previous,
                        ec, draw());
    }

    /// Draws a random number in [0, 1).
    double draw() const noexcept { return shared_->generator.unit(); }

    /// Says whether the budget allows another attempt.
    bool budget_allows() const noexcept { return !options().budget || options().budget->allows(); }

    /// Tells the budget how an attempt ended.
    void tell_budget(bool success) const noexcept
    {
        if (!shared_->budget) {
            return;
        }
        success ? shared_->budget->on_success() : shared_->budget->on_failure();
    }

    /// Says what this policy is, for the rules of order and for printing.
    auto description() const
    {
        auto const& o = options();
        return detail::policy_description{
            .kind = detail::policy_kind::retry,
            .text = "retry(" + core::text(o.max_attempts) + " attempts, up to " +
                    core::text(o.backoff.cap()) + " apart, " + std::string(to_string(o.jitter)) +
                    " jitter, " + std::string(to_string(o.idempotency)) +
                    (o.budget ? ", budget)" : ")"),
            .attempts = o.max_attempts};
    }

    /// Returns this policy as the only one of a call.
    auto policies() const { return detail::own_policies<basic_retry>(*this); }

private:
    template <class>
    friend class basic_retry;

    basic_retry(std::shared_ptr<detail::shared_retry> s, Classifier classifier)
        : shared_(std::move(s)), classifier_(std::move(classifier))
    {
    }

    std::shared_ptr<detail::shared_retry> shared_;
    [[no_unique_address]] Classifier classifier_;
};

template <class Classifier>
basic_retry(retry_options, Classifier) -> basic_retry<Classifier>;

/// The retry that judges by error codes, or by the classifier of its pipeline.
using retry = basic_retry<>;

namespace detail {

template <class Classifier>
struct layer_of<basic_retry<Classifier>> : plain_layer
{
    static constexpr bool repeats = true;

    template <class Call, std::size_t K>
    using state = retry_layer<Call, K>;

    template <class Call>
    using fixture = call_timer<Call>;
};

} // namespace detail
} // namespace resil

#ifndef RESIL_SEPARATE_COMPILATION
#include <resil/retry.ipp>
#endif

#endif // RESIL_RETRY_HPP
