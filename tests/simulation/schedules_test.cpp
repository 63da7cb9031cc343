// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "simulation/explorer.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

using explorer::defect;
using explorer::sound_stacks;
using explorer::world;

namespace {

std::uint64_t from_environment(char const* name, std::uint64_t otherwise)
{
    char const* const text = std::getenv(name);
    return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

} // namespace

TEST_CASE("what must hold holds in every schedule", "[schedules]")
{
    auto const base = from_environment("RESIL_SEED", 1);
    auto const schedules = from_environment("RESIL_SCHEDULES", 20'000);
    auto const before = std::chrono::steady_clock::now();
    std::vector<std::uint64_t> traces;
    std::uint64_t events = 0;
    std::uint64_t fewest = UINT64_MAX;
    int violations = 0;

    for (std::uint64_t seed = base; seed != base + schedules && violations < 5; ++seed) {
        auto const seen = world(seed, sound_stacks(), defect::none).run();
        traces.push_back(seen.trace);
        events += seen.events;
        fewest = std::min(fewest, seen.events);
        if (!seen.violation.empty()) {
            ++violations;
            FAIL_CHECK("RESIL_SEED=" << seed << " RESIL_SCHEDULES=1: " << seen.violation);
        }
    }

    std::chrono::duration<double> const took = std::chrono::steady_clock::now() - before;
    std::sort(traces.begin(), traces.end());
    auto const distinct = std::unique(traces.begin(), traces.end()) - traces.begin();
    std::printf("%zu schedules, %zu distinct traces, %llu events, %.0f schedules a second\n",
                traces.size(), static_cast<std::size_t>(distinct),
                static_cast<unsigned long long>(events),
                static_cast<double>(traces.size()) / took.count());
    CHECK((fewest >= 20 || violations > 0));
    CHECK((static_cast<std::size_t>(distinct) * 10 >= traces.size() * 9 || violations > 0));
}

TEST_CASE("a seed replays its schedule", "[schedules]")
{
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        auto const first = world(seed, sound_stacks(), defect::none).run();
        auto const again = world(seed, sound_stacks(), defect::none).run();
        CHECK(first.trace == again.trace);
        CHECK(first.events == again.events);
    }
}
