// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_EXAMPLES_DEMO_VERDICT_HPP
#define RESIL_EXAMPLES_DEMO_VERDICT_HPP

#include "numbers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace demo {

/// Two runs of one script, and what was counted in them.
struct comparison
{
    recording without;
    recording with;
    numbers off{without};
    numbers on{with};
};

/// What must hold; the thresholds of a quick run are wider, for a page counts for more.
struct limits
{
    double page_deadline_ms = 800;
    double p99_allowance_ms = 50;
    double healthy_full_share = 0.99;
    double calls_share = 0.1;
    double recovery_s = 10;
};

/// One line of the table.
struct row
{
    std::string what;
    std::string without{};
    std::string with{};
};

inline std::string seconds_text(std::optional<double> s)
{
    return s ? fmt::format("{:.2f}", *s) : "never";
}

/// The table, for the terminal and for the report; an indented row belongs to the one above.
inline std::vector<row> table_of(comparison const& c, limits const& l)
{
    std::vector<row> rows;
    auto const add = [&](std::string what, auto const& off, auto const& on) {
        rows.push_back({std::move(what), fmt::format("{}", off), fmt::format("{}", on)});
    };
    auto const add_ms = [&](std::string what, double off, double on) {
        add(std::move(what), fmt::format("{:.1f}", off), fmt::format("{:.1f}", on));
    };
    add("requests", c.off.all.requests, c.on.all.requests);
    add("full pages", c.off.all.full, c.on.all.full);
    add("degraded pages", c.off.all.degraded, c.on.all.degraded);
    add("errors", c.off.all.errors, c.on.all.errors);
    add(fmt::format("pages shown within {:.0f} ms", l.page_deadline_ms),
        shown_within(c.without, l.page_deadline_ms), shown_within(c.with, l.page_deadline_ms));
    add_ms("page p50, ms", c.off.p50_ms, c.on.p50_ms);
    add_ms("page p99, ms", c.off.p99_ms, c.on.p99_ms);
    add_ms("page p99.9, ms", c.off.p999_ms, c.on.p999_ms);
    rows.push_back({"calls that reached recommendations"});
    std::size_t const phases = std::min(c.without.episodes.size(), c.with.episodes.size());
    for (std::size_t i = 0; i < phases; ++i) {
        add("  " + c.without.name_of(i), c.without.episodes[i].reached,
            c.with.episodes[i].reached);
    }
    add("  in the outage", c.off.upstream_calls_outage, c.on.upstream_calls_outage);
    add("connects that were refused", c.off.refused_outage, c.on.refused_outage);
    add("seconds until full pages are back", seconds_text(c.off.recovery_s),
        seconds_text(c.on.recovery_s));
    return rows;
}

/// Something that was promised, and whether the runs kept it.
struct promise
{
    bool kept;
    std::string text; ///< What was promised, and what was measured.
};

inline promise promise_of_health(char const* run, numbers const& n, limits const& l)
{
    double worst = n.healthy.empty() ? 0 : 1;
    for (healthy_phase const& h : n.healthy) {
        worst = std::min(worst, h.back ? h.since.full_share() : 0);
    }
    return {worst >= l.healthy_full_share,
            fmt::format("{}: at least {:.0f} % of the pages of each healthy phase are full, "
                        "once they are back: {:.1f} %",
                        run, l.healthy_full_share * 100, worst * 100)};
}

inline std::vector<promise> promises_of(comparison const& c, limits const& l)
{
    double const p99_limit = l.page_deadline_ms + l.p99_allowance_ms;
    auto const share = [](long with, long without) {
        return without ? double(with) / double(without) : 1;
    };
    double const reached = share(c.on.upstream_calls_outage, c.off.upstream_calls_outage);
    double const begun = share(c.on.upstream_calls_outage + c.on.refused_outage,
                               c.off.upstream_calls_outage + c.off.refused_outage);
    return {
        {c.off.all.requests == c.on.all.requests && c.on.all.requests > 0,
         fmt::format("both runs asked for the same number of pages: {} and {}",
                     c.off.all.requests, c.on.all.requests)},
        {c.on.all.errors == 0,
         fmt::format("with policies: no request fails: {} did", c.on.all.errors)},
        {c.on.p99_ms < p99_limit,
         fmt::format("with policies: p99 of the page is under its deadline of {:.0f} ms plus "
                     "{:.0f} ms: {:.1f} ms",
                     l.page_deadline_ms, l.p99_allowance_ms, c.on.p99_ms)},
        {std::max(reached, begun) < l.calls_share,
         fmt::format("with policies: the ailing service gets under {:.0f} % of the calls: "
                     "{:.1f} %, or {:.1f} % counting refused connects",
                     l.calls_share * 100, reached * 100, begun * 100)},
        {c.on.recovery_s && *c.on.recovery_s <= l.recovery_s,
         fmt::format("with policies: full pages are back within {:.0f} s: {} s", l.recovery_s,
                     seconds_text(c.on.recovery_s))},
        promise_of_health("without policies", c.off, l),
        promise_of_health("with policies", c.on, l),
    };
}

inline std::string json_of(numbers const& n)
{
    return fmt::format(
        R"({{"requests": {}, "full": {}, "degraded": {}, "errors": {}, "p50_ms": {:.3f}, )"
        R"("p99_ms": {:.3f}, "p999_ms": {:.3f}, "upstream_calls_outage": {}, )"
        R"("recovery_s": {}}})",
        n.all.requests, n.all.full, n.all.degraded, n.all.errors, n.p50_ms, n.p99_ms, n.p999_ms,
        n.upstream_calls_outage, n.recovery_s ? fmt::format("{:.3f}", *n.recovery_s) : "null");
}

} // namespace demo

#endif // RESIL_EXAMPLES_DEMO_VERDICT_HPP
