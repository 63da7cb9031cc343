// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_PIPELINE_ORDER_IPP
#define RESIL_DETAIL_PIPELINE_ORDER_IPP

// The bodies of detail/pipeline_order.hpp, which includes this unless they are compiled apart; see src.hpp.

#include <algorithm>
#include <utility>

namespace resil::detail {

std::vector<std::string> order_check::run()
{
    for (std::size_t outer = 0; outer < policies_.size(); ++outer) {
        check_alone(outer);
        for (std::size_t inner = outer + 1; inner < policies_.size(); ++inner) {
            check_pair(policies_[outer], policies_[inner]);
        }
    }
    check_total();
    return std::move(warnings_);
}

void order_check::check_alone(std::size_t at)
{
    if (policies_[at].abandons && at + 1 != policies_.size()) {
        refuse("a timeout that abandons the operation stands outside of another policy",
               "put it next to the operation, as the last one");
    }
}

void order_check::check_pair(policy_description const& outer, policy_description const& inner)
{
    if (outer.identity && outer.identity == inner.identity) {
        refuse(inner.text + " stands twice in the pipeline, and would wait for, or count, itself",
               "leave one out");
    }
    if (outer.kind == kind::retry && inner.kind == kind::fallback) {
        refuse("a fallback inside a retry hides every failure from it",
               "put the fallback first");
    }
    if (outer.kind == kind::retry && inner.kind == kind::retry) {
        refuse("two retries multiply their attempts", "leave one out");
    }
    if (outer.kind == kind::deadline && inner.kind == kind::timeout &&
        inner.bound > outer.bound) {
        refuse("timeout.after is " + core::text(inner.bound) + ", longer than the deadline of " +
                   core::text(outer.bound) + ", and would never fire",
               "make it shorter than the deadline, or leave it out");
    }
    warn_about(outer, inner);
}

void order_check::warn_about(policy_description const& outer, policy_description const& inner)
{
    if (outer.kind == kind::retry && inner.kind == kind::deadline) {
        warn("a deadline inside a retry bounds each attempt, not the call: use timeout for that, "
             "or put the deadline outside");
    }
    if (outer.kind == kind::circuit_breaker && inner.kind == kind::retry) {
        warn("a circuit breaker outside a retry sees only the last attempt of each call: put it "
             "inside");
    }
    if (outer.kind == kind::bulkhead && inner.kind == kind::retry) {
        warn("a bulkhead outside a retry holds its permit while the retry waits: put it inside "
             "unless it protects the caller");
    }
    if (outer.kind == kind::timeout && inner.kind == kind::retry) {
        warn("a timeout outside a retry bounds all attempts together: use deadline for that");
    }
    if (outer.kind == kind::timeout && inner.kind == kind::circuit_breaker) {
        warn("a timeout outside a circuit breaker is not seen by it: put the timeout inside");
    }
    if (outer.kind == kind::deadline && inner.kind == kind::fallback) {
        warn("a fallback inside the deadline cannot answer for its expiry: put it first");
    }
    if (outer.kind == kind::deadline && inner.kind == kind::deadline) {
        warn("of two deadlines only the earlier one ever fires: leave one out");
    }
    if (outer.kind == kind::circuit_breaker && inner.kind == kind::timeout &&
        inner.bound >= outer.lease) {
        warn("circuit_breaker.probe_lease is " + core::text(outer.lease) +
             ", not longer than the timeout of " + core::text(inner.bound) +
             ": slow probes are given up before they can time out");
    }
}

void order_check::check_total()
{
    duration deadline = duration::max();
    duration timeout = duration::max();
    int attempts = 1;
    for (auto const& policy : policies_) {
        attempts = std::max(attempts, policy.attempts);
        if (policy.kind == kind::deadline) {
            deadline = std::min(deadline, policy.bound);
        } else if (policy.kind == kind::timeout) {
            timeout = std::min(timeout, policy.bound);
        }
    }
    if (attempts > 1 && timeout != duration::max() && timeout > deadline / attempts) {
        warn(std::to_string(attempts) + " attempts of up to " + core::text(timeout) +
             " do not fit into the deadline of " + core::text(deadline) +
             ": the last ones may never be made");
    }
}

} // namespace resil::detail

#endif // RESIL_DETAIL_PIPELINE_ORDER_IPP
