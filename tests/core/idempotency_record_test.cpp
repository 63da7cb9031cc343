// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/idempotency_record.hpp>
#include <resil/core/sha256.hpp>

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <string_view>

using namespace std::string_view_literals;
using resil::fingerprint_of;

TEST_CASE("fingerprints tell apart where a part ends", "[core][idempotency]")
{
    CHECK(fingerprint_of({"ab", "c"}) != fingerprint_of({"a", "bc"}));
    CHECK(fingerprint_of({"ab"}) != fingerprint_of({"ab", ""}));
    CHECK(fingerprint_of({"ab", "c"}) == fingerprint_of({"ab", "c"}));
}

TEST_CASE("a fingerprint is the SHA-256 of the parts, each after its length in eight bytes", "[core][idempotency]")
{
    std::string const long_part(0x010203, 'x');
    resil::core::sha256 sum;
    sum.add("\x02\x00\x00\x00\x00\x00\x00\x00"sv);
    sum.add("ab");
    sum.add("\x03\x02\x01\x00\x00\x00\x00\x00"sv);
    sum.add(long_part);

    CHECK(fingerprint_of({"ab", long_part}) == sum.finish());
}

TEST_CASE("an answer and a claim say nothing before they are told", "[core][idempotency]")
{
    CHECK(resil::stored_answer{}.status == 0);
    CHECK(resil::execution_claim{}.state == resil::claim_state::full);
    CHECK(resil::execution_claim{}.lease == 0);
}
