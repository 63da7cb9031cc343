// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/tally.hpp> // self-contained

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <thread>
#include <type_traits>

using namespace resil::core;

static_assert(!std::is_copy_constructible_v<tally>);
static_assert(sizeof(tally) == sizeof(std::uint64_t));

namespace {

/// Words that belong together: each is the one before plus one.
struct row
{
    std::array<std::uint64_t, 5> words{};
    std::uint8_t last = 0; // so that it does not fill its last word
};

row row_from(std::uint64_t first)
{
    row r;
    for (auto& word : r.words) {
        word = first++;
    }
    r.last = static_cast<std::uint8_t>(first);
    return r;
}

bool is_whole(row const& r)
{
    auto const expected = row_from(r.words[0]);
    return expected.words == r.words && expected.last == r.last;
}

} // namespace

TEST_CASE("a tally counts like a number", "[pool]")
{
    tally t;
    CHECK(t == 0);
    ++t;
    t += 5;
    CHECK(t == 6);
    --t;
    t -= 2;
    CHECK(t == 3);
    t = 9;
    CHECK(t == 9);
    CHECK(tally(4) == 4);
    relaxed<bool> flag{false};
    flag = true;
    CHECK(flag);
}

TEST_CASE("what was published last is read", "[pool]")
{
    published<row> p;
    CHECK(p.get().words == row().words);
    for (std::uint64_t i = 1; i < 10; ++i) {
        p.set(row_from(i));
        CHECK(p.get().words == row_from(i).words);
        CHECK(p.get().last == row_from(i).last);
    }
}

TEST_CASE("nobody reads half of what is published, nor an older value after a newer one",
          "[pool]")
{
    published<row> p;
    p.set(row_from(1));
    std::atomic<bool> torn{false};
    std::atomic<bool> backwards{false};
    std::atomic<bool> over{false};
    std::atomic<bool> reading{false};
    std::thread reader([&] {
        std::uint64_t newest = 0;
        while (!over) {
            auto const seen = p.get();
            torn = torn || !is_whole(seen);
            backwards = backwards || seen.words[0] < newest;
            newest = seen.words[0];
            reading = true;
        }
    });
    while (!reading) {
        std::this_thread::yield();
    }
    for (std::uint64_t i = 2; i < 200'000; ++i) {
        p.set(row_from(i));
    }
    over = true;
    reader.join();
    CHECK_FALSE(torn);
    CHECK_FALSE(backwards);
}
