// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_POLICY_DESCRIPTION_IPP
#define RESIL_DETAIL_POLICY_DESCRIPTION_IPP

// The bodies of detail/policy_description.hpp, which includes this unless they are compiled apart; see src.hpp.

namespace resil::detail {

std::string printed(std::string const& name, std::vector<policy_description> const& policies)
{
    std::string line = name.empty() ? "" : name + ": ";
    if (policies.empty()) {
        return line + "no policies";
    }
    for (auto const& policy : policies) {
        line += (&policy == policies.data() ? "" : " > ") + policy.text;
    }
    return line;
}

} // namespace resil::detail

#endif // RESIL_DETAIL_POLICY_DESCRIPTION_IPP
