// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/bulkhead_options.hpp> // self-contained

#include <catch2/catch_test_macros.hpp>

#include <core/words.hpp>
#include <cstdint>
#include <type_traits>

using namespace resil;
using namespace resil::tests;

static_assert(std::is_aggregate_v<bulkhead_options>);
static_assert(std::is_aggregate_v<bulkhead_snapshot>);
static_assert(std::is_nothrow_move_constructible_v<bulkhead_options>);
static_assert(bulkhead_options::largest_queue == SIZE_MAX / 2);

namespace {

template <class Change>
std::string refused(Change change)
{
    bulkhead_options options;
    change(options);
    return refusal([&] { options.validate(); });
}

} // namespace

TEST_CASE("the defaults of a bulkhead are the documented ones", "[bulkhead]")
{
    bulkhead_options const options;

    CHECK(options.name.empty());
    CHECK(options.max_concurrent == 10);
    CHECK(options.max_queued == 0);
    CHECK(options.max_wait == 1s);
    CHECK_NOTHROW(options.validate());
}

TEST_CASE("a snapshot that nobody filled in is empty", "[bulkhead]")
{
    bulkhead_snapshot const nothing;

    CHECK((nothing.in_use == 0 && nothing.queued == 0));
    CHECK((nothing.max_concurrent == 0 && nothing.max_queued == 0));
    CHECK((nothing.admitted == 0 && nothing.rejected == 0 && nothing.abandoned == 0));
}

TEST_CASE("options of a bulkhead can be named one by one", "[bulkhead]")
{
    bulkhead_options const options{.name = "db", .max_queued = 7};

    CHECK(options.name == "db");
    CHECK(options.max_queued == 7);
    CHECK(options.max_concurrent == 10);
}

TEST_CASE("a bulkhead of nonsense is refused with field, value and range", "[bulkhead]")
{
    CHECK(refused([](auto& o) { o.max_concurrent = 0; }) ==
          "bulkhead.max_concurrent is 0, but must be at least 1");
    CHECK(refused([](auto& o) { o.max_wait = 0s; }) ==
          "bulkhead.max_wait is 0s, but must be more than 0s");
    CHECK(refused([](auto& o) { o.max_wait = -1s; }) ==
          "bulkhead.max_wait is -1s, but must be more than 0s");
    CHECK_FALSE(refused([](auto& o) { o.max_queued = static_cast<std::size_t>(-1); }).empty());
    CHECK(refused([](auto& o) { o.max_concurrent = 1; }).empty());
    CHECK(refused([](auto& o) { o.max_wait = 1ns; }).empty());
    CHECK(refused([](auto& o) { o.max_queued = 1'000'000; }).empty());
    CHECK(refused([](auto& o) { o.max_queued = bulkhead_options::largest_queue; }).empty());
    CHECK_FALSE(
        refused([](auto& o) { o.max_queued = bulkhead_options::largest_queue + 1; }).empty());
}
