// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_STORED_FIELDS_HPP
#define RESIL_DETAIL_STORED_FIELDS_HPP

#include <resil/core/idempotency_record.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

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

/// The status of an execution whose answer was too large.
inline constexpr unsigned forgotten_status = 0;

/// An answer as a database keeps it; of one that is too large, only that it was given.
struct written_answer
{
    unsigned status = forgotten_status;
    std::string fields{};
    std::string body{};
};

inline written_answer write_answer(stored_answer const& answer, std::size_t most)
{
    std::string fields = write_fields(answer);
    if (fields.size() + answer.body.size() > most) {
        return {};
    }
    return {answer.status, std::move(fields), answer.body};
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
