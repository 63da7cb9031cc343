// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_RETRY_IPP
#define RESIL_RETRY_IPP

// The bodies of retry.hpp, which includes this unless they are compiled apart; see src.hpp.

#include <utility>

namespace resil {

void retry_options::validate() const
{
    rules().validate();
    backoff.validate();
    core::require_between("retry.jitter_ratio", jitter_ratio, 0.0, 1.0);
    core::require_between("retry.min_delay", min_delay, duration::zero(), backoff.cap());
}

core::retry_rules retry_options::rules() const noexcept
{
    return {.max_attempts = max_attempts,
            .idempotency = idempotency,
            .max_retry_after = max_retry_after,
            .min_useful_time = min_useful_time,
            .min_delay = min_delay};
}

} // namespace resil

namespace resil::detail {

shared_retry::shared_retry(retry_options o)
    : options((o.validate(), std::move(o))), rules(options.rules()), budget(options.budget),
      generator(options.seed ? *options.seed : random_words()[0])
{
}

} // namespace resil::detail

#endif // RESIL_RETRY_IPP
