// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/health_report.hpp> // self-contained

#include <catch2/catch_test_macros.hpp>

using namespace resil;

TEST_CASE("a service is ready in the middle of its life, if it works, if only just", "[health]")
{
    health_report report;
    report.where = lifecycle::ready;
    for (auto const status : {health_status::ok, health_status::degraded}) {
        report.status = status;
        CHECK(report.ready());
    }
    for (auto const status : {health_status::unknown, health_status::failing}) {
        report.status = status;
        CHECK_FALSE(report.ready());
    }
}

TEST_CASE("a service of which nothing is known has not started", "[health]")
{
    health_report const report;
    CHECK_FALSE(report.started);
    CHECK_FALSE(report.ready());
}

TEST_CASE("a service that starts or ends is not ready, however well it is", "[health]")
{
    health_report report;
    report.status = health_status::ok;
    for (auto const where : {lifecycle::starting, lifecycle::draining}) {
        report.where = where;
        CHECK_FALSE(report.ready());
    }
}

namespace {

health_check_report check(criticality critical, health_status status)
{
    health_check_report report;
    report.critical = critical;
    report.status = status;
    return report;
}

} // namespace

TEST_CASE("checks together say the worst that a hard one says", "[health]")
{
    using enum health_status;
    auto const hard = criticality::hard;
    auto const soft = criticality::soft;

    CHECK(core::overall({}) == ok);
    CHECK(core::overall({check(hard, ok), check(soft, ok)}) == ok);
    CHECK(core::overall({check(hard, ok), check(soft, failing)}) == degraded);
    CHECK(core::overall({check(soft, unknown), check(hard, ok)}) == degraded);
    CHECK(core::overall({check(soft, failing), check(soft, ok)}) == degraded);
    CHECK(core::overall({check(hard, unknown), check(hard, ok)}) == unknown);
    CHECK(core::overall({check(hard, unknown), check(soft, failing)}) == unknown);
    CHECK(core::overall({check(hard, unknown), check(hard, failing)}) == failing);
    CHECK(core::overall({check(hard, failing), check(hard, ok)}) == failing);
    CHECK_FALSE(health_report().started);
}
