// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "simulation/stacks.hpp"

namespace explorer {

using namespace parts;

std::vector<stack_factory> full_stacks()
{
    return {
        &stack_of<way::plain, judged, observed, deadline, retry, breaker, bulkhead,
                  timeout>::make,
        &stack_of<way::plain, judged, observed, fallback, deadline, retry, breaker, bulkhead,
                  timeout>::make,
        &stack_of<way::stranded, judged, deadline, retry, breaker, bulkhead, timeout>::make,
        &stack_of<way::with_deadline, judged, fallback, retry, breaker, bulkhead,
                  timeout>::make,
        &stack_of<way::plain, judged, fallback_operation, deadline, retry, bulkhead, breaker,
                  timeout>::make,
    };
}

} // namespace explorer
