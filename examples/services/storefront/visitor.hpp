// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef STOREFRONT_VISITOR_HPP
#define STOREFRONT_VISITOR_HPP

#include <resil/http/string_message.hpp>

#include <string>

namespace storefront {

/// Who asks: letters, digits and '-', at most 64 of them, and so safe in a target, a header and a page.
struct visitor
{
    std::string id;
    bool is_new = false; ///< Seen for the first time: a cookie should tell the browser.
};

/// Reads `?visitor=`, the header `X-Visitor`, or the cookie `visitor`, in this order; else makes one up.
visitor read_visitor(resil::http::string_request const& request);

} // namespace storefront

#endif // STOREFRONT_VISITOR_HPP
