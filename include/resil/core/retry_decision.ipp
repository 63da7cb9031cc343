// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_RETRY_DECISION_IPP
#define RESIL_CORE_RETRY_DECISION_IPP

// The bodies of core/retry_decision.hpp, which includes this unless they are compiled apart; see src.hpp.

#include <algorithm>

namespace resil::core {

void retry_rules::validate() const
{
    require_at_least("retry.max_attempts", max_attempts, 1);
    require_at_least("retry.max_retry_after", max_retry_after, duration::zero());
    require_at_least("retry.min_useful_time", min_useful_time, duration::zero());
    require_at_least("retry.min_delay", min_delay, duration::zero());
    require_between("retry.hint_jitter_ratio", hint_jitter_ratio, 0.0, 1.0);
}

bool never_sent(retry_facts const& facts) noexcept
{
    return facts.proved_not_sent || proves_not_sent(facts.error);
}

reason forbidden(retry_rules const& rules, retry_facts const& facts) noexcept
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

duration wait_before_next(retry_rules const& rules, retry_facts const& facts) noexcept
{
    duration const backoff = std::max({facts.delay, rules.min_delay, duration::zero()});
    duration const hint = facts.judged.retry_after.value_or(duration::zero());
    duration const spread = scaled(hint, rules.hint_jitter_ratio * facts.hint_unit);
    return std::max({backoff, hint, std::min(plus(hint, spread), rules.max_retry_after)});
}

retry_decision decide(retry_rules const& rules, retry_facts const& facts) noexcept
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

#endif // RESIL_CORE_RETRY_DECISION_IPP
