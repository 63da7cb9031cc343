// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_POOL_GENERATIONS_IPP
#define RESIL_CORE_POOL_GENERATIONS_IPP

// The bodies of core/pool_generations.hpp, which includes this unless they are compiled apart; see src.hpp.

namespace resil::core {

pool_alarm pool_generations::lost(std::uint64_t generation) noexcept
{
    if (dead(generation)) {
        return pool_alarm::none;
    }
    if (!suspect(generation)) {
        suspect_ = current_;
        ++current_;
        accused_ = true;
        return pool_alarm::suspect;
    }
    if (!accused_) {
        accused_ = true;
        return pool_alarm::none;
    }
    dead_ = suspect_;
    return pool_alarm::dead;
}

bool pool_generations::invalidate(std::uint64_t generation) noexcept
{
    if (generation != current_) {
        return false;
    }
    dead_ = suspect_ = current_;
    ++current_;
    return true;
}

} // namespace resil::core

#endif // RESIL_CORE_POOL_GENERATIONS_IPP
