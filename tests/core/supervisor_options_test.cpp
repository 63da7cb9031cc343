// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/supervisor_options.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <chrono>

using namespace std::chrono_literals;
using resil::supervisor_options;

TEST_CASE("a supervisor keeps two workers, and gives them 30 s to be heard of and 27 s to end", "[core][supervisor]")
{
    supervisor_options const defaults;
    CHECK(defaults.workers == 2);
    CHECK(defaults.stall == 30s);
    CHECK(defaults.grace == 27s);
    CHECK(defaults.first_delay == 100ms);
    CHECK(defaults.max_delay == 10s);
    CHECK(defaults.max_requests == 0);
    defaults.validate();
}

TEST_CASE("supervisor options may be as small, and as large, as their ranges say", "[core][supervisor]")
{
    supervisor_options{.workers = 1, .stall = 1ns, .grace = 0s, .first_delay = 1ns, .max_delay = 1ns,
                       .max_requests_jitter = 0.0}
        .validate();
    supervisor_options{.workers = 1024, .max_requests_jitter = 1.0}.validate();
}

TEST_CASE("supervisor options out of range are refused by name", "[core][supervisor]")
{
    using Catch::Matchers::ContainsSubstring;
    auto const check = [](supervisor_options const& o) { o.validate(); };
    CHECK_THROWS_WITH(check({.workers = 0}), ContainsSubstring("supervisor.workers"));
    CHECK_THROWS_WITH(check({.workers = 1025}), ContainsSubstring("supervisor.workers"));
    CHECK_THROWS_WITH(check({.stall = 0s}), ContainsSubstring("supervisor.stall"));
    CHECK_THROWS_WITH(check({.grace = -1s}), ContainsSubstring("supervisor.grace"));
    CHECK_THROWS_WITH(check({.first_delay = 0s}), ContainsSubstring("supervisor.first_delay"));
    CHECK_THROWS_WITH(check({.max_delay = 1ms}), ContainsSubstring("supervisor.max_delay"));
    CHECK_THROWS_WITH(check({.max_requests_jitter = 1.5}), ContainsSubstring("supervisor.max_requests_jitter"));
}
