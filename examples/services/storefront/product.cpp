// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "product.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>
#include <utility>

namespace storefront {

namespace {

/// Takes the text up to a separator off the front of `rest`.
std::string_view take(std::string_view& rest, char separator)
{
    auto const end = std::min(rest.find(separator), rest.size());
    auto const front = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return front;
}

std::optional<int> number(std::string_view digits)
{
    int value = 0;
    auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    bool const whole = error == std::errc() && end == digits.data() + digits.size();
    return whole ? std::optional(value) : std::nullopt;
}

std::optional<product> decode_one(std::string_view line)
{
    auto const id = number(take(line, '\t'));
    auto const cents = number(take(line, '\t'));
    auto const sold = number(take(line, '\t'));
    if (!id || !cents || !sold || line.empty()) {
        return std::nullopt;
    }
    return product{*id, std::string(line), *cents, *sold};
}

} // namespace

products const& sample_products()
{
    static products const all = {
        {1, "Atlas of quiet places", 3490, 310}, {2, "Reading lamp", 4900, 220},
        {3, "Blue cup", 1250, 540},              {4, "Warm hat", 1990, 130},
        {5, "Red kettle", 3900, 410},            {6, "Wool blanket", 7900, 95},
        {7, "Pocket knife", 2450, 160},          {8, "Bread board", 2900, 75},
        {9, "Ink, dark green", 890, 60},         {10, "Fountain pen", 5400, 88},
        {11, "Garden shears", 3300, 47},         {12, "Bird house", 2600, 205},
    };
    return all;
}

std::vector<int> most_popular(products const& all, std::size_t count)
{
    products sorted = all;
    std::ranges::sort(sorted, std::ranges::greater(), [](product const& p) { return std::pair(p.sold, -p.id); });
    std::vector<int> ids;
    for (product const& p : sorted) {
        if (ids.size() < count) {
            ids.push_back(p.id);
        }
    }
    return ids;
}

std::string encode(products const& all)
{
    std::string text;
    for (product const& p : all) {
        std::string name = p.name;
        std::ranges::replace(name, '\n', ' ');
        fmt::format_to(std::back_inserter(text), "{}\t{}\t{}\t{}\n", p.id, p.cents, p.sold, name);
    }
    return text;
}

products decode(std::string_view text)
{
    products all;
    while (!text.empty()) {
        auto one = decode_one(take(text, '\n'));
        if (!one) {
            return {};
        }
        all.push_back(std::move(*one));
    }
    return all;
}

} // namespace storefront
