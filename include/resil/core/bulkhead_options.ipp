// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_BULKHEAD_OPTIONS_IPP
#define RESIL_CORE_BULKHEAD_OPTIONS_IPP

// The bodies of core/bulkhead_options.hpp, which includes this unless they are compiled apart; see src.hpp.

namespace resil {

void bulkhead_options::validate() const
{
    core::require_at_least<std::size_t>("bulkhead.max_concurrent", max_concurrent, 1);
    core::require_between<std::size_t>("bulkhead.max_queued", max_queued, 0, largest_queue);
    core::require_more_than("bulkhead.max_wait", max_wait, duration::zero());
}

} // namespace resil

#endif // RESIL_CORE_BULKHEAD_OPTIONS_IPP
