// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "simulation/stacks.hpp"

namespace explorer {

using namespace parts;

std::vector<stack_factory> single_stacks()
{
    return {
        &stack_of<way::plain, judged, retry>::make,
        &stack_of<way::plain, breaker>::make,
        &stack_of<way::plain, bulkhead>::make,
        &stack_of<way::stranded, bulkhead>::make,
        &stack_of<way::plain, timeout>::make,
        &stack_of<way::with_deadline, timeout>::make,
        &stack_of<way::plain, deadline>::make,
        &stack_of<way::plain, fallback>::make,
    };
}

std::vector<stack_factory> const& sound_stacks()
{
    static auto const all = [] {
        auto stacks = single_stacks();
        for (auto const& more : {short_stacks(), full_stacks()}) {
            stacks.insert(stacks.end(), more.begin(), more.end());
        }
        return stacks;
    }();
    return all;
}

} // namespace explorer
