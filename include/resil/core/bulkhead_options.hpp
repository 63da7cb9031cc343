// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_BULKHEAD_OPTIONS_HPP
#define RESIL_CORE_BULKHEAD_OPTIONS_HPP

#include <resil/config.hpp>
#include <resil/core/option_check.hpp>
#include <resil/error.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

namespace resil {

/**
 * How many calls of one kind may run at once, and how many more may wait, for how long.
 *
 * What is queued is bounded in number and in time; a full queue rejects at once, which costs
 * nothing.
 */
struct bulkhead_options
{
    /// For events and messages; may be empty.
    std::string name{};

    /// How many calls hold a permit at once; >= 1. Source: Kevlar, 10; resilience4j and
    /// tower-resilience have 25, Polly 1000, too many to protect one process from one peer.
    std::size_t max_concurrent = 10;

    /// How many calls may wait for a permit, in order of arrival; zero rejects instead of
    /// waiting. Source: Polly and Kevlar; a queue adds latency where there is too much already.
    std::size_t max_queued = 0;

    /// How long a call may wait for a permit; > 0. Used if `max_queued` is not zero. Source:
    /// none among peers has both bounds (resilience4j: no wait at all); a second is resil's
    /// own, the default of resilience4j's time limiter.
    duration max_wait = std::chrono::seconds(1);

    /// Throws `invalid_option` if a member is out of range.
    RESIL_DECL void validate() const;

    /// A longer queue is a negative number that became an unsigned one.
    static constexpr std::size_t largest_queue = std::numeric_limits<std::size_t>::max() / 2;
};

/// What a bulkhead looks like at one moment.
struct bulkhead_snapshot
{
    std::size_t in_use = 0;         ///< Permits held; above the maximum only after a `resize`.
    std::size_t queued = 0;         ///< Calls waiting.
    std::size_t max_concurrent = 0; ///< As configured.
    std::size_t max_queued = 0;     ///< As configured.
    std::uint64_t admitted = 0;     ///< Calls that got a permit, at once or after waiting.
    std::uint64_t rejected = 0;     ///< Calls that found the queue full.
    std::uint64_t abandoned = 0;    ///< Calls that left the queue: cancelled, or out of time.
};

} // namespace resil

#ifndef RESIL_SEPARATE_COMPILATION
#include <resil/core/bulkhead_options.ipp>
#endif

#endif // RESIL_CORE_BULKHEAD_OPTIONS_HPP
