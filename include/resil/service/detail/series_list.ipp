// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_SERVICE_DETAIL_SERIES_LIST_IPP
#define RESIL_SERVICE_DETAIL_SERIES_LIST_IPP

// The bodies of service/detail/series_list.hpp, which includes this unless they are compiled apart; see src.hpp.

#include <algorithm>

namespace resil::service::detail {

void require_family(std::string_view name, std::span<std::string_view const> labels,
                    std::string_view ending)
{
    core::require_metric_name(name);
    if (!name.ends_with(ending)) {
        throw invalid_option("name", name, "a name that ends in " + std::string(ending));
    }
    // Prometheus derives these names from those of histograms, and _total says that it is a counter.
    for (std::string_view const taken : {"_total", "_bucket", "_sum", "_count"}) {
        if (taken != ending && name.ends_with(taken)) {
            throw invalid_option("name", name, "a name that does not end in " + std::string(taken));
        }
    }
    for (auto label = labels.begin(); label != labels.end(); ++label) {
        core::require_label_name(*label);
        if (std::find(labels.begin(), label, *label) != label) {
            throw invalid_option("label", *label, "a label that the family does not have already");
        }
    }
}

void any_series_list::require_same(std::string_view name, metric_kind kind, std::string_view help,
                                   std::span<std::string_view const> labels) const
{
    if (kind != kind_ || help != help_ || !std::equal(labels.begin(), labels.end(), labels_.begin(), labels_.end())) {
        throw invalid_option("name", name,
                             "a name that no family of another kind, help or labels has");
    }
}

family_reading any_series_list::read(std::string const& name) const
{
    family_reading all{.name = name, .help = help_, .kind = kind_, .labels = labels_, .series = {}};
    read_series(all);
    return all;
}

} // namespace resil::service::detail

#endif // RESIL_SERVICE_DETAIL_SERIES_LIST_IPP
