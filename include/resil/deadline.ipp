// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DEADLINE_IPP
#define RESIL_DEADLINE_IPP

// The bodies of deadline.hpp, which includes this unless they are compiled apart; see src.hpp.

namespace resil {

void deadline_options::validate() const
{
    core::require_more_than("deadline.after", after, duration::zero());
}

} // namespace resil

#endif // RESIL_DEADLINE_IPP
