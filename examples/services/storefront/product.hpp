// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef STOREFRONT_PRODUCT_HPP
#define STOREFRONT_PRODUCT_HPP

#include <string>
#include <string_view>
#include <vector>

namespace storefront {

struct product
{
    int id = 0;
    std::string name;
    int cents = 0;
    int sold = 0; ///< How often: what most have bought is what is recommended when nobody knows better.
};

using products = std::vector<product>;

/// What the database is seeded with, and what is sold where there is none.
products const& sample_products();

/// The ids of what has been sold most, the first first.
std::vector<int> most_popular(products const& all, std::size_t count);

/// One product a line, for a cache.
std::string encode(products const& all);

/// The reverse; empty if the text is no list of products.
products decode(std::string_view text);

} // namespace storefront

#endif // STOREFRONT_PRODUCT_HPP
