// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_POOL_OPTIONS_IPP
#define RESIL_CORE_POOL_OPTIONS_IPP

// The bodies of core/pool_options.hpp, which includes this unless they are compiled apart; see src.hpp.

namespace resil {

std::size_t connection_pool_options::waiter_limit(std::size_t size) const noexcept
{
    return max_waiters.value_or(8 * size);
}

void connection_pool_options::validate() const
{
    validate_sizes();
    validate_times();
    core::require_between("pool.lifetime_jitter_ratio", lifetime_jitter_ratio, 0.0, 0.9);
    core::require_between("pool.uses_jitter_ratio", uses_jitter_ratio, 0.0, 0.9);
}

void connection_pool_options::validate_sizes() const
{
    using core::require_between;
    std::size_t const one = 1;
    std::size_t const none = 0;
    require_between("pool.max_size", max_size, one, largest_size);
    require_between("pool.max_idle", idle_limit(max_size), one, max_size);
    require_between("pool.min_idle", min_idle, none, idle_limit(max_size));
    require_between("pool.max_waiters", waiter_limit(max_size), none, 8 * largest_size);
    require_between("pool.max_connecting", max_connecting, one, largest_size);
    require_between("pool.connect_failures_to_trip", connect_failures_to_trip, none,
                    largest_size);
}

void connection_pool_options::validate_times() const
{
    using core::require_at_least;
    using core::require_more_than;
    duration const zero = duration::zero();
    require_more_than("pool.acquire_timeout", acquire_timeout, zero);
    require_at_least("pool.ping_after_idle", ping_after_idle, zero);
    require_more_than("pool.ping_timeout", ping_timeout, zero);
    require_at_least("pool.max_lifetime", max_lifetime, zero);
    require_at_least("pool.idle_timeout", idle_timeout, zero);
    if (keepalive_interval != zero) {
        require_at_least("pool.keepalive_interval", keepalive_interval,
                         duration(std::chrono::seconds(1)));
    }
    require_more_than("pool.connect_timeout", connect_timeout, zero);
    require_more_than("pool.connect_backoff", connect_backoff, zero);
    require_at_least("pool.max_connect_backoff", max_connect_backoff, connect_backoff);
    require_more_than("pool.reset_timeout", reset_timeout, zero);
    require_more_than("pool.close_timeout", close_timeout, zero);
    require_at_least("pool.leak_threshold", leak_threshold, zero);
}

connection_pool_options sqlalchemy_pool_options::options() const
{
    connection_pool_options made;
    made.max_size = total();
    made.max_idle = pool_size;
    made.acquire_timeout = core::saturated(pool_timeout);
    made.max_lifetime =
        pool_recycle.count() == -1.0 ? duration::zero() : core::saturated(pool_recycle);
    made.ping_after_idle =
        pool_pre_ping ? duration::zero() : connection_pool_options::never;
    made.idle_order = pool_use_lifo ? idle_order::lifo : idle_order::fifo;
    return made;
}

std::size_t sqlalchemy_pool_options::total() const noexcept
{
    auto const largest = std::numeric_limits<std::size_t>::max();
    return pool_size > largest - max_overflow ? largest : pool_size + max_overflow;
}

} // namespace resil

#endif // RESIL_CORE_POOL_OPTIONS_IPP
