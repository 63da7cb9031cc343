// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/random.hpp>
#include <resil/core/recent_table.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

namespace {

using namespace std::chrono_literals;
using resil::time_point;
using table = resil::core::recent_table<int, int>;

constexpr time_point start{1h};

bool always(int) { return true; }

} // namespace

TEST_CASE("the value that was used the longest ago is given up first", "[core][keyed]")
{
    table t;
    t.add(1, 10, start);
    t.add(2, 20, start + 1s);
    t.add(3, 30, start + 2s);
    CHECK(*t.use(1, start + 3s) == 10);
    CHECK(*t.find(2) == 20); // to look is not to use

    CHECK(t.take_oldest(always) == 20);
    CHECK(t.take_oldest(always) == 30);
    CHECK(t.take_oldest(always) == 10);
    CHECK(t.take_oldest(always) == std::nullopt);
    CHECK(t.size() == 0);
}

TEST_CASE("a value that may not go is passed over, and keeps its place", "[core][keyed]")
{
    table t;
    t.add(1, 10, start);
    t.add(2, 20, start);
    auto const may_go = [](int value) { return value != 10; };

    CHECK(t.take_oldest(may_go) == 20);
    CHECK(t.take_oldest(may_go) == std::nullopt);
    CHECK(t.take_oldest(always) == 10);
}

TEST_CASE("only values that were used before a point in time are given up for being idle", "[core][keyed]")
{
    table t;
    t.add(1, 10, start);
    t.add(2, 20, start + 5s);

    CHECK(t.take_used_before(start, always) == std::nullopt);
    CHECK(t.take_used_before(start + 5s, always) == 10);
    CHECK(t.take_used_before(start + 5s, always) == std::nullopt);
}

TEST_CASE("a value is taken by its key", "[core][keyed]")
{
    table t;
    t.add(1, 10, start);
    CHECK(t.take(2) == std::nullopt);
    CHECK(t.take(1) == 10);
    CHECK(t.find(1) == nullptr);
    CHECK(t.use(1, start) == nullptr);
}

TEST_CASE("random uses give up what a list by age would", "[core][keyed][property]")
{
    resil::core::generator random(7);
    table t;
    std::vector<int> by_age; // the oldest first
    for (int i = 0; i != 20'000; ++i) {
        int const key = static_cast<int>(random.next() % 50);
        auto const known = std::find(by_age.begin(), by_age.end(), key);
        bool const is_known = known != by_age.end();
        REQUIRE((t.use(key, start + std::chrono::seconds(i)) != nullptr) == is_known);
        if (is_known) {
            by_age.erase(known);
        } else {
            if (by_age.size() == 20) {
                REQUIRE(t.take_oldest(always) == by_age.front());
                by_age.erase(by_age.begin());
            }
            t.add(key, key, start + std::chrono::seconds(i));
        }
        by_age.push_back(key);
        REQUIRE(t.size() == by_age.size());
    }
}
