// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_IDEMPOTENCY_OPTIONS_HPP
#define RESIL_CORE_IDEMPOTENCY_OPTIONS_HPP

#include <resil/core/option_check.hpp>
#include <resil/error.hpp>

#include <chrono>
#include <cstddef>

namespace resil {

/// How long executions are remembered, and how much of them.
struct idempotency_options
{
    /// How long an answer is kept, > 0: for as long as clients may repeat a request. Source: Stripe's 24 h.
    duration lifetime = std::chrono::hours(24);

    /// How long an execution may take, > 0, before it counts as crashed, and another may begin it. Longer than the
    /// deadline of the handler, or two run at once. Source: resil's own.
    duration lease = std::chrono::minutes(1);

    /// The longest answer that is kept, body and header, in bytes; a longer one is `forgotten`. Source: resil's own.
    std::size_t max_answer_bytes = 64 * 1024;

    /// Keys that are kept at once, >= 1; more are refused, none is forgotten early. Source: resil's own. Not PostgreSQL.
    std::size_t max_keys = 100'000;

    /// Of these for one tenant, >= 1, so that none takes the room of all others. Source: resil's own. Not PostgreSQL.
    std::size_t max_keys_per_tenant = 10'000;

    /// The memory of all that is kept, in bytes, >= 1 KiB. Source: resil's own. Memory only.
    std::size_t max_bytes = 64 * 1024 * 1024;

    /// Throws `invalid_option` if a member is out of range.
    void validate() const
    {
        using namespace core;
        std::size_t const one = 1;
        std::size_t const kib = 1024;
        require_more_than("idempotency.lifetime", lifetime, duration::zero());
        require_more_than("idempotency.lease", lease, duration::zero());
        require_at_least("idempotency.max_keys", max_keys, one);
        require_at_least("idempotency.max_keys_per_tenant", max_keys_per_tenant, one);
        require_at_least("idempotency.max_bytes", max_bytes, kib);
    }
};

} // namespace resil

#endif // RESIL_CORE_IDEMPOTENCY_OPTIONS_HPP
