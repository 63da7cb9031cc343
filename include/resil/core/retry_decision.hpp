// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_RETRY_DECISION_HPP
#define RESIL_CORE_RETRY_DECISION_HPP

#include <resil/config.hpp>
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
    RESIL_DECL void validate() const;
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
RESIL_DECL bool never_sent(retry_facts const& facts) noexcept;

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
RESIL_DECL reason forbidden(retry_rules const& rules, retry_facts const& facts) noexcept;

/// Returns how long to wait: the backoff, and never less than the peer asked for.
///
/// A peer's wait is lengthened at random, because many clients got the same one, but not beyond
/// `max_retry_after`.
RESIL_DECL duration wait_before_next(retry_rules const& rules,
                                     retry_facts const& facts) noexcept;

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
RESIL_DECL retry_decision decide(retry_rules const& rules, retry_facts const& facts) noexcept;

} // namespace resil::core

#ifndef RESIL_SEPARATE_COMPILATION
#include <resil/core/retry_decision.ipp>
#endif

#endif // RESIL_CORE_RETRY_DECISION_HPP
