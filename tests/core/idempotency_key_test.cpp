// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/idempotency_key.hpp> // self-contained
#include <resil/core/random.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>

using namespace resil::core;
using namespace std::string_view_literals;

static_assert(sizeof(idempotency_key) == 36);
static_assert(std::is_trivially_copyable_v<idempotency_key>);
static_assert(noexcept(idempotency_key(1, 2)));
static_assert(noexcept(idempotency_key(1, 2).view()));
static_assert(noexcept(valid_key("")));
static_assert(valid_key(idempotency_key(1, 2).view()));
static_assert(max_key_length == 255);

TEST_CASE("a key is written as a UUID of version 4", "[idempotency_key]")
{
    CHECK(idempotency_key(0, 0).view() == "00000000-0000-4000-8000-000000000000");
    CHECK(idempotency_key(~0ULL, ~0ULL).view() == "ffffffff-ffff-4fff-bfff-ffffffffffff");
    CHECK(idempotency_key(0x0123'4567'89ab'cdef, 0xfedc'ba98'7654'3210).view() ==
          "01234567-89ab-4def-bedc-ba9876543210");
    CHECK(idempotency_key(0xfedc'ba98'7654'3210, 0x0123'4567'89ab'cdef).view() ==
          "fedcba98-7654-4210-8123-456789abcdef");
}

TEST_CASE("122 of the 128 bits are in the key, and the other six are not", "[idempotency_key]")
{
    idempotency_key const zero(0, 0);
    int used = 0;

    for (int bit = 0; bit < 64; ++bit) {
        std::uint64_t const word = 1ULL << bit;
        used += idempotency_key(word, 0) != zero;
        used += idempotency_key(0, word) != zero;
    }

    CHECK(used == 122);
}

TEST_CASE("keys of random words are valid, well-formed and all different", "[idempotency_key]")
{
    generator draw(5);
    std::set<std::string> seen;

    for (int i = 0; i < 20'000; ++i) {
        auto const high = draw.next();
        idempotency_key const key(high, draw.next());
        std::string const text(key.view());
        seen.insert(text);

        REQUIRE(valid_key(text));
        REQUIRE(text.size() == 36);
        REQUIRE(text.find_first_not_of("0123456789abcdef-") == std::string::npos);
        REQUIRE((text[8] == '-' && text[13] == '-' && text[18] == '-' && text[23] == '-'));
        REQUIRE(text[14] == '4');
        REQUIRE("89ab"sv.find(text[19]) != std::string_view::npos);
    }

    CHECK(seen.size() == 20'000);
}

TEST_CASE("keys are equal if their bits are", "[idempotency_key]")
{
    CHECK(idempotency_key(1, 2) == idempotency_key(1, 2));
    CHECK(idempotency_key(1, 2) != idempotency_key(1, 3));
    CHECK(idempotency_key(1, 2) != idempotency_key(2, 2));
}

TEST_CASE("a caller's key has 1 to 255 visible ASCII characters", "[idempotency_key]")
{
    CHECK(valid_key("a"));
    CHECK(valid_key("!"));
    CHECK(valid_key("~"));
    CHECK(valid_key("order-17/attempt\"with\\all"));
    CHECK(valid_key(std::string(255, 'k')));

    CHECK_FALSE(valid_key(""));
    CHECK_FALSE(valid_key(std::string(256, 'k')));
    CHECK_FALSE(valid_key("with space"));
    CHECK_FALSE(valid_key("a\r\nX-Evil: 1"));
    CHECK_FALSE(valid_key("a\tb"));
    CHECK_FALSE(valid_key("a\0b"sv));
    CHECK_FALSE(valid_key("\x7f"));
    CHECK_FALSE(valid_key("\x80"));
    CHECK_FALSE(valid_key("\xff"));
    CHECK_FALSE(valid_key("gr\xc3\xbc\xc3\x9f"));
}

TEST_CASE("exactly 94 characters are allowed, wherever they stand", "[idempotency_key]")
{
    int allowed = 0;

    for (int c = 0; c < 256; ++c) {
        std::string key = "ab";
        bool const alone = valid_key(std::string(1, static_cast<char>(c)));
        key.insert(key.begin(), static_cast<char>(c));
        CHECK(valid_key(key) == alone);
        key.push_back(key.front());
        key.front() = 'x';
        CHECK(valid_key(key) == alone);
        allowed += alone;
    }

    CHECK(allowed == 94);
}
