// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Quoted by docs/services/limits.md: the regions between the tags.

#include <resil/service/limits.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <iostream>

using namespace std::chrono_literals;

TEST_CASE("snippets: the numbers of a service are checked against each other")
{
    //[limits_use
    auto const findings = resil::service::check_limits({.descriptors = resil::service::descriptor_limit(),
                                                        .server_connections = 10'000,
                                                        .database_pool = 4,
                                                        .processes = 4 * 2,
                                                        .database_connections = 97,
                                                        .shutdown_budget = 25s,
                                                        .termination_grace = 30s});
    //]
    std::clog.setstate(std::ios::failbit);
    //[limits_report
    std::clog << resil::service::limits_report(findings);
    //]
    std::clog.clear();
    CHECK(findings.size() <= 1);
}
