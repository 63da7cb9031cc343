// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/opentelemetry/state_meter.hpp> // self-contained

#include <resil/bulkhead.hpp>
#include <resil/circuit_breaker.hpp>
#include <resil/connection_pool.hpp>

#include "opentelemetry/recorded_telemetry.hpp"
#include "support/scripted_connector.hpp"
#include "support/world.hpp"

#include <catch2/catch_test_macros.hpp>

#include <optional>

using namespace support;
using resil::otel::state_meter;

TEST_CASE("a breaker is shown as it is when the meter is read", "[opentelemetry]")
{
    world w;
    recorded::meter meter;
    state_meter const states(meter);
    resil::circuit_breaker const breaker;
    states.watch("catalogue", breaker);
    CHECK(meter.read("resil.circuit.state").at("dependency=catalogue state=closed") == 1);

    (void)w.call(breaker, scripted_operation<int>().succeeds(1));
    breaker.force_open();
    (void)w.call(breaker, scripted_operation<int>());
    CHECK(meter.read("resil.circuit.state").at("dependency=catalogue state=closed") == 0);
    CHECK(meter.read("resil.circuit.state").at("dependency=catalogue state=forced_open") == 1);
    CHECK(meter.read("resil.circuit.attempts").at("dependency=catalogue decision=admitted") == 1);
    CHECK(meter.read("resil.circuit.attempts").at("dependency=catalogue decision=rejected") == 1);
}

TEST_CASE("a bulkhead is shown as it is when the meter is read", "[opentelemetry]")
{
    world w;
    recorded::meter meter;
    state_meter const states(meter);
    resil::bulkhead const images{{.max_concurrent = 1, .max_queued = 5}};
    states.watch("images", images);
    auto const running = w.call(images, scripted_operation<int>().succeeds(1).after(5ms));
    auto const waiting = w.call(images, scripted_operation<int>().succeeds(1));

    CHECK(meter.read("resil.bulkhead.occupied").at("dependency=images place=running") == 1);
    CHECK(meter.read("resil.bulkhead.occupied").at("dependency=images place=queued") == 1);
    CHECK(meter.read("resil.bulkhead.limit").at("dependency=images place=queued") == 5);
    w.time.advance(5ms);
    CHECK(running.done());
    CHECK(waiting.done());
    CHECK(meter.read("resil.bulkhead.attempts").at("dependency=images decision=admitted") == 2);
}

TEST_CASE("pools are shown as they are when the meter is read, until nobody watches", "[opentelemetry]")
{
    recorded::meter meter;
    std::optional<state_meter> states(meter);
    plain_pool w({.max_size = 1});
    plain_pool other;
    states->watch("db", *w.pool);
    states->watch("cache", *other.pool);
    auto lent = w.acquire();
    auto waiting = w.acquire();

    CHECK(meter.read("resil.pool.connections").at("dependency=db state=in_use") == 1);
    CHECK(meter.read("resil.pool.connections").at("dependency=cache state=in_use") == 0);
    CHECK(meter.read("resil.pool.limit").at("dependency=db") == 1);
    CHECK(meter.read("resil.pool.waiters").at("dependency=db") == 1);
    CHECK(meter.read("resil.pool.connects").at("dependency=db result=ok") == 1);
    lent.release();
    w.time.run_ready();
    CHECK(meter.read("resil.pool.acquired").at("dependency=db wait=yes") == 2);
    CHECK(meter.read("resil.pool.acquire_failures").at("dependency=db reason=timed_out") == 0);
    CHECK(meter.read("resil.pool.closed").at("dependency=db reason=idle") == 0);

    states.reset();
    CHECK(meter.read("resil.pool.limit").empty());
}
