// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_SERVICE_DETAIL_SERIES_LIST_HPP
#define RESIL_SERVICE_DETAIL_SERIES_LIST_HPP

#include <resil/config.hpp>
#include <resil/core/metric_text.hpp>
#include <resil/core/option_check.hpp>
#include <resil/error.hpp>
#include <resil/service/metric_reading.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace resil::service::detail {

/// How many series there may be, how long label values, and what the values beyond are called.
struct series_limits
{
    std::size_t max_series;
    std::size_t max_label_size;
    std::string_view overflow;
};

/// Throws `invalid_option` unless the name ends as it should, and name and labels are such as Prometheus takes.
RESIL_DECL void require_family(std::string_view name, std::span<std::string_view const> labels,
                               std::string_view ending);

/// One family of any kind, as the registry knows it.
class any_series_list
{
public:
    any_series_list(metric_kind kind, std::string_view help,
                    std::span<std::string_view const> labels)
        : kind_(kind), help_(help), labels_(labels.begin(), labels.end())
    {
    }

    any_series_list(any_series_list const&) = delete;
    any_series_list& operator=(any_series_list const&) = delete;
    virtual ~any_series_list() = default;

    /// Throws `invalid_option` if somebody means another family by the same name.
    RESIL_DECL void require_same(std::string_view name, metric_kind kind, std::string_view help,
                                 std::span<std::string_view const> labels) const;

    RESIL_DECL family_reading read(std::string const& name) const;

    std::size_t label_count() const noexcept { return labels_.size(); }

private:
    virtual void read_series(family_reading& into) const = 0;

    metric_kind const kind_;
    std::string const help_;
    std::vector<std::string> const labels_;
};

/// The series of one family: `Cells` for each set of label values, a bounded number of sets.
template <class Cells>
class series_list : public any_series_list
{
public:
    series_list(metric_kind kind, std::string_view help, std::span<std::string_view const> labels,
                series_limits limits)
        : any_series_list(kind, help, labels), limits_(limits)
    {
    }

    std::shared_ptr<Cells> find(std::span<std::string_view const> values)
    {
        if (values.size() != label_count()) {
            throw invalid_option("label values", core::text(values.size()),
                                 core::text(label_count()));
        }
        std::vector<std::string> cleaned;
        cleaned.reserve(values.size());
        for (auto const value : values) {
            cleaned.push_back(core::clean_label_value(value, limits_.max_label_size));
        }
        std::lock_guard const lock(mutex_);
        auto const found = series_.find(cleaned);
        if (found != series_.end()) {
            return found->second;
        }
        if (series_.size() < limits_.max_series && cleaned != overflow_values()) {
            return series_.emplace(std::move(cleaned), make()).first->second;
        }
        if (!overflow_) {
            overflow_ = make();
        }
        return overflow_;
    }

protected:
    /// Calls a function with the label values and the cells of each series.
    template <class Function>
    void each(Function f) const
    {
        std::lock_guard const lock(mutex_);
        for (auto const& [values, cells] : series_) {
            f(values, std::as_const(*cells));
        }
        if (overflow_) {
            f(overflow_values(), std::as_const(*overflow_));
        }
    }

private:
    virtual std::shared_ptr<Cells> make() const = 0;

    // At least one, so that they never are the values of a family without labels.
    std::vector<std::string> overflow_values() const
    {
        return std::vector(std::max<std::size_t>(label_count(), 1), std::string(limits_.overflow));
    }

    series_limits const limits_;
    mutable std::mutex mutex_;
    std::map<std::vector<std::string>, std::shared_ptr<Cells>> series_;
    std::shared_ptr<Cells> overflow_;
};

} // namespace resil::service::detail

#ifndef RESIL_SEPARATE_COMPILATION
#include <resil/service/detail/series_list.ipp>
#endif

#endif // RESIL_SERVICE_DETAIL_SERIES_LIST_HPP
