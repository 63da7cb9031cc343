// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_SERVICE_PROMETHEUS_TEXT_IPP
#define RESIL_SERVICE_PROMETHEUS_TEXT_IPP

// The bodies of service/prometheus_text.hpp, which includes this unless they are compiled apart; see src.hpp.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <variant>
#include <vector>

namespace resil::service {

namespace detail {

/// Writes families, one after the other, to the end of a text.
class prometheus_writer
{
public:
    prometheus_writer(std::string& text, std::vector<duration> const& bounds) noexcept
        : text_(text), bounds_(bounds)
    {
    }

    void write(family_reading const& family)
    {
        if (family.series.empty()) {
            return;
        }
        comment("HELP", family.name);
        core::append_help(text_, family.help);
        text_ += '\n';
        comment("TYPE", family.name);
        text_ += type_of(family.kind);
        text_ += '\n';
        for (auto const& series : family.series) {
            std::visit([&](auto const& value) { write(family, series, value); }, series.value);
        }
    }

private:
    static std::string_view type_of(metric_kind kind) noexcept
    {
        switch (kind) {
        case metric_kind::counter: return "counter";
        case metric_kind::gauge: return "gauge";
        case metric_kind::latency: break;
        }
        return "histogram";
    }

    static double seconds(duration d) noexcept
    {
        // One division: 0.0025 s comes out as that.
        return static_cast<double>(d.count()) / static_cast<double>(duration(std::chrono::seconds(1)).count());
    }

    void write(family_reading const& family, series_reading const& series, std::uint64_t value)
    {
        sample(family, series, "", "");
        text_ += core::text(value);
        text_ += '\n';
    }

    void write(family_reading const& family, series_reading const& series, double value)
    {
        sample(family, series, "", "");
        end_line(value);
    }

    void write(family_reading const& family, series_reading const& series,
               latency_histogram const& histogram)
    {
        for (auto const bound : bounds_) {
            std::string limit;
            core::append_number(limit, seconds(bound));
            bucket(family, series, limit, histogram.count_up_to(bound));
        }
        std::uint64_t const count = histogram.count();
        bucket(family, series, "+Inf", count);
        sample(family, series, "_sum", "");
        end_line(seconds(histogram.sum()));
        sample(family, series, "_count", "");
        text_ += core::text(count);
        text_ += '\n';
    }

    void bucket(family_reading const& family, series_reading const& series, std::string_view limit,
                std::uint64_t count)
    {
        sample(family, series, "_bucket", limit);
        text_ += core::text(count);
        text_ += '\n';
    }

    void comment(std::string_view what, std::string_view name)
    {
        text_ += "# ";
        text_ += what;
        text_ += ' ';
        text_ += name;
        text_ += ' ';
    }

    /// Writes what stands before a value; `limit` is the upper end of a bucket, or empty.
    void sample(family_reading const& family, series_reading const& series, std::string_view ending,
                std::string_view limit)
    {
        text_ += family.name;
        text_ += ending;
        char next = '{';
        auto const label = [&](std::string_view name, std::string_view value) {
            text_ += std::exchange(next, ',');
            text_ += name;
            text_ += "=\"";
            core::append_label_value(text_, value);
            text_ += '"';
        };
        for (std::size_t i = 0; i < family.labels.size(); ++i) {
            label(family.labels[i], series.labels[i]);
        }
        if (!limit.empty()) {
            label("le", limit);
        }
        text_ += next == ',' ? "} " : " ";
    }

    void end_line(double value)
    {
        core::append_number(text_, value);
        text_ += '\n';
    }

    std::string& text_;
    std::vector<duration> const& bounds_;
};

} // namespace detail

std::string prometheus_text(metrics const& all)
{
    std::string text;
    detail::prometheus_writer writer(text, all.options().bounds);
    for (auto const& family : all.read()) {
        writer.write(family);
    }
    return text;
}

} // namespace resil::service

#endif // RESIL_SERVICE_PROMETHEUS_TEXT_IPP
