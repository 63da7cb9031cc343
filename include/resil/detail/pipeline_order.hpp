// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_PIPELINE_ORDER_HPP
#define RESIL_DETAIL_PIPELINE_ORDER_HPP

#include <string>
#include <vector>

namespace resil::detail {

template <class... Policies>
std::vector<std::string> check_order(Policies const&...)
{
    return {};
}

} // namespace resil::detail

#endif // RESIL_DETAIL_PIPELINE_ORDER_HPP
