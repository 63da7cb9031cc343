// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "simulation/explorer.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <cstdio>
#include <string>

using explorer::broken_stacks;
using explorer::defect;
using explorer::world;

namespace {

// The budget of the sound schedules in an ordinary build.
constexpr std::uint64_t budget = 20'000;

} // namespace

TEST_CASE("each of the known mistakes is found", "[schedules][broken]")
{
    std::printf("%-45s %6s  %s\n", "mistake", "seeds", "found as");
    for (int d = 1; d < static_cast<int>(defect::last); ++d) {
        auto const wrong = static_cast<defect>(d);
        std::uint64_t seed = 0;
        std::string found;
        while (found.empty() && seed < budget) {
            found = world(++seed, broken_stacks(), wrong).run().violation;
        }
        std::printf("%-45s %6llu  %s\n", to_string(wrong),
                    static_cast<unsigned long long>(seed), found.c_str());
        INFO(to_string(wrong));
        CHECK_FALSE(found.empty());
    }
}

TEST_CASE("the doubles hold what must hold when told to make no mistake", "[schedules][broken]")
{
    for (std::uint64_t seed = 1; seed <= 2'000; ++seed) {
        INFO("seed " << seed);
        auto const seen = world(seed, broken_stacks(), defect::none).run();
        REQUIRE(seen.violation == "");
    }
}
