// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "chaos/findings.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>

namespace {

soak::findings good()
{
    return {.kills = 30,
            .acknowledged = 1000,
            .failed_calls = 10,
            .max_server_connections = 8,
            .most_at_a_moment = 9,
            .max_size = 8,
            .samples = 1,
            .before = {.descriptors = 10, .resident_kb = 1000},
            .after = {.descriptors = 10, .resident_kb = 1000 + soak::allowed_growth_kb},
            .minutes = 1.0};
}

template <class Change>
std::size_t broken_by(Change change)
{
    auto changed = good();
    change(changed);
    return soak::broken_promises(changed).size();
}

} // namespace

TEST_CASE("a soak that kept every promise, if only just, is not blamed", "[chaos]")
{
    CHECK(soak::broken_promises(good()).empty());
}

TEST_CASE("each promise of a soak can be broken alone", "[chaos]")
{
    CHECK(broken_by([](auto& f) { f.missing = 1; }) == 1);
    CHECK(broken_by([](auto& f) { f.duplicated = 1; }) == 1);
    CHECK(broken_by([](auto& f) { f.wrong_reply = 1; }) == 1);
    CHECK(broken_by([](auto& f) { f.failed_calls = 11; }) == 1);
    CHECK(broken_by([](auto& f) { f.max_server_connections = 9; }) == 1);
    CHECK(broken_by([](auto& f) { f.most_at_a_moment = 13; }) == 1);
    CHECK(broken_by([](auto& f) { f.samples = 0; }) == 1);
    CHECK(broken_by([](auto& f) { f.still_lent = 1; }) == 1);
    CHECK(broken_by([](auto& f) { f.minutes = 1.01; }) == 1);
    CHECK(broken_by([](auto& f) { f.after.descriptors = 11; }) == 1);
    CHECK(broken_by([](auto& f) { f.after.descriptors = 9; }) == 1);
    CHECK(broken_by([](auto& f) { ++f.after.resident_kb; }) == 1);
}

TEST_CASE("a soak without a kill or without a call proves nothing", "[chaos]")
{
    CHECK(broken_by([](auto& f) { f.kills = 0; }) == 1);
    CHECK(broken_by([](auto& f) {
              f.acknowledged = f.failed_calls = 0;
              f.minutes = 0.0;
          }) == 1);
}

TEST_CASE("the findings of a soak are written as one JSON object", "[chaos]")
{
    CHECK(soak::json_of(good()) ==
          "{\"kills\": 30, \"acknowledged\": 1000, \"missing\": 0, \"duplicated\": 0, "
          "\"wrong_reply\": 0, \"failed_calls\": 10, \"max_server_connections\": 8, "
          "\"max_size\": 8, \"fd_before\": 10, \"fd_after\": 10, \"rss_before_kb\": 1000, "
          "\"rss_after_kb\": 5096, \"minutes\": 1.000}\n");
}
