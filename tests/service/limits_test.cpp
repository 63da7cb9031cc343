// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/service/limits.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <string>

using namespace std::chrono_literals;
using resil::service::check_limits;
using resil::service::limits_facts;
using weight = resil::service::limits_finding::weight;

namespace {

/// The only finding of some facts.
resil::service::limits_finding only(limits_facts const& facts)
{
    auto const all = check_limits(facts);
    REQUIRE(all.size() == 1);
    return all.front();
}

} // namespace

TEST_CASE("what is not said is not checked, and what fits is no finding", "[service][limits]")
{
    CHECK(check_limits({}).empty());
    CHECK(check_limits({.descriptors = 1024,
                        .server_connections = 900,
                        .pool_connections = 60,
                        .database_pool = 10,
                        .processes = 9,
                        .database_connections = 97,
                        .attempt_timeout = 250ms,
                        .deadline = 1s,
                        .max_attempts = 4,
                        .caller_timeout = 2s,
                        .queue_wait = 500ms,
                        .queue_length = 20,
                        .queue_places = 10,
                        .server_idle = 75s,
                        .balancer_idle = 60s,
                        .shutdown_budget = 25s,
                        .termination_grace = 30s,
                        .readiness_time = 900ms,
                        .probe_timeout = 1s})
              .empty());
}

TEST_CASE("each pair of numbers that does not fit is named, with both and what was expected", "[service][limits]")
{
    auto const descriptors = only({.descriptors = 1024, .server_connections = 1000, .pool_connections = 8});
    CHECK(descriptors.how == weight::error);
    CHECK(descriptors.sentence == "descriptors: 1024; server_connections, pool_connections and 64 more need 1072");

    auto const database = only({.database_pool = 10, .processes = 10, .database_connections = 97});
    CHECK(database.how == weight::error);
    CHECK(database.sentence == "database_connections: 97; database_pool 10 times processes 10 is 100");

    CHECK(only({.attempt_timeout = 1s, .deadline = 1s, .max_attempts = 3}).how == weight::error);
    CHECK(only({.attempt_timeout = 1s, .deadline = 1s, .max_attempts = 1}).how == weight::warning);
    CHECK(only({.attempt_timeout = 1s, .deadline = 2s, .max_attempts = 5}).sentence ==
          "max_attempts: 5 times attempt_timeout is 5s, more than twice the deadline of 2s: the last attempts will never be "
          "made");
    CHECK(only({.deadline = 3s, .caller_timeout = 3s}).how == weight::error);
    CHECK(only({.deadline = 1s, .queue_wait = 1s}).how == weight::error);
    CHECK(only({.attempt_timeout = 1s, .queue_wait = 1s, .queue_length = 20, .queue_places = 10}).how == weight::warning);
    CHECK(only({.server_idle = 60s, .balancer_idle = 60s}).how == weight::error);
    CHECK(only({.readiness_time = 1s, .probe_timeout = 1s}).how == weight::error);
}

TEST_CASE("L7: a grace that is not longer than preStop, budget and a margin is an error", "[service][limits]")
{
    CHECK(only({.shutdown_budget = 25s, .pre_stop = 5s, .termination_grace = 30s}).sentence ==
          "termination_grace: 30s; expected more than pre_stop, shutdown_budget and 2s together, which is 32s, or the process "
          "is killed before it has ended");
    CHECK(only({.shutdown_budget = 25s, .termination_grace = 27s}).how == weight::error);
    CHECK(check_limits({.shutdown_budget = 25s, .termination_grace = 28s}).empty());
}

TEST_CASE("a report has a line for each finding, and how wrong it is", "[service][limits]")
{
    auto const findings = check_limits({.attempt_timeout = 1s, .deadline = 1s, .caller_timeout = 1s});
    std::string const report = resil::service::limits_report(findings);
    CHECK(report.starts_with("warning: attempt_timeout: 1s"));
    CHECK(report.find("\nerror: deadline: 1s") != report.npos);
    CHECK(resil::service::limits_report({}).empty());
}

TEST_CASE("extreme numbers are no overflow", "[service][limits]")
{
    auto const longest = resil::duration::max();
    CHECK(check_limits({.attempt_timeout = longest, .deadline = longest, .max_attempts = 100}).size() == 1);
    CHECK(check_limits({.shutdown_budget = longest, .pre_stop = longest, .termination_grace = longest}).size() == 1);
}

TEST_CASE("the limit of descriptors is that of the process", "[service][limits]")
{
    auto const limit = resil::service::descriptor_limit();
    CHECK((!limit || *limit > 0));
}
