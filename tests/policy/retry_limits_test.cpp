// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/circuit_breaker.hpp>
#include <resil/core/random.hpp>
#include <resil/core/retry_budget.hpp>
#include <resil/error.hpp>
#include <resil/pipeline.hpp>
#include <resil/retry.hpp> // self-contained
#include <resil/verdict.hpp>

#include "support/steady_retry.hpp"
#include "support/world.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <chrono>
#include <optional>
#include <vector>

using namespace support;

namespace {

/// Judges every error as throttled, with a wait.
struct throttled_for
{
    std::optional<resil::duration> wait;

    resil::judgement operator()(error_code ec, int) const
    {
        return ec ? resil::judgement(resil::verdict::throttled, wait) : resil::verdict::success;
    }
};

auto asked_to_wait(std::optional<resil::duration> wait, resil::retry_options options = steady())
{
    return resil::basic_retry(options, throttled_for{wait});
}

} // namespace

TEST_CASE("a retry that would overrun the deadline gives up at once with the last error",
          "[retry][deadline]")
{
    auto const left = GENERATE(5ms, 10ms);
    world w;
    scripted_operation<int> op;
    op.fails(net::eof);

    auto const call = w.call(resil::retry{steady()}, {.deadline = w.time.now() + left}, op);

    CHECK(call.code() == net::eof);
    CHECK(call.reason() == reason::deadline_too_near);
    CHECK(call.at() == 0ms);
    CHECK(call.attempts() == 1);
}

TEST_CASE("a retry that fits the deadline is made", "[retry][deadline]")
{
    world w;
    scripted_operation<int> op;
    op.fails(net::eof).succeeds(1);

    auto const call = w.call(resil::retry{steady()}, {.deadline = w.time.now() + 11ms}, op);
    w.time.advance(10ms);

    CHECK(call.value() == 1);
}

TEST_CASE("an attempt with too little time left to be useful is not made", "[retry][deadline]")
{
    auto options = steady();
    options.min_useful_time = 50ms;
    world w;
    scripted_operation<int> op;
    op.fails(net::eof);

    auto const near = w.call(resil::retry{options}, {.deadline = w.time.now() + 60ms}, op);
    auto const far = w.call(resil::retry{options}, {.deadline = w.time.now() + 61ms}, op);
    w.time.advance(10ms);

    CHECK(near.reason() == reason::deadline_too_near);
    CHECK(near.attempts() == 1);
    CHECK(far.attempts() == 2);
}

TEST_CASE("a peer's wait is a floor under the delay, and is never undercut",
          "[retry][retry_after]")
{
    world w;
    scripted_operation<int> op;
    op.fails(net::try_again).succeeds(1);

    auto const call = w.call(asked_to_wait(700ms), op);
    w.time.advance(1h);

    CHECK(call.value() == 1);
    CHECK(call.at() >= 700ms);
    CHECK(call.at() <= 1050ms);
}

TEST_CASE("none of ten thousand attempts comes before the peer's wait is over",
          "[retry][retry_after]")
{
    world w;
    auto options = steady(10'001);
    options.jitter = resil::jitter::full;
    scripted_operation<int> op;
    op.fails(net::try_again);
    std::vector<resil::time_point> starts;
    auto const call = w.call(asked_to_wait(3ms, options), [&](auto const& a, auto token) {
        starts.push_back(w.time.now());
        return op(a, std::move(token));
    });
    w.time.advance(1h);

    REQUIRE(starts.size() == 10'001);
    int early = 0;
    for (std::size_t i = 1; i < starts.size(); ++i) {
        early += starts[i] - starts[i - 1] < 3ms;
    }
    CHECK(early == 0);
}

TEST_CASE("the backoff still holds where it is longer than the peer's wait",
          "[retry][retry_after]")
{
    world w;
    scripted_operation<int> op;
    op.fails(net::try_again).succeeds(1);

    auto const call = w.call(asked_to_wait(1ms), op);
    w.time.advance(1h);

    CHECK(call.at() == 10ms);
}

TEST_CASE("a wait beyond the limit ends the call, it is not cut short", "[retry][retry_after]")
{
    auto const wait =
        GENERATE(resil::duration(61s), resil::duration(-1ns), resil::duration::max());
    world w;
    scripted_operation<int> op;
    op.fails(net::try_again);

    auto const call = w.call(asked_to_wait(wait), op);

    CHECK(call.code() == net::try_again);
    CHECK(call.reason() == reason::retry_after_too_long);
    CHECK(call.failure().retry_after() == wait);
    CHECK(call.at() == 0ms);
}

TEST_CASE("a wait of just the limit is waited for", "[retry][retry_after]")
{
    auto options = steady();
    options.max_retry_after = 5s;
    world w;
    scripted_operation<int> op;
    op.fails(net::try_again).succeeds(1);

    auto const call = w.call(asked_to_wait(5s, options), op);
    w.time.advance(5s);

    CHECK(call.value() == 1);
}

TEST_CASE("a wait that does not fit the deadline ends the call, and tells the wait",
          "[retry][retry_after][deadline]")
{
    world w;
    scripted_operation<int> op;
    op.fails(net::try_again);

    auto const call = w.call(asked_to_wait(10s), {.deadline = w.time.now() + 5s}, op);

    CHECK(call.code() == net::try_again);
    CHECK(call.reason() == reason::deadline_too_near);
    CHECK(call.failure().retry_after() == 10s);
    CHECK(call.at() == 0ms);
}

TEST_CASE("an empty budget ends the call at once with the last error", "[retry][budget]")
{
    auto options = steady(10);
    options.budget = resil::retry_budget{{.max_tokens = 4}};
    world w;
    scripted_operation<int> op;
    op.fails(net::eof);

    auto const first = w.call(resil::retry{options}, op);
    w.time.advance(1h);
    auto const second = w.call(resil::retry{options}, op);

    CHECK(first.code() == net::eof);
    CHECK(first.reason() == reason::budget_exhausted);
    CHECK(first.attempts() == 2);
    CHECK(first.at() == 10ms);
    CHECK(second.attempts() == 1);
    CHECK(second.reason() == reason::budget_exhausted);
    CHECK(second.at() == 0ms);
}

TEST_CASE("a budget is shared by all that were given it", "[retry][budget]")
{
    resil::retry_budget const budget{{.max_tokens = 10, .token_ratio = 1.0}};
    auto options = steady(2);
    options.budget = budget;
    resil::retry const one{options}, other{options};
    world w;
    scripted_operation<int> bad, good;
    bad.fails(net::eof);
    good.succeeds(1);

    (void)w.call(one, bad);
    (void)w.call(other, bad);
    w.time.advance(1h);
    CHECK(budget.tokens() == 6);
    CHECK(w.call(one, bad).attempts() == 1);
    CHECK(w.call(other, bad).reason() == reason::budget_exhausted);
    (void)w.call(other, good);
    CHECK(budget.tokens() == 5);
}

TEST_CASE("what was never sent costs no budget, and needs none", "[retry][budget]")
{
    resil::retry_budget const budget{{.max_tokens = 1}};
    auto options = steady(4);
    options.budget = budget;
    world w;
    scripted_operation<int> op;
    op.fails(net::connection_refused)
        .fails(net::eof)
        .not_sent()
        .fails(net::host_not_found_try_again);
    op.succeeds(1);

    auto const call = w.call(resil::retry{options}, op);
    w.time.advance(1h);

    CHECK(call.value() == 1);
    CHECK(budget.tokens() == 1);
}

TEST_CASE("permanent failures and rejections take nothing from the budget", "[retry][budget]")
{
    resil::retry_budget const budget{{.max_tokens = 10}};
    auto options = steady(4);
    options.budget = budget;
    resil::circuit_breaker const open;
    open.force_open();
    world w;
    scripted_operation<int> op;
    op.fails(net::access_denied);

    auto const permanent = w.call(resil::retry{options}, op);
    auto const refused = w.call(resil::pipeline{resil::retry{options}, open}, op);

    CHECK(permanent.reason() == reason::permanent);
    CHECK(refused.code() == errc::circuit_open);
    CHECK(budget.tokens() == 10);
}

TEST_CASE("cancelled calls neither take from the budget nor give to it", "[retry][budget]")
{
    resil::retry_budget const budget{{.max_tokens = 10}};
    auto options = steady(2);
    options.budget = budget;
    world w;
    scripted_operation<int> op;
    op.hangs();

    auto const call = w.call(resil::retry{options}, op);
    call.cancel();
    w.time.run_ready();

    CHECK(call.reason() == reason::cancelled);
    CHECK(budget.tokens() == 10);
}
