// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// What can be tested without a network. The whole, with its databases and what kills them, is tested from outside.

#include "check.hpp"
#include "page.hpp"
#include "product.hpp"
#include "visitor.hpp"

#include <boost/beast/http/verb.hpp>

#include <algorithm>

using namespace storefront;

namespace {

resil::http::string_request get(std::string_view target)
{
    resil::http::string_request request(boost::beast::http::verb::get, "/", 11);
    request.target(target);
    return request;
}

bool same(product const& a, product const& b)
{
    return a.id == b.id && a.name == b.name && a.cents == b.cents && a.sold == b.sold;
}

void products_survive_the_cache()
{
    products const all = {{1, "A lamp", 100, 3}, {2, "tab\there & <there>", 5, 0}};
    check(std::ranges::equal(decode(encode(all)), all, same), "what was stored comes back");
}

void what_is_no_list_of_products_is_none()
{
    for (std::string_view const text : {"", "1", "1\t2\t3\n", "x\t2\t3\tname\n", "1\t2\t3\tname\nrubbish"}) {
        check(decode(text).empty(), fmt::format("\"{}\" is no list of products", text));
    }
}

void a_line_break_in_a_name_does_not_add_a_product()
{
    check(decode(encode({{1, "a\n2\t3\t4\tb", 100, 3}})).size() == 1, "there is one product");
}

void popular_is_what_was_sold_most()
{
    products const all = {{1, "a", 1, 5}, {2, "b", 1, 9}, {3, "c", 1, 7}};
    check(most_popular(all, 2) == std::vector{2, 3}, "the two that were sold most");
    check(most_popular(all, 9).size() == 3, "no more than there are");
}

void a_visitor_is_known_by_query_header_or_cookie()
{
    check(read_visitor(get("/?a=b&visitor=anna")).id == "anna", "the query");
    auto request = get("/?visitors=anna");
    request.set("X-Visitor", "bert");
    check(read_visitor(request).id == "bert", "the header");
    request = get("/");
    request.set(boost::beast::http::field::cookie, "lang=en; visitor=carl; x=y");
    check(read_visitor(request).id == "carl", "the cookie");
    check(!read_visitor(request).is_new, "who is known is not new");
}

void who_is_not_known_or_not_safe_gets_a_new_name()
{
    for (std::string_view const target : {"/", "/?visitor=", "/?visitor=a%0d%0ab", "/?visitor=<b>"}) {
        auto const made = read_visitor(get(target));
        check(made.is_new && made.id.size() == 16, fmt::format("{} gets a new name", target));
    }
    check(read_visitor(get("/")).id != read_visitor(get("/")).id, "names differ");
}

void pages_show_names_as_they_are()
{
    auto const page = render_product_page({1, "<script>&", 1205, 0});
    check(page.find("<script>") == page.npos, "no name is markup");
    check(page.find("&lt;script&gt;&amp;") != page.npos, "it is escaped");
    check(page.find("12.05") != page.npos, "the price has two digits after the point");
}

void what_is_recommended_but_not_sold_is_not_shown()
{
    auto const page = render_front_page({{1, "lamp", 100, 3}}, {{1, 99}, "v2"});
    check(page.find("For you") != page.npos, "there is a shelf");
    check(page.find("/products/99") == page.npos, "without what is gone");
}

} // namespace

int main()
{
    products_survive_the_cache();
    what_is_no_list_of_products_is_none();
    a_line_break_in_a_name_does_not_add_a_product();
    popular_is_what_was_sold_most();
    a_visitor_is_known_by_query_header_or_cookie();
    who_is_not_known_or_not_safe_gets_a_new_name();
    pages_show_names_as_they_are();
    what_is_recommended_but_not_sold_is_not_shown();
    return failures == 0 ? 0 : 1;
}
