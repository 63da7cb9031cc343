// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/link.hpp>

#include <catch2/catch_test_macros.hpp>

#include <vector>

namespace {

using resil::core::link_head;

struct member : resil::core::link
{
};

std::vector<resil::core::link const*> all(link_head const& list)
{
    std::vector<resil::core::link const*> found;
    for (auto const* each = &list.next(); each != &list; each = &each->next()) {
        found.push_back(each);
    }
    return found;
}

} // namespace

TEST_CASE("a list keeps its members in the order in which they were put", "[core][link]")
{
    link_head list;
    member first;
    member second;
    CHECK_FALSE(list.is_linked());

    list.put_before(first);
    list.put_before(second);
    CHECK(list.is_linked());
    CHECK(all(list) == std::vector<resil::core::link const*>{&first, &second});
    CHECK(&list.prev() == &second);
    CHECK(&second.prev() == &first);
}

TEST_CASE("a member is put before any other", "[core][link]")
{
    link_head list;
    member first;
    member second;
    list.put_before(second);
    second.put_before(first);
    CHECK(all(list) == std::vector<resil::core::link const*>{&first, &second});
}

TEST_CASE("one that was taken out is in no list, may be taken out again, and be put anew", "[core][link]")
{
    link_head list;
    member first;
    member second;
    list.put_before(first);
    list.put_before(second);

    first.unlink();
    CHECK_FALSE(first.is_linked());
    first.unlink();
    CHECK(all(list) == std::vector<resil::core::link const*>{&second});

    list.put_before(first);
    CHECK(all(list) == std::vector<resil::core::link const*>{&second, &first});
}
