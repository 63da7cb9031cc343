// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_SHUTDOWN_OPTIONS_HPP
#define RESIL_CORE_SHUTDOWN_OPTIONS_HPP

#include <resil/core/option_check.hpp>
#include <resil/core/saturate.hpp>
#include <resil/error.hpp>

#include <chrono>

namespace resil {

/// How a process takes leave; `budget` bounds all of it, and the rest shares it.
struct shutdown_options
{
    /// From the first signal to the end, > 0. Kubernetes kills after 30 s, so this fits with a margin; keep it 2 s below
    /// `terminationGracePeriodSeconds` less the time of a `preStop` hook. Source: Kubernetes' default of 30 s.
    duration budget = std::chrono::seconds(25);

    /// How long, >= 0, requests are still taken, because the balancer does not know yet; ends early with `quiet`.
    /// Source: what Kubernetes needs to spread that an endpoint is gone is seconds; 5 s is usual.
    duration balancer_wait = std::chrono::seconds(5);

    /// When no connection has arrived for this time, > 0, the balancer is taken to know. Source: resil's own.
    duration quiet = std::chrono::seconds(2);

    /// How long, >= 0, streams may go on after they were told. Source: resil's own.
    duration stream_grace = std::chrono::seconds(5);

    /// How long, >= 0, what is cancelled has to end; the last part but one of the budget. Source: gunicorn's 2 s.
    duration cancel_grace = std::chrono::seconds(2);

    /// What is kept, >= 0, of the budget for pools, metrics and hooks. Source: resil's own.
    duration closing_time = std::chrono::seconds(3);

    /// Throws `invalid_option` if a member is out of range, or what they need together is more than `budget`.
    void validate() const
    {
        using namespace core;
        require_more_than("shutdown.budget", budget, duration::zero());
        require_at_least("shutdown.balancer_wait", balancer_wait, duration::zero());
        require_more_than("shutdown.quiet", quiet, duration::zero());
        require_at_least("shutdown.stream_grace", stream_grace, duration::zero());
        require_at_least("shutdown.cancel_grace", cancel_grace, duration::zero());
        require_at_least("shutdown.closing_time", closing_time, duration::zero());
        auto const parts = plus(plus(balancer_wait, cancel_grace), closing_time);
        if (parts > budget) {
            throw invalid_option("shutdown.budget", text(budget),
                                 "at least balancer_wait + cancel_grace + closing_time, which is " + text(parts));
        }
    }
};

} // namespace resil

#endif // RESIL_CORE_SHUTDOWN_OPTIONS_HPP
