// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_EXAMPLES_DEMO_CHART_HPP
#define RESIL_EXAMPLES_DEMO_CHART_HPP

#include "recording.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace demo {

/// One curve over time, as inline SVG; its colours are classes of the page's style sheet.
class chart
{
public:
    /// `top` is the largest value; a logarithmic scale begins at 0.1.
    chart(recording const& r, double top, bool logarithmic = false)
        : recording_(r), top_(top), logarithmic_(logarithmic)
    {
        for (std::size_t i = 0; i < r.episodes.size(); ++i) {
            episode const& e = r.episodes[i];
            if (e.kind != fault::healthy) {
                rectangle(e.begin, e.end, 0, height, "outage");
            }
            put(R"(<text class="phase" x="{:.1f}" y="{}">{}</text>)",
                (x(e.begin) + x(e.end)) / 2, height_of_labels - 7, to_string(e.kind));
        }
    }

    /// A horizontal line with its value, at each of some values.
    chart& grid(std::vector<double> const& values)
    {
        for (double v : values) {
            put(R"(<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>)", left,
                left + width, y(v), y(v));
            put(R"(<text class="tick" x="{}" y="{:.1f}">{}</text>)", left - 6, y(v) + 4,
                v >= 1000 ? fmt::format("{:g}k", v / 1000) : fmt::format("{:g}", v));
        }
        return *this;
    }

    /// A dashed line with a name.
    chart& mark(double value, std::string_view name)
    {
        put(R"(<line class="mark" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>)", left,
            left + width, y(value), y(value));
        put(R"(<text class="name" x="{}" y="{:.1f}">{}</text>)", left + 4, y(value) - 4, name);
        return *this;
    }

    /// A bar from one value to another, between two points in time.
    chart& bar(double begin, double end, double from, double to, std::string_view style)
    {
        if (to > from) {
            rectangle(begin, end - 0.15 * (end - begin), y(to) - height_of_labels,
                      y(from) - height_of_labels, style);
        }
        return *this;
    }

    /// A line through points of (second, value).
    chart& line(std::vector<std::pair<double, double>> const& points, std::string_view style)
    {
        std::string path;
        for (auto const& [when, value] : points) {
            fmt::format_to(std::back_inserter(path), "{:.1f},{:.1f} ", x(when), y(value));
        }
        put(R"(<polyline class="{}" points="{}"/>)", style, path);
        return *this;
    }

    /// A strip along the top, between two points in time.
    chart& strip(double begin, double end, std::string_view style)
    {
        rectangle(begin, end, 0, 6, style);
        return *this;
    }

    /// What is shown when the pointer is over a time.
    chart& hint(double begin, double end, std::string_view text)
    {
        put(R"(<rect class="hint" x="{:.1f}" y="{}" width="{:.1f}" height="{}">)"
            R"(<title>{}</title></rect>)",
            x(begin), height_of_labels, x(end) - x(begin), height, text);
        return *this;
    }

    std::string svg(std::string_view title) const
    {
        std::string seconds;
        double const step = recording_.length() > 20 ? 10 : 2;
        for (double s = 0; s <= recording_.length() + 0.01; s += step) {
            fmt::format_to(std::back_inserter(seconds),
                           R"(<text class="second" x="{:.1f}" y="{}">{:g} s</text>)", x(s),
                           height_of_labels + height + 16, s);
        }
        return fmt::format(R"(<svg viewBox="0 0 {} {}" role="img" aria-label="{}">)",
                           left + width + right, height_of_labels + height + 22, title) +
               body_ + seconds + "</svg>\n";
    }

private:
    static constexpr int left = 36;
    static constexpr int right = 16;
    static constexpr int width = 428;
    static constexpr int height = 150;
    static constexpr int height_of_labels = 24;

    double x(double when) const
    {
        double const length = std::max(recording_.length(), 0.001);
        return left + width * std::clamp(when / length, 0.0, 1.0);
    }

    double y(double value) const
    {
        double const share = logarithmic_
                                 ? std::log(std::max(value, 0.1) / 0.1) / std::log(top_ / 0.1)
                                 : value / std::max(top_, 1e-9);
        return height_of_labels + height * (1 - std::clamp(share, 0.0, 1.0));
    }

    /// A rectangle between two times, and two distances from the top of the plot.
    void rectangle(double begin, double end, double from, double to, std::string_view style)
    {
        put(R"(<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>)", style,
            x(begin), height_of_labels + from, x(end) - x(begin), to - from);
    }

    template <class... Args>
    void put(fmt::format_string<Args...> format, Args&&... args)
    {
        fmt::format_to(std::back_inserter(body_), format, std::forward<Args>(args)...);
        body_ += '\n';
    }

    recording const& recording_;
    double top_;
    bool logarithmic_;
    std::string body_{};
};

} // namespace demo

#endif // RESIL_EXAMPLES_DEMO_CHART_HPP
