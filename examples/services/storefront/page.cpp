// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace storefront {

namespace {

std::string escape(std::string_view text)
{
    std::string safe;
    for (char const c : text) {
        switch (c) {
        case '&': safe += "&amp;"; break;
        case '<': safe += "&lt;"; break;
        case '>': safe += "&gt;"; break;
        case '"': safe += "&quot;"; break;
        default: safe += c;
        }
    }
    return safe;
}

std::string price(int cents)
{
    return fmt::format("{}.{:02}", cents / 100, cents % 100);
}

std::string list_item(product const& p)
{
    return fmt::format("<li><a href=\"/products/{}\">{}</a> {}</li>\n", p.id, escape(p.name), price(p.cents));
}

std::string render_list(products const& all)
{
    std::string items;
    for (product const& p : all) {
        items += list_item(p);
    }
    return "<ul>\n" + items + "</ul>\n";
}

/// What is recommended and sold: a recommender may know products that are gone.
products pick(products const& all, std::vector<int> const& ids)
{
    products picked;
    for (int const id : ids) {
        auto const found = std::ranges::find(all, id, &product::id);
        if (found != all.end()) {
            picked.push_back(*found);
        }
    }
    return picked;
}

std::string document(std::string_view title, std::string_view body)
{
    return fmt::format("<!doctype html><meta charset=\"utf-8\"><title>{0}</title>\n<h1>{0}</h1>\n{1}", title, body);
}

} // namespace

std::string render_front_page(products const& all, shelf const& recommended)
{
    std::string_view const heading = recommended.chosen_by == "popular" ? "What others buy" : "For you";
    return document("Shop", fmt::format("<h2>{}</h2>\n{}<h2>Everything</h2>\n{}", heading,
                                        render_list(pick(all, recommended.ids)), render_list(all)));
}

std::string render_product_page(product const& one)
{
    return document(escape(one.name), fmt::format("<p>{}</p>\n<p><a href=\"/\">Shop</a></p>\n", price(one.cents)));
}

} // namespace storefront
