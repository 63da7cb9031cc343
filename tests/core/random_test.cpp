// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/random.hpp> // self-contained

#include <catch2/catch_test_macros.hpp>

#include <core/statistics.hpp>
#include <cstdint>
#include <set>
#include <type_traits>
#include <vector>

using namespace resil::core;
using namespace resil::tests;

static_assert(std::is_trivially_copyable_v<generator>);
static_assert(sizeof(generator) == 8);
static_assert(!std::is_copy_constructible_v<shared_generator>);
static_assert(!std::is_copy_assignable_v<shared_generator>);
static_assert(to_unit(0) == 0.0);
static_assert(to_unit(1ULL << 63) == 0.5);
static_assert(to_unit(1ULL << 11) == 0x1p-53);
static_assert(to_unit((1ULL << 11) - 1) == 0.0);
static_assert(to_unit(~0ULL) == 1.0 - 0x1p-53);

TEST_CASE("a generator draws the numbers of splitmix64", "[random]")
{
    // The published values of Vigna's splitmix64.c for this seed.
    generator draw(1234567);

    CHECK(draw.next() == 6457827717110365317ULL);
    CHECK(draw.next() == 3203168211198807973ULL);
    CHECK(draw.next() == 9817491932198370423ULL);
    CHECK(draw.next() == 4593380528125082431ULL);
    CHECK(draw.next() == 16408922859458223821ULL);
    CHECK(generator(0).next() == 0xe220'a839'7b1d'cdafULL);
}

TEST_CASE("a copied generator draws the same numbers from there on", "[random]")
{
    generator one(42);
    one.next();

    generator other = one;

    CHECK(one == other);
    CHECK(one.next() == other.next());
    one.next();
    CHECK(one != other);
}

TEST_CASE("a shared generator draws what a plain one of the same seed draws", "[random]")
{
    generator plain(7);
    shared_generator shared(7);

    for (int i = 0; i < 100; ++i) {
        CHECK(shared.next() == plain.next());
        CHECK(shared.unit() == plain.unit());
    }
}

TEST_CASE("units lie from 0 to below 1, and are uniformly distributed", "[random]")
{
    generator draw(2026);
    std::vector<double> units(100'000);

    for (double& unit : units) {
        unit = draw.unit();
        REQUIRE((unit >= 0.0 && unit < 1.0));
    }

    CHECK(distance_from_uniform(units) < 0.0052); // alpha = 0.01
}

TEST_CASE("every bit of a draw is set half of the time", "[random]")
{
    constexpr int draws = 100'000;
    generator draw(99);
    std::vector<int> set(64);

    for (int i = 0; i < draws; ++i) {
        auto const word = draw.next();
        for (std::size_t bit = 0; bit < 64; ++bit) {
            set[bit] += static_cast<int>(word >> bit & 1U);
        }
    }

    for (std::size_t bit = 0; bit < 64; ++bit) {
        CAPTURE(bit, set[bit]);
        CHECK(set[bit] > draws / 2 - 800); // five standard deviations
        CHECK(set[bit] < draws / 2 + 800);
    }
}

TEST_CASE("mixing keeps distinct words distinct, and spreads neighbours", "[random]")
{
    std::set<std::uint64_t> seen;
    int flipped = 0;

    for (std::uint64_t word = 0; word < 1000; ++word) {
        seen.insert(mix(word));
        flipped += __builtin_popcountll(mix(word) ^ mix(word + 1));
    }

    CHECK(seen.size() == 1000);
    CHECK(flipped > 31'000);
    CHECK(flipped < 33'000);
}

TEST_CASE("generators of neighbouring seeds have nothing in common", "[random]")
{
    std::vector<std::uint64_t> agreements(2);

    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        generator one(seed);
        generator next(seed + 1);
        for (int i = 0; i < 100; ++i) {
            ++agreements[(one.unit() < 0.5) == (next.unit() < 0.5)];
        }
    }

    CHECK(chi_squared(agreements) < 10.83); // alpha = 0.001, one degree of freedom
}
