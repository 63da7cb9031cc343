// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_EXAMPLES_DEMO_SCRIPT_HPP
#define RESIL_EXAMPLES_DEMO_SCRIPT_HPP

#include <array>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace demo {

using namespace std::chrono_literals;

/// What is wrong with the recommendations service, for a while.
enum class fault
{
    healthy,  ///< Answers within 15 ms.
    slow,     ///< Answers after two seconds.
    failing,  ///< Answers at once, with 500 or 503.
    refusing, ///< Does not listen: connects are refused.
    hanging,  ///< Accepts and reads, and never answers.
};

inline constexpr std::array<std::string_view, 5> fault_names{"healthy", "slow", "failing",
                                                             "refusing", "hanging"};

inline std::string_view to_string(fault f)
{
    return fault_names[static_cast<std::size_t>(f)];
}

inline fault parse_fault(std::string_view name)
{
    for (std::size_t i = 0; i < fault_names.size(); ++i) {
        if (fault_names[i] == name) {
            return static_cast<fault>(i);
        }
    }
    throw std::invalid_argument("there is no fault '" + std::string(name) + "'");
}

struct phase
{
    fault kind;
    std::chrono::milliseconds length;
};

using script = std::vector<phase>;

/// Reads `healthy:7,slow:2.5`: faults, and for how many seconds each.
inline script parse_script(std::string_view text)
{
    script phases;
    while (!text.empty()) {
        std::string_view const item = text.substr(0, text.find(','));
        text.remove_prefix(std::min(item.size() + 1, text.size()));
        auto const colon = item.find(':');
        double const seconds =
            colon == item.npos ? 0 : std::atof(std::string(item.substr(colon + 1)).c_str());
        if (!(seconds >= 0.1 && seconds <= 3600)) {
            throw std::invalid_argument("a phase is written `slow:2.5`, in seconds from 0.1 to "
                                        "3600, not '" +
                                        std::string(item) + "'");
        }
        phases.push_back({parse_fault(item.substr(0, colon)),
                          std::chrono::milliseconds(std::lround(seconds * 1000))});
    }
    return phases;
}

inline std::chrono::milliseconds length_of(script const& phases)
{
    auto total = 0ms;
    for (phase const& p : phases) {
        total += p.length;
    }
    return total;
}

/// A point in time as all programs of the demo exchange it: one machine has one steady clock.
inline long long nanoseconds(std::chrono::steady_clock::time_point t)
{
    return std::chrono::nanoseconds(t.time_since_epoch()).count();
}

inline std::chrono::steady_clock::time_point steady_time(long long nanoseconds_since_boot)
{
    return std::chrono::steady_clock::time_point(
        std::chrono::nanoseconds(nanoseconds_since_boot));
}

} // namespace demo

#endif // RESIL_EXAMPLES_DEMO_SCRIPT_HPP
