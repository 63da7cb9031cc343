// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/circuit_breaker.hpp> // self-contained
#include <resil/error.hpp>
#include <resil/pipeline.hpp>
#include <resil/retry.hpp>

#include "support/world.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

using namespace support;
using resil::circuit_cause;
using resil::circuit_state;

namespace {

resil::circuit_breaker_options touchy(
    std::function<void(resil::circuit_event const&)> listener = {})
{
    return {.name = "billing",
            .window = resil::circuit_window::consecutive(2),
            .open_duration = 1s,
            .open_jitter_ratio = 0.0,
            .half_open_max_calls = 1,
            .half_open_required_successes = 1,
            .listener = std::move(listener)};
}

struct control_world : world
{
    explicit control_world(std::function<void(resil::circuit_event const&)> listener = {})
        : breaker(touchy(std::move(listener)))
    {
        good.succeeds(1);
        bad.fails(net::connection_reset);
    }

    watched<int> run(scripted_operation<int> op) { return call(breaker, std::move(op)); }

    void open()
    {
        (void)run(bad);
        (void)run(bad);
    }

    resil::circuit_breaker breaker;
    scripted_operation<int> good, bad;
};

} // namespace

TEST_CASE("a circuit forced open rejects until it is released", "[circuit_breaker][forced]")
{
    control_world w;
    w.breaker.force_open();
    w.time.advance(1h);

    auto const rejected = w.run(w.good);
    w.breaker.release_force();

    CHECK(rejected.code() == errc::circuit_open);
    CHECK(rejected.reason() == reason::circuit_forced_open);
    CHECK(rejected.failure().retry_after() == std::nullopt);
    CHECK(w.run(w.good).ok());
    CHECK(w.breaker.state() == circuit_state::closed);
}

TEST_CASE("a circuit forced closed admits everything, and measures nothing",
          "[circuit_breaker][forced]")
{
    control_world w;
    w.open();
    w.breaker.force_closed();

    w.open();
    w.open();

    CHECK(w.breaker.state() == circuit_state::forced_closed);
    CHECK(w.bad.starts() == 6);
    w.breaker.release_force();
    CHECK(w.breaker.state() == circuit_state::closed);
    CHECK(w.breaker.snapshot().calls == 0);
}

TEST_CASE("a circuit for metrics only admits everything, and measures",
          "[circuit_breaker][forced]")
{
    control_world w;
    w.breaker.metrics_only();

    w.open();
    w.open();

    CHECK(w.breaker.state() == circuit_state::metrics_only);
    CHECK(w.breaker.snapshot().failures == 4);
    CHECK(w.breaker.snapshot().failure_ratio == 1.0);
}

TEST_CASE("a reset closes the circuit and forgets what it measured", "[circuit_breaker]")
{
    control_world w;
    w.open();
    w.breaker.reset();

    CHECK(w.breaker.state() == circuit_state::closed);
    CHECK(w.breaker.snapshot().calls == 0);
    (void)w.run(w.bad);
    CHECK(w.breaker.state() == circuit_state::closed);
}

TEST_CASE("the result of a call from before a force changes nothing after it",
          "[circuit_breaker][forced]")
{
    control_world w;
    scripted_operation<int> late;
    late.fails(net::eof).after(1s);
    (void)w.run(w.bad);
    auto const call = w.run(late);

    w.breaker.force_closed();
    w.breaker.release_force();
    (void)w.run(w.bad);
    w.time.advance(1s);

    CHECK(call.code() == net::eof);
    CHECK(w.breaker.state() == circuit_state::closed);
}

TEST_CASE("a reconfigured circuit keeps its window", "[circuit_breaker][reconfigure]")
{
    control_world w;
    (void)w.run(w.bad);
    auto options = touchy();
    options.window = resil::circuit_window::consecutive(3);

    w.breaker.reconfigure(options);
    (void)w.run(w.bad);
    CHECK(w.breaker.state() == circuit_state::closed);
    (void)w.run(w.bad);
    CHECK(w.breaker.state() == circuit_state::open);
}

TEST_CASE("a reconfigured circuit stays open, but not beyond the new maximum",
          "[circuit_breaker][reconfigure]")
{
    control_world w;
    w.open();
    auto options = touchy();
    options.open_duration = 10ms;
    options.max_open_duration = 300ms;

    w.breaker.reconfigure(options);

    CHECK(w.run(w.good).failure().retry_after() == 300ms);
    w.time.advance(300ms);
    CHECK(w.run(w.good).ok());
}

TEST_CASE("nonsense does not reconfigure a circuit", "[circuit_breaker][reconfigure]")
{
    control_world w;
    auto options = touchy();
    options.failure_ratio = 0.0;

    CHECK_THROWS_AS(w.breaker.reconfigure(options), resil::invalid_option);
    CHECK(w.breaker.options().failure_ratio == 0.5);
}

TEST_CASE("copies, and a copy with another classifier, share one circuit", "[circuit_breaker]")
{
    control_world w;
    resil::circuit_breaker const copy = w.breaker;
    auto const lenient =
        w.breaker.judged_by([](error_code, int) { return resil::verdict::success; });

    (void)w.call(lenient, w.bad);
    (void)w.call(lenient, w.bad);
    CHECK(copy.state() == circuit_state::closed);
    w.open();

    CHECK(copy.state() == circuit_state::open);
    CHECK(lenient.state() == circuit_state::open);
    CHECK(lenient.shares_with(copy));
    CHECK_FALSE(copy.shares_with(resil::circuit_breaker{touchy()}));
}

TEST_CASE("a change of state is told, with its cause and its numbers",
          "[circuit_breaker][listener]")
{
    std::vector<resil::circuit_event> told;
    std::vector<std::string> names;
    control_world w([&](resil::circuit_event const& e) {
        told.push_back(e);
        names.emplace_back(e.name);
    });

    w.open();
    w.time.advance(1s);
    (void)w.run(w.good);

    REQUIRE(told.size() == 3);
    CHECK(told[0].to == circuit_state::open);
    CHECK(told[0].cause == circuit_cause::consecutive_failures);
    CHECK(told[0].open_for == 1s);
    CHECK(told[0].snapshot.failures == 2);
    CHECK(told[1].to == circuit_state::half_open);
    CHECK(told[1].cause == circuit_cause::open_time_over);
    CHECK(told[2].to == circuit_state::closed);
    CHECK(told[2].cause == circuit_cause::probes_succeeded);
    CHECK(told[2].generation == told[0].generation + 2);
    CHECK(names == std::vector<std::string>(3, "billing"));
}

TEST_CASE("a listener may call back into the circuit", "[circuit_breaker][listener]")
{
    std::unique_ptr<control_world> w;
    std::vector<circuit_state> seen;
    w = std::make_unique<control_world>([&](resil::circuit_event const& e) {
        seen.push_back(w->breaker.state());
        CHECK(w->breaker.snapshot().state == e.to);
        if (e.to == circuit_state::open) {
            w->breaker.reset();
        }
    });

    w->open();

    CHECK(seen == std::vector{circuit_state::open, circuit_state::closed});
    CHECK(w->breaker.state() == circuit_state::closed);
}

TEST_CASE("what a listener throws is dropped", "[circuit_breaker][listener]")
{
    control_world w([](resil::circuit_event const&) { throw std::runtime_error("no"); });

    w.open();

    CHECK(w.run(w.good).code() == errc::circuit_open);
}

TEST_CASE("a listener may exchange itself", "[circuit_breaker][listener]")
{
    std::unique_ptr<control_world> w;
    int first = 0, second = 0;
    w = std::make_unique<control_world>([&](resil::circuit_event const&) {
        w->breaker.reconfigure(touchy([&](resil::circuit_event const&) { ++second; }));
        ++first;
    });

    w->open();
    w->time.advance(1s);
    (void)w->run(w->good);

    CHECK(first == 1);
    CHECK(second == 2);
}

TEST_CASE("a failure is recorded before the delay, even if the next attempt is refused",
          "[circuit_breaker][retry]")
{
    control_world w;
    resil::pipeline const p{resil::retry{{.max_attempts = 5,
                                          .backoff = resil::backoff::fixed(10ms),
                                          .jitter = resil::jitter::none,
                                          .idempotency = idempotency::safe}},
                            w.breaker};

    auto const call = w.call(p, w.bad);
    CHECK(w.breaker.snapshot().failures == 1);
    w.time.advance(20ms);

    CHECK(w.breaker.state() == circuit_state::open);
    CHECK(w.bad.starts() == 2);
    CHECK(call.code() == errc::circuit_open);
    CHECK(call.reason() == reason::circuit_open);
    CHECK(call.attempts() == 2);
    CHECK(call.last_error() == net::connection_reset);
    CHECK(call.failure().retry_after() == 990ms);
}

TEST_CASE("one circuit may be shared by two contexts, and outlives either", "[circuit_breaker]")
{
    control_world w;
    {
        world other;
        (void)other.call(w.breaker, w.bad);
        (void)other.call(w.breaker, w.bad);
    }

    CHECK(w.run(w.good).code() == errc::circuit_open);
}
