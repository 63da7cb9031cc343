// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/pool_deadlines.hpp> // self-contained
#include <resil/core/random.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

using namespace resil;

namespace {

/// A deadline that counts how often it is compared.
struct counting
{
    std::uint64_t value = 0;

    friend bool operator<(counting const& a, counting const& b)
    {
        ++comparisons;
        return a.value < b.value;
    }

    static inline std::uint64_t comparisons = 0;
};

struct node
{
    counting deadline{};
    node* child = nullptr;
    node* left = nullptr;
    node* right = nullptr;
};

using heap = core::pool_deadlines<node>;

} // namespace

TEST_CASE("nobody's deadline is first among none", "[pool]")
{
    heap h;
    CHECK(h.first() == nullptr);
    node one;
    h.insert(one);
    CHECK(h.first() == &one);
    h.erase(one);
    CHECK(h.first() == nullptr);
}

TEST_CASE("of equal deadlines each is found", "[pool]")
{
    heap h;
    std::vector<node> nodes(5);
    std::set<node*> found;
    for (auto& n : nodes) {
        h.insert(n);
    }
    while (h.first() != nullptr) {
        found.insert(h.first());
        h.erase(*h.first());
    }
    CHECK(found.size() == 5);
}

TEST_CASE("whatever comes and goes, the earliest deadline is first", "[pool]")
{
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        core::generator draw(seed);
        heap h;
        std::vector<node> nodes(64);
        std::set<std::pair<std::uint64_t, node*>> expected;
        for (int step = 0; step < 2'000; ++step) {
            auto& n = nodes[draw.next() % nodes.size()];
            if (expected.erase({n.deadline.value, &n}) > 0) {
                h.erase(n);
            } else {
                n.deadline.value = draw.next() % 100;
                h.insert(n);
                expected.insert({n.deadline.value, &n});
            }
            if (step % 7 == 0 && h.first() != nullptr) {
                auto* const first = h.first();
                REQUIRE(expected.erase({first->deadline.value, first}) == 1);
                h.erase(*first);
            }
            REQUIRE((h.first() == nullptr) == expected.empty());
            if (h.first() != nullptr) {
                REQUIRE(h.first()->deadline.value == expected.begin()->first);
            }
        }
    }
}

TEST_CASE("T12: ten thousand deadlines cost a logarithm each, whatever their order",
          "[pool][T12]")
{
    constexpr std::uint64_t crowd = 10'000;
    double const each = std::log2(static_cast<double>(crowd));
    auto comparisons = [&](auto deadline_of, bool in_order) {
        heap h;
        std::vector<node> nodes(crowd);
        counting::comparisons = 0;
        for (std::uint64_t i = 0; i < crowd; ++i) {
            nodes[i].deadline.value = deadline_of(i);
            h.insert(nodes[i]);
        }
        for (std::uint64_t i = 0; i < crowd; ++i) {
            h.erase(in_order ? nodes[i] : *h.first());
        }
        return static_cast<double>(counting::comparisons) / static_cast<double>(crowd);
    };
    auto const same = [](std::uint64_t) { return 7; };
    auto const rising = [](std::uint64_t i) { return i; };
    auto const falling = [](std::uint64_t i) { return crowd - i; };
    auto const mixed = [](std::uint64_t i) { return core::mix(i); };
    for (bool const in_order : {true, false}) {
        CHECK(comparisons(same, in_order) <= 2 * each);
        CHECK(comparisons(rising, in_order) <= 2 * each);
        CHECK(comparisons(falling, in_order) <= 2 * each);
        CHECK(comparisons(mixed, in_order) <= 2 * each);
    }
}
