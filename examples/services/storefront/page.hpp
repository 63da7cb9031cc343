// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef STOREFRONT_PAGE_HPP
#define STOREFRONT_PAGE_HPP

#include "product.hpp"
#include "recommender.hpp"

#include <string>

namespace storefront {

std::string render_front_page(products const& all, shelf const& recommended);

std::string render_product_page(product const& one);

} // namespace storefront

#endif // STOREFRONT_PAGE_HPP
