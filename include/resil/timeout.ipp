// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TIMEOUT_IPP
#define RESIL_TIMEOUT_IPP

// The bodies of timeout.hpp, which includes this unless they are compiled apart; see src.hpp.

namespace resil {

void timeout_options::validate() const
{
    core::require_more_than("timeout.after", after, duration::zero());
}

} // namespace resil

#endif // RESIL_TIMEOUT_IPP
