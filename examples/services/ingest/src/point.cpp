// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "point.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <system_error>
#include <utility>

namespace ingest {

namespace {

constexpr std::size_t longest_name = 64;

/// Takes what stands before the separator off the text; all of it if there is none.
std::string_view take(std::string_view& text, char separator)
{
    std::size_t const end = std::min(text.find(separator), text.size());
    std::string_view const taken = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return taken;
}

/// Names go into an array of the database as they are, so nothing in them may need quoting.
bool is_name(std::string_view text)
{
    auto const allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
    };
    return !text.empty() && text.size() <= longest_name && std::ranges::all_of(text, allowed);
}

template <class Number>
bool read_number(std::string_view text, Number& into)
{
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), into);
    return ec == std::errc() && end == text.data() + text.size();
}

std::optional<point> read_line(std::string_view line)
{
    std::string_view const id = take(line, ' ');
    std::string_view const series = take(line, ' ');
    std::string_view const at = take(line, ' ');
    point read{std::string(id), std::string(series)};
    bool const good = is_name(id) && is_name(series) && read_number(at, read.at) && read_number(line, read.value);
    return good && std::isfinite(read.value) ? std::optional(std::move(read)) : std::nullopt;
}

} // namespace

read_points read(std::string_view body, std::size_t most)
{
    read_points result;
    while (!body.empty()) {
        std::optional<point> one = read_line(take(body, '\n'));
        std::string const line = "line " + std::to_string(result.points.size() + 1);
        if (!one) {
            return {{}, line + ": expected <id> <series> <milliseconds> <value>; names are 1 to 64 of a-z A-Z 0-9 _ . -"};
        }
        if (result.points.size() == most) {
            return {{}, line + ": more than " + std::to_string(most) + " points in one request"};
        }
        result.points.push_back(std::move(*one));
    }
    return result.points.empty() ? read_points{{}, "no points: expected lines of <id> <series> <milliseconds> <value>"}
                                 : std::move(result);
}

} // namespace ingest
