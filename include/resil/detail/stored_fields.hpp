// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_STORED_FIELDS_HPP
#define RESIL_DETAIL_STORED_FIELDS_HPP

#include <resil/core/idempotency_record.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace resil::detail {

/// A line for each field; neither names nor values have line ends, or they would not have been sent.
inline std::string write_fields(stored_answer const& answer)
{
    std::string text;
    for (auto const& [name, value] : answer.fields) {
        text += name + ":" + value + "\n";
    }
    return text;
}

inline void read_fields(std::string_view text, stored_answer& answer)
{
    while (!text.empty()) {
        std::string_view const line = text.substr(0, text.find('\n'));
        std::size_t const colon = std::min(line.find(':'), line.size());
        std::size_t const value = std::min(colon + 1, line.size());
        answer.fields.emplace_back(std::string(line.substr(0, colon)), std::string(line.substr(value)));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
    }
}

} // namespace resil::detail

#endif // RESIL_DETAIL_STORED_FIELDS_HPP
