// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/shutdown_options.hpp>
#include <resil/core/shutdown_plan.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <chrono>

namespace {

using namespace std::chrono_literals;
using resil::duration;
using resil::shutdown_options;
using resil::time_point;
using resil::core::shutdown_exit_code;
using resil::core::shutdown_plan;

constexpr time_point start{1h};

} // namespace

TEST_CASE("a shutdown with the defaults leaves room for each phase within its budget", "[core][shutdown]")
{
    shutdown_options const options;
    options.validate();
    shutdown_plan const plan(options, start);

    CHECK(plan.accept_until() == start + 5s);
    CHECK(plan.stream_until(start) == start + 5s);
    CHECK(plan.drain_until() == start + 20s);
    CHECK(plan.cancel_until(start + 20s) == start + 22s);
    CHECK(plan.over_at() == start + 25s);
    CHECK(plan.rest(start + 22s) == 3s);
}

TEST_CASE("a phase never ends after the budget's share of those that follow", "[core][shutdown]")
{
    shutdown_plan const plan({.budget = 10s, .balancer_wait = 4s, .stream_grace = 1h, .cancel_grace = 2s,
                              .closing_time = 3s},
                             start);

    CHECK(plan.quiet_at(start) == start + 2s);
    CHECK(plan.quiet_at(start + 3s) == start + 4s);
    CHECK(plan.stream_until(start + 1s) == start + 5s);
    CHECK(plan.drain_until() == start + 5s);
    CHECK(plan.cancel_until(start + 1s) == start + 3s);
    CHECK(plan.cancel_until(start + 6s) == start + 7s);
    CHECK(plan.rest(start + 11s) == 0s);
}

TEST_CASE("phases may take no time, and the budget all there is", "[core][shutdown]")
{
    shutdown_options const none{.budget = 1ns,
                                .balancer_wait = 0s,
                                .quiet = 1ns,
                                .stream_grace = 0s,
                                .cancel_grace = 0s,
                                .closing_time = 0s};
    none.validate();
    CHECK(shutdown_plan(none, start).drain_until() == start + 1ns);
    CHECK(shutdown_plan(none, start).accept_until() == start);

    shutdown_options const all{.budget = duration::max()};
    all.validate();
    CHECK(shutdown_plan(all, start).over_at() == time_point::max());
}

TEST_CASE("shutdown options that do not fit are refused with what would", "[core][shutdown]")
{
    using Catch::Matchers::ContainsSubstring;
    auto const check = [](shutdown_options const& o) { o.validate(); };

    CHECK_THROWS_WITH(check({.budget = 0s, .balancer_wait = 0s, .cancel_grace = 0s, .closing_time = 0s}),
                      ContainsSubstring("shutdown.budget"));
    CHECK_THROWS_WITH(check({.budget = 9s}), ContainsSubstring("which is 10s"));
    CHECK_THROWS_WITH(check({.balancer_wait = -1s}), ContainsSubstring("shutdown.balancer_wait"));
    CHECK_THROWS_WITH(check({.quiet = 0s}), ContainsSubstring("shutdown.quiet"));
    CHECK_THROWS_WITH(check({.stream_grace = -1s}), ContainsSubstring("shutdown.stream_grace"));
    CHECK_THROWS_WITH(check({.cancel_grace = -1s}), ContainsSubstring("shutdown.cancel_grace"));
    CHECK_THROWS_WITH(check({.closing_time = -1s}), ContainsSubstring("shutdown.closing_time"));
    CHECK_THROWS_WITH(check({.balancer_wait = duration::max()}), ContainsSubstring("shutdown.budget"));
    check({.budget = 10s});
}

TEST_CASE("the exit code says whether all was drained, and which signal hurried", "[core][shutdown]")
{
    CHECK(shutdown_exit_code(false, 0) == 0);
    CHECK(shutdown_exit_code(true, 0) == 1);
    CHECK(shutdown_exit_code(false, 15) == 143);
    CHECK(shutdown_exit_code(true, 2) == 130);
}
