// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_RETRY_BUDGET_IPP
#define RESIL_CORE_RETRY_BUDGET_IPP

// The bodies of core/retry_budget.hpp, which includes this unless they are compiled apart; see src.hpp.

namespace resil {

void retry_budget_options::validate() const
{
    core::require_between("retry_budget.max_tokens", max_tokens, 1.0, 1e6);
    core::require_between("retry_budget.token_ratio", token_ratio, 0.001, 1.0);
}

} // namespace resil

#endif // RESIL_CORE_RETRY_BUDGET_IPP
