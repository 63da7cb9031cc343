// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_EXAMPLES_DEMO_REPORT_HPP
#define RESIL_EXAMPLES_DEMO_REPORT_HPP

#include "chart.hpp"
#include "numbers.hpp"
#include "report_style.hpp"
#include "verdict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace demo {

/// Draws the curves of two runs, and writes the page around them.
class report
{
public:
    report(comparison const& c, std::vector<promise> const& promises, limits const& l)
        : comparison_(c), promises_(promises), limits_(l)
    {
        step_ = c.without.length() > 20 ? 1 : 0.2;
        for (recording const* r : {&c.without, &c.with}) {
            for (double t = 0; t < r->length(); t += step_) {
                top_pages_ =
                    std::max(top_pages_, rate(pages_between(*r, t, t + step_).requests));
                top_calls_ = std::max(top_calls_, rate(count(r->attempted, t)));
            }
        }
    }

    std::string html() const
    {
        std::string page(report_head);
        page += table();
        page += section("Pages per second",
                        {{"full", "full"}, {"degraded", "degraded"}, {"error", "error"}},
                        &report::draw_pages);
        page += section("Page latency, milliseconds, from when the page was due",
                        {{"median", "p50"}, {"worst", "p99"}}, &report::draw_latency);
        page += section("Calls of the recommendations service per second, retries included",
                        {{"call", "reached it"},
                         {"refused", "refused: nobody listened"},
                         {"open", "circuit open"},
                         {"half_open", "half-open"}},
                        &report::draw_calls);
        page += kept();
        return page + std::string(report_foot);
    }

private:
    using legend = std::vector<std::pair<std::string_view, std::string_view>>;

    double rate(long n) const { return static_cast<double>(n) / step_; }

    long count(std::vector<double> const& times, double from) const
    {
        return std::ranges::count_if(times,
                                     [&](double t) { return t >= from && t < from + step_; });
    }

    template <class Draw>
    std::string section(std::string_view title, legend const& keys, Draw draw) const
    {
        std::string text = fmt::format("<section><h2>{}</h2><p class=\"keys\">", title);
        for (auto const& [style, name] : keys) {
            text += fmt::format(R"(<span><i class="{}"></i>{}</span>)", style, name);
        }
        text += "</p><div class=\"pair\">\n";
        for (recording const* r : {&comparison_.without, &comparison_.with}) {
            text += fmt::format("<figure><figcaption>{}</figcaption>{}</figure>\n", r->name,
                                (this->*draw)(*r).svg(fmt::format("{}, {}", title, r->name)));
        }
        return text + "</div></section>\n";
    }

    chart draw_pages(recording const& r) const
    {
        chart drawn(r, top_pages_ * 1.1);
        drawn.grid({0, std::round(top_pages_ / 2), std::round(top_pages_)});
        for (double t = 0; t < r.length(); t += step_) {
            pages const p = pages_between(r, t, t + step_);
            double const full = rate(p.full);
            double const shown = full + rate(p.degraded);
            drawn.bar(t, t + step_, 0, full, "full")
                .bar(t, t + step_, full, shown, "degraded")
                .bar(t, t + step_, shown, rate(p.requests), "error")
                .hint(t, t + step_,
                      fmt::format("at {:g} s: {} full, {} degraded, {} errors", t, p.full,
                                  p.degraded, p.errors));
        }
        return drawn;
    }

    chart draw_latency(recording const& r) const
    {
        chart drawn(r, 10'000, true);
        drawn.grid({0.1, 1, 10, 100, 1000, 10'000}).mark(limits_.page_deadline_ms, "deadline");
        std::vector<std::pair<double, double>> median;
        std::vector<std::pair<double, double>> worst;
        for (double t = 0; t < r.length(); t += step_) {
            std::vector<double> latencies;
            for (visit const& v : r.visits) {
                if (v.due >= t && v.due < t + step_) {
                    latencies.push_back(v.latency_ms);
                }
            }
            if (!latencies.empty()) {
                median.emplace_back(t + step_ / 2, percentile(latencies, 0.5));
                worst.emplace_back(t + step_ / 2, percentile(latencies, 0.99));
                drawn.hint(t, t + step_,
                           fmt::format("at {:g} s: p50 {:.1f} ms, p99 {:.1f} ms", t,
                                       median.back().second, worst.back().second));
            }
        }
        return drawn.line(worst, "worst").line(median, "median");
    }

    chart draw_calls(recording const& r) const
    {
        chart drawn(r, top_calls_ * 1.1);
        drawn.grid({0, std::round(top_calls_ / 2), std::round(top_calls_)});
        for (std::size_t i = 0; i < r.circuit.size(); ++i) {
            double const end = i + 1 < r.circuit.size() ? r.circuit[i + 1].when : r.length();
            if (r.circuit[i].state != "closed") {
                drawn.strip(r.circuit[i].when, end, r.circuit[i].state);
            }
        }
        for (double t = 0; t < r.length(); t += step_) {
            long const reached = count(r.reached, t);
            long const refused = std::max(0L, refused_in(r, t, reached));
            drawn.bar(t, t + step_, 0, rate(reached), "call")
                .bar(t, t + step_, rate(reached), rate(reached + refused), "refused")
                .hint(t, t + step_,
                      fmt::format("at {:g} s: {} calls reached it, {} were refused", t, reached,
                                  refused));
        }
        return drawn;
    }

    // Elsewhere attempts and arrivals differ by what is on its way at the edges.
    long refused_in(recording const& r, double t, long reached) const
    {
        bool const refusing = std::ranges::any_of(r.episodes, [&](episode const& e) {
            return e.kind == fault::refusing && t + step_ > e.begin && t < e.end;
        });
        return refusing ? count(r.attempted, t) - reached : 0;
    }

    std::string table() const
    {
        std::string text = fmt::format("<table><tr><th></th><th>{}</th><th>{}</th></tr>\n",
                                       comparison_.without.name, comparison_.with.name);
        for (row const& line : table_of(comparison_, limits_)) {
            text += fmt::format("<tr><td{}>{}</td><td>{}</td><td>{}</td></tr>\n",
                                line.what.starts_with(' ') ? " class=\"part\"" : "", line.what,
                                line.without, line.with);
        }
        return text + "</table>\n";
    }

    std::string kept() const
    {
        std::string text = "<section><h2>What was promised</h2><ul>\n";
        for (promise const& p : promises_) {
            text += fmt::format("<li><b class=\"{}\">{}</b> {}</li>\n",
                                p.kept ? "kept" : "broken", p.kept ? "kept" : "broken", p.text);
        }
        return text + "</ul></section>\n";
    }

    comparison const& comparison_;
    std::vector<promise> const& promises_;
    limits const& limits_;
    double step_ = 1;
    double top_pages_ = 1;
    double top_calls_ = 1;
};

} // namespace demo

#endif // RESIL_EXAMPLES_DEMO_REPORT_HPP
