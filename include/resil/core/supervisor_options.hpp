// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_SUPERVISOR_OPTIONS_HPP
#define RESIL_CORE_SUPERVISOR_OPTIONS_HPP

#include <resil/core/option_check.hpp>
#include <resil/error.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace resil {

/// How many worker processes there are, and when one is replaced.
struct supervisor_options
{
    /// Processes that serve, 1 to 1024. Source: resil's own; one a core is usual.
    std::size_t workers = 2;

    /// A worker that was not heard of for so long, > 0, is killed and replaced; it counts from the start, too, so it must be
    /// longer than a start takes. Source: gunicorn's 30 s.
    duration stall = std::chrono::seconds(30);

    /// So is one that was told to end, and has not ended after this time, >= 0. Longer than the worker's own shutdown
    /// budget. Source: the budget of 25 s, and two.
    duration grace = std::chrono::seconds(27);

    /// How long to wait, > 0, before a worker is started in place of one that crashed; doubles with each crash until one
    /// becomes ready. Source: resil's own.
    duration first_delay = std::chrono::milliseconds(100);

    /// The longest such wait, >= `first_delay`. Source: resil's own; a crash loop costs little, and recovers soon.
    duration max_delay = std::chrono::seconds(10);

    /// After how many requests, >= 0, a worker asks to be replaced; 0: never. Source: gunicorn's `max_requests`.
    std::uint64_t max_requests = 0;

    /// The share, 0 to 1, by which each worker's number is smaller than that, at random, so that they do not go at
    /// once. Source: gunicorn's `max_requests_jitter`.
    double max_requests_jitter = 0.1;

    /// Throws `invalid_option` if a member is out of range.
    void validate() const
    {
        using namespace core;
        std::size_t const one = 1;
        std::size_t const most = 1024;
        require_between("supervisor.workers", workers, one, most);
        require_more_than("supervisor.stall", stall, duration::zero());
        require_at_least("supervisor.grace", grace, duration::zero());
        require_more_than("supervisor.first_delay", first_delay, duration::zero());
        require_at_least("supervisor.max_delay", max_delay, first_delay);
        require_between("supervisor.max_requests_jitter", max_requests_jitter, 0.0, 1.0);
    }
};

} // namespace resil

#endif // RESIL_CORE_SUPERVISOR_OPTIONS_HPP
