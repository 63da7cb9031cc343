// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "simulation/stacks.hpp"

namespace explorer {

using namespace parts;

std::vector<stack_factory> short_stacks()
{
    return {
        &stack_of<way::plain, judged, observed, deadline, retry>::make,
        &stack_of<way::plain, judged, observed, retry, breaker>::make,
        &stack_of<way::plain, judged, retry, bulkhead>::make,
        &stack_of<way::plain, breaker, timeout>::make,
        &stack_of<way::plain, deadline, bulkhead>::make,
        &stack_of<way::plain, timeout, bulkhead>::make,
        &stack_of<way::with_deadline, judged, bulkhead, deadline, retry, timeout>::make,
        &stack_of<way::plain, fallback_operation, timeout>::make,
        &stack_of<way::plain, judged, deadline, retry, abandoning_timeout>::make,
        &stack_of<way::plain, judged, bulkhead, breaker, retry, timeout>::make,
        &stack_of<way::erased, judged, fallback, deadline, retry, bulkhead>::make,
    };
}

} // namespace explorer
