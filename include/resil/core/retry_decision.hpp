// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_RETRY_DECISION_HPP
#define RESIL_CORE_RETRY_DECISION_HPP

#include <resil/core/option_check.hpp>
#include <resil/core/saturate.hpp>
#include <resil/error.hpp>
#include <resil/idempotency.hpp>
#include <resil/verdict.hpp>

#include <algorithm>
#include <chrono>

namespace resil::core {

/// What a retry policy allows; the same for all its calls. The defaults are those of `retry`.
struct retry_rules
{
    /// Attempts in total, the first one included; >= 1. Source: resilience4j, AWS.
    int max_attempts = 3;

    /// Whether repeating is safe. Not stated means not safe.
    resil::idempotency idempotency = resil::idempotency::unsafe;

    /// The longest wait that a peer may ask for; >= 0. A longer one ends the call.
    duration max_retry_after = std::chrono::seconds(60);

    /// The time that an attempt needs at least to be worth making; >= 0.
    duration min_useful_time = duration::zero();

    /// A floor under every delay; >= 0.
    duration min_delay = duration::zero();

    /// By how much at most a peer's wait is lengthened at random, as a share of it; in [0, 1].
    /// Source: Envoy, which draws from [d, 1.5 d].
    double hint_jitter_ratio = 0.5;

    /// Throws `invalid_option` if a member is out of range.
    void validate() const
    {
        require_at_least("retry.max_attempts", max_attempts, 1);
        require_at_least("retry.max_retry_after", max_retry_after, duration::zero());
        require_at_least("retry.min_useful_time", min_useful_time, duration::zero());
        require_at_least("retry.min_delay", min_delay, duration::zero());
        require_between("retry.hint_jitter_ratio", hint_jitter_ratio, 0.0, 1.0);
    }
};

/// What is known when an attempt has ended.
struct retry_facts
{
    int attempt = 1;                     ///< Which attempt ended; 1-based.
    judgement judged = verdict::success; ///< What the classifier said, and the peer's wait.
    error_code error{};                  ///< What the attempt ended with.
    bool proved_not_sent = false;        ///< The operation or the pool said: nothing was sent.
    bool key_seen = false;               ///< The operation sees the key, or the caller gave it.
    bool nested_quiet = false;           ///< An outer retry repeats, and this one lets it.
    time_point now{};                    ///< When the attempt ended.
    time_point deadline = time_point::max(); ///< The end of the call; `max()` if none.
    duration delay{};                        ///< The jittered backoff.
    double hint_unit = 0.0;    ///< The random draw for the peer's wait, in [0, 1).
    bool budget_allows = true; ///< What the budget says after this failure.
};

/// Says whether nothing of the request can have reached the peer.
///
/// Such an attempt is repeated whatever the idempotency, and neither takes from the budget nor
/// asks it: the peer got no load from it (gRPC A6, transparent retries).
inline bool never_sent(retry_facts const& facts) noexcept
{
    return facts.proved_not_sent || proves_not_sent(facts.error);
}

/// What to do next.
struct retry_decision
{
    bool repeat = false;       ///< Make another attempt.
    duration delay{};          ///< How long to wait first; >= 0, and zero if there is none.
    reason why = reason::none; ///< What forbade another attempt; `none` if it is made.
};

/// Decides from what the attempt was, before any thought of time; `none` allows a repetition.
///
/// The first rule that applies gives the reason: nothing to repeat (success, ignored,
/// permanent), then no attempts left, then an outer retry, then idempotency.
/// `attempts_exhausted` comes before the others because after the last attempt nothing else
/// could have mattered.
inline reason forbidden(retry_rules const& rules, retry_facts const& facts) noexcept
{
    if (facts.judged.verdict == verdict::ignored) {
        return reason::ignored;
    }
    if (facts.judged.verdict == verdict::permanent) {
        return reason::permanent;
    }
    if (facts.attempt >= rules.max_attempts) {
        return reason::attempts_exhausted;
    }
    if (facts.nested_quiet) {
        return reason::nested;
    }
    if (rules.idempotency == idempotency::safe || never_sent(facts)) {
        return reason::none;
    }
    if (rules.idempotency == idempotency::keyed) {
        return facts.key_seen ? reason::none : reason::key_not_seen;
    }
    return reason::not_repeatable;
}

/// Returns how long to wait: the backoff, and never less than the peer asked for.
///
/// A peer's wait is lengthened at random, because many clients got the same one, but not beyond
/// `max_retry_after`.
inline duration wait_before_next(retry_rules const& rules, retry_facts const& facts) noexcept
{
    duration const backoff = std::max({facts.delay, rules.min_delay, duration::zero()});
    duration const hint = facts.judged.retry_after.value_or(duration::zero());
    duration const spread = scaled(hint, rules.hint_jitter_ratio * facts.hint_unit);
    return std::max({backoff, hint, std::min(plus(hint, spread), rules.max_retry_after)});
}

/**
 * Decides whether, and after what delay, an operation is attempted again.
 *
 * Asked once after every attempt, before any sleep: a call that must give up gives up now.
 * After `forbidden()`, the rules are, in this order:
 *   - the peer asked for a wait beyond `max_retry_after`, or for a negative one, by which
 *   gRPC's
 *     pushback says "never": `retry_after_too_long`. The wait is never cut short instead;
 *   - the next attempt would start less than `min_useful_time` before the deadline, or at it:
 *     `deadline_too_near`;
 *   - the budget does not allow it: `budget_exhausted`. Not asked if nothing was ever sent.
 *
 * Pure, thread-safe, allocates nothing; some ten nanoseconds.
 */
inline retry_decision decide(retry_rules const& rules, retry_facts const& facts) noexcept
{
    auto const stop = [](reason why) { return retry_decision{false, duration::zero(), why}; };

    if (facts.judged.verdict == verdict::success) {
        return stop(reason::none);
    }
    if (auto const why = forbidden(rules, facts); why != reason::none) {
        return stop(why);
    }
    auto const hint = facts.judged.retry_after.value_or(duration::zero());
    if (hint > rules.max_retry_after || hint < duration::zero()) {
        return stop(reason::retry_after_too_long);
    }
    duration const delay = wait_before_next(rules, facts);
    time_point const latest_use = plus(plus(facts.now, delay), rules.min_useful_time);
    if (facts.deadline != time_point::max() && latest_use >= facts.deadline) {
        return stop(reason::deadline_too_near);
    }
    if (!facts.budget_allows && !never_sent(facts)) {
        return stop(reason::budget_exhausted);
    }
    return {true, delay, reason::none};
}

} // namespace resil::core

#endif // RESIL_CORE_RETRY_DECISION_HPP
