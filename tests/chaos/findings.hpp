// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_CHAOS_FINDINGS_HPP
#define RESIL_TESTS_CHAOS_FINDINGS_HPP

#include "chaos/process_size.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <string>
#include <vector>

namespace soak {

/// What a soak has found out.
struct findings
{
    std::size_t kills = 0;
    std::size_t acknowledged = 0;
    std::size_t missing = 0;
    std::size_t duplicated = 0;
    std::size_t wrong_reply = 0;
    std::size_t failed_calls = 0;
    std::size_t max_server_connections = 0; ///< That were there together; see `witness.hpp`.
    std::size_t most_at_a_moment = 0;       ///< The same, with those that were ending.
    std::size_t max_size = 0;
    std::size_t samples = 0;    ///< How often the server's connections were counted.
    std::size_t still_lent = 0; ///< Connections that did not come back for the drain.
    process_size before{};
    process_size after{};
    double minutes = 0;
};

/// How much more memory may be resident afterwards: arenas of the allocator, not a leak. A byte
/// leaked a call would be more after some minutes.
inline constexpr std::size_t allowed_growth_kb = 4096;

/// How many backends may be on their way out while their successors are there already.
inline constexpr std::size_t allowed_to_end = 4;

inline constexpr double least_acknowledged_per_minute = 1000;
inline constexpr double most_failed_ratio = 0.01;

inline std::string json_of(findings const& f)
{
    return fmt::format(
        "{{\"kills\": {}, \"acknowledged\": {}, \"missing\": {}, \"duplicated\": {}, "
        "\"wrong_reply\": {}, \"failed_calls\": {}, \"max_server_connections\": {}, "
        "\"max_size\": {}, \"fd_before\": {}, \"fd_after\": {}, \"rss_before_kb\": {}, "
        "\"rss_after_kb\": {}, \"minutes\": {:.3f}}}\n",
        f.kills, f.acknowledged, f.missing, f.duplicated, f.wrong_reply, f.failed_calls,
        f.max_server_connections, f.max_size, f.before.descriptors, f.after.descriptors,
        f.before.resident_kb, f.after.resident_kb, f.minutes);
}

/// Returns a sentence for each promise that was not kept.
inline std::vector<std::string> broken_promises(findings const& f)
{
    std::vector<std::string> broken;
    auto const require = [&](bool kept, std::string sentence) {
        if (!kept) {
            broken.push_back(std::move(sentence));
        }
    };
    auto const calls = static_cast<double>(f.acknowledged + f.failed_calls);
    require(f.missing == 0, fmt::format("{} acknowledged writes are not there", f.missing));
    require(f.duplicated == 0, fmt::format("{} writes are there twice", f.duplicated));
    require(f.wrong_reply == 0, fmt::format("{} answers were somebody else's", f.wrong_reply));
    require(f.kills > 0, "the server was never killed");
    require(f.samples > 0, "the server's connections were never counted");
    require(f.max_server_connections <= f.max_size,
            fmt::format("{} connections at the server, more than {}", f.max_server_connections,
                        f.max_size));
    require(f.most_at_a_moment <= f.max_size + allowed_to_end,
            fmt::format("{} connections at the server at a moment, far more than {}",
                        f.most_at_a_moment, f.max_size));
    require(static_cast<double>(f.acknowledged) >= least_acknowledged_per_minute * f.minutes,
            fmt::format("only {} acknowledged writes in {:.2f} minutes", f.acknowledged,
                        f.minutes));
    require(f.acknowledged > 0 &&
                static_cast<double>(f.failed_calls) <= most_failed_ratio * calls,
            fmt::format("{} of {} calls failed", f.failed_calls, calls));
    require(f.still_lent == 0, fmt::format("{} connections did not come back", f.still_lent));
    require(f.after.descriptors == f.before.descriptors,
            fmt::format("{} descriptors became {}", f.before.descriptors, f.after.descriptors));
    require(
        f.after.resident_kb <= f.before.resident_kb + allowed_growth_kb,
        fmt::format("{} kB of memory became {}", f.before.resident_kb, f.after.resident_kb));
    return broken;
}

} // namespace soak

#endif // RESIL_TESTS_CHAOS_FINDINGS_HPP
