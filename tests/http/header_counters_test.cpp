// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/http/header_counters.hpp> // self-contained

#include <catch2/catch_test_macros.hpp>

#include <optional>
#include <type_traits>
#include <utility>

namespace {

using resil::http::header_counters;

static_assert(std::is_nothrow_copy_constructible_v<header_counters>);
static_assert(std::is_nothrow_move_constructible_v<header_counters>);
static_assert(std::is_nothrow_copy_assignable_v<header_counters>);

TEST_CASE("counters begin at nothing, and count each kind apart", "[http][counters]")
{
    header_counters const counters;
    CHECK(counters.malformed_retry_after() == 0);
    CHECK(counters.malformed_remaining() == 0);

    counters.count_malformed_retry_after();
    counters.count_malformed_retry_after();
    counters.count_malformed_remaining();

    CHECK(counters.malformed_retry_after() == 2);
    CHECK(counters.malformed_remaining() == 1);
}

TEST_CASE("copies count together, others apart", "[http][counters]")
{
    header_counters const counters;
    header_counters const copy = counters;
    header_counters const other;

    copy.count_malformed_retry_after();

    CHECK(counters.malformed_retry_after() == 1);
    CHECK(other.malformed_retry_after() == 0);
}

TEST_CASE("a copy keeps the counts alive", "[http][counters]")
{
    std::optional<header_counters> first(std::in_place);
    header_counters const copy = *first;
    first->count_malformed_remaining();

    first.reset();

    CHECK(copy.malformed_remaining() == 1);
}

TEST_CASE("a handle that was moved from still counts", "[http][counters]")
{
    header_counters from;
    header_counters const to = std::move(from);

    from.count_malformed_remaining(); // NOLINT: that it may be used is what is tested

    CHECK(to.malformed_remaining() == 1);
}

} // namespace
