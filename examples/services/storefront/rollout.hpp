// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef STOREFRONT_ROLLOUT_HPP
#define STOREFRONT_ROLLOUT_HPP

#include <cstdint>
#include <string_view>

namespace storefront {

/// Which of 100 groups a visitor belongs to in an experiment: always the same one, in every process and on every host.
/// The experiment's name keeps the same visitors from being the first in every experiment.
constexpr unsigned rollout_group(std::string_view experiment, std::string_view visitor)
{
    std::uint64_t hash = 0xcbf29ce484222325; // FNV-1a
    auto const mix = [&hash](std::string_view text) {
        for (char const c : text) {
            hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
        }
    };
    mix(experiment);
    mix(":");
    mix(visitor);
    hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccd; // murmur3's finalizer: the high bits must matter
    hash ^= hash >> 33;
    return static_cast<unsigned>(hash % 100);
}

/// Says whether a visitor gets what is new. Who got it at 5 percent gets it at 50, too.
constexpr bool is_rolled_out(std::string_view experiment, std::string_view visitor, unsigned percent)
{
    return rollout_group(experiment, visitor) < percent;
}

} // namespace storefront

#endif // STOREFRONT_ROLLOUT_HPP
