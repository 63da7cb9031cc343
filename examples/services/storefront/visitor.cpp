// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "visitor.hpp"

#include <boost/beast/http/field.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <string_view>

namespace storefront {

namespace {

bool is_visitor_id(std::string_view text)
{
    auto const allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    };
    return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, allowed);
}

/// The value of `name` in `a=1;b=2`, or in `a=1&b=2`.
std::string_view value_of(std::string_view pairs, char separator, std::string_view name)
{
    while (!pairs.empty()) {
        auto const end = std::min(pairs.find(separator), pairs.size());
        auto pair = pairs.substr(0, end);
        pair.remove_prefix(std::min(pair.find_first_not_of(' '), pair.size()));
        if (pair.starts_with(name) && pair.substr(name.size()).starts_with('=')) {
            return pair.substr(name.size() + 1);
        }
        pairs.remove_prefix(std::min(end + 1, pairs.size()));
    }
    return {};
}

std::string_view query_of(std::string_view target)
{
    auto const mark = target.find('?');
    return mark == target.npos ? std::string_view() : target.substr(mark + 1);
}

std::string new_id()
{
    std::random_device random;
    return fmt::format("{:08x}{:08x}", random(), random());
}

} // namespace

visitor read_visitor(resil::http::string_request const& request)
{
    std::string_view const candidates[] = {
        value_of(query_of(request.target()), '&', "visitor"),
        request["X-Visitor"],
        value_of(request[boost::beast::http::field::cookie], ';', "visitor"),
    };
    auto const known = std::ranges::find_if(candidates, is_visitor_id);
    if (known == std::end(candidates)) {
        return {new_id(), true};
    }
    return {std::string(*known), false};
}

} // namespace storefront
