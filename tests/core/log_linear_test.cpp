// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/log_linear.hpp> // self-contained

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>

using resil::core::log_linear;
using resil::core::rank_of;

namespace {

using parts = log_linear<6, 4, 2>; // 64 to 1023, in quarters of powers

} // namespace

TEST_CASE("every power of two has its equal parts", "[log_linear]")
{
    CHECK(parts::part_of(0) == 0);
    CHECK(parts::part_of(63) == 0);
    CHECK(parts::part_of(64) == 1);
    CHECK(parts::part_of(79) == 1);
    CHECK(parts::part_of(80) == 2);
    CHECK(parts::part_of(127) == 4);
    CHECK(parts::part_of(128) == 5);
    CHECK(parts::part_of(1023) == 16);
    CHECK(parts::part_of(1024) == parts::last);
    CHECK(parts::part_of(std::numeric_limits<std::uint64_t>::max()) == parts::last);
    CHECK(parts::count == 18);
}

TEST_CASE("parts grow with what is in them, and have their middle inside", "[log_linear]")
{
    std::size_t before = 0;
    for (std::uint64_t value = 0; value < 1024; ++value) {
        std::size_t const part = parts::part_of(value);
        REQUIRE(part >= before);
        REQUIRE(part <= before + 1);
        REQUIRE(parts::part_of(parts::middle_of(part)) == part);
        before = part;
    }
}

TEST_CASE("a part is told as its middle", "[log_linear]")
{
    CHECK(parts::middle_of(0) == 32);
    CHECK(parts::middle_of(1) == 64 + 8);
    CHECK(parts::middle_of(4) == 112 + 8);
    CHECK(parts::middle_of(5) == 128 + 16);
    CHECK(parts::middle_of(16) == 896 + 64);
}

TEST_CASE("the rank of a share is rounded up, and at least the first", "[log_linear]")
{
    CHECK(rank_of(0.0, 10) == 1);
    CHECK(rank_of(-1.0, 10) == 1);
    CHECK(rank_of(std::numeric_limits<double>::quiet_NaN(), 10) == 1);
    CHECK(rank_of(0.5, 10) == 5);
    CHECK(rank_of(0.51, 10) == 6);
    CHECK(rank_of(1.0, 10) == 10);
    CHECK(rank_of(2.0, 10) == 10);
    CHECK(rank_of(0.5, 0) == 1);
}
