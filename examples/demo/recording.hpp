// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_EXAMPLES_DEMO_RECORDING_HPP
#define RESIL_EXAMPLES_DEMO_RECORDING_HPP

#include "script.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace demo {

enum class outcome
{
    full,
    degraded,
    error,
};

/// One visit of the storefront. All times of a recording are seconds since its beginning.
struct visit
{
    double due = 0;
    double latency_ms = 0;
    outcome what = outcome::error;
};

/// A phase of the script as the recommendations service lived through it.
struct episode
{
    fault kind = fault::healthy;
    double begin = 0;
    double end = 0;
    long reached = 0; ///< Calls that reached the service, by its own count.
    long refused = 0; ///< Calls that the storefront attempted, less those that reached it.

    bool holds(double when) const { return when >= begin && when < end; }
};

/// A change of state of the storefront's circuit breaker.
struct circuit_change
{
    double when = 0;
    std::string state{};
};

/// All that is known of one run, as the three programs tell it.
struct recording
{
    std::string name{};
    long long begin = 0; ///< Steady nanoseconds.
    std::vector<visit> visits{};
    std::vector<episode> episodes{};
    std::vector<double> reached{};   ///< When each call reached the recommendations service.
    std::vector<double> attempted{}; ///< When the storefront began each call.
    std::vector<circuit_change> circuit{};

    double seconds(long long when) const { return static_cast<double>(when - begin) * 1e-9; }

    /// Takes a line of the load generator.
    void add_visit(std::string const& line)
    {
        std::istringstream words(line);
        long long due = 0;
        double microseconds = 0;
        std::string what;
        if (!(words >> due >> microseconds >> what)) {
            throw std::runtime_error("not a line of the load generator: " + line);
        }
        visits.push_back({seconds(due), microseconds / 1000,
                          what == "full"       ? outcome::full
                          : what == "degraded" ? outcome::degraded
                                               : outcome::error});
    }

    /// Takes what the recommendations service, or the storefront, tells of itself.
    void add_stats(std::string const& text)
    {
        std::istringstream lines(text);
        for (std::string line; std::getline(lines, line);) {
            std::istringstream words(line);
            std::string what;
            words >> what;
            if (what == "phase") {
                add_phase(words);
                continue;
            }
            long long when = 0;
            std::string more;
            words >> when >> more;
            if (what == "call") {
                reached.push_back(seconds(when));
            } else if (what == "attempt") {
                attempted.push_back(seconds(when));
            } else if (what == "circuit") {
                circuit.push_back({seconds(when), more});
            }
        }
    }

    /// Puts in order what was added.
    void finish()
    {
        std::ranges::sort(visits, {}, &visit::due);
        for (episode& e : episodes) {
            auto const is_in = [&e](double when) { return e.holds(when); };
            e.refused = std::max(0L, std::ranges::count_if(attempted, is_in) - e.reached);
        }
    }

    double length() const { return episodes.empty() ? 0 : episodes.back().end; }

    /// What an episode is called: the last healthy one is healthy `again`.
    std::string name_of(std::size_t i) const
    {
        bool const again = i != 0 && episodes[i].kind == fault::healthy;
        return std::string(to_string(episodes[i].kind)) + (again ? " again" : "");
    }

private:
    void add_phase(std::istringstream& words)
    {
        std::string kind;
        long long first = 0;
        long long last = 0;
        episode e;
        words >> kind >> first >> last >> e.reached;
        e.kind = parse_fault(kind);
        e.begin = seconds(first);
        e.end = seconds(last);
        episodes.push_back(e);
    }
};

} // namespace demo

#endif // RESIL_EXAMPLES_DEMO_RECORDING_HPP
