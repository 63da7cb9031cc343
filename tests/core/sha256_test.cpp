// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/sha256.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace {

std::string hex_of(std::string_view text)
{
    resil::core::sha256 sum;
    sum.add(text);
    std::string hex;
    for (auto const byte : sum.finish()) {
        hex += "0123456789abcdef"[byte / 16];
        hex += "0123456789abcdef"[byte % 16];
    }
    return hex;
}

} // namespace

// FIPS 180-2, appendix B, and NIST's example of the empty text.
TEST_CASE("SHA-256 of the standard's examples is what the standard says", "[core][sha256]")
{
    CHECK(hex_of("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(hex_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(hex_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    CHECK(hex_of(std::string(1'000'000, 'a')) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("SHA-256 does not depend on the pieces in which a text comes", "[core][sha256]")
{
    std::string text;
    for (int i = 0; i != 300; ++i) {
        text += static_cast<char>(i);
    }
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        resil::core::sha256 whole;
        whole.add(text);
        resil::core::sha256 pieces;
        pieces.add(std::string_view(text).substr(0, cut));
        pieces.add(std::string_view(text).substr(cut));
        REQUIRE(pieces.finish() == whole.finish());
    }
}
