// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/bulkhead.hpp> // self-contained
#include <resil/error.hpp>
#include <resil/pipeline.hpp>
#include <resil/retry.hpp>

#include "support/world.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

using namespace support;

namespace {

resil::bulkhead narrow()
{
    return resil::bulkhead{{.max_concurrent = 1, .max_queued = 10, .max_wait = 1h}};
}

scripted_operation<int> takes(resil::duration time)
{
    scripted_operation<int> op;
    op.succeeds(1).after(time);
    return op;
}

resil::retry patient()
{
    return resil::retry{{.backoff = resil::backoff::fixed(10ms),
                         .jitter = resil::jitter::none,
                         .idempotency = idempotency::safe}};
}

} // namespace

TEST_CASE("copies share the permits", "[bulkhead]")
{
    world w;
    resil::bulkhead const b = narrow();
    resil::bulkhead const copy = b;
    auto const op = takes(10ms);

    (void)w.call(b, op);
    auto const second = w.call(copy, op);
    w.time.advance(20ms);

    CHECK(second.at() == 20ms);
    CHECK(b.identity() == copy.identity());
}

TEST_CASE("a permit given back on one context wakes a waiter on another",
          "[bulkhead][contexts]")
{
    auto const b = narrow();
    auto const op = takes(10ms);
    world one, other;
    auto const first = one.call(b, op);
    auto const second = other.call(b, op);

    one.time.advance(10ms);
    CHECK(first.ok());
    CHECK(second.count() == 0);
    other.time.advance(10ms);

    CHECK(second.ok());
}

TEST_CASE("a context may die with waiters in the queue, while others go on",
          "[bulkhead][contexts]")
{
    auto const b = narrow();
    auto const op = takes(10ms);
    world one;
    auto const running = one.call(b, op);
    std::optional<watched<int>> lost;
    {
        world other;
        lost = other.call(b, op);
        (void)other.call(b, op);
        other.leaves_work();
    }
    auto const waiter = one.call(b, op);
    CHECK(b.snapshot().queued == 1);
    one.time.advance(20ms);

    CHECK(lost->dropped() == 1);
    CHECK(running.at() == 10ms);
    CHECK(waiter.at() == 20ms);
    CHECK(b.snapshot().in_use == 0);
}

TEST_CASE("a context may die while it runs an attempt, and others get the permit",
          "[bulkhead][contexts]")
{
    auto const b = narrow();
    auto const op = takes(10ms);
    world one;
    std::optional<watched<int>> waiter;
    {
        world other;
        (void)other.call(b, op);
        waiter = one.call(b, op);
        other.leaves_work();
    }
    one.time.advance(10ms);

    CHECK(waiter->at() == 10ms);
    CHECK(b.snapshot().in_use == 0);
}

TEST_CASE("a context may die with a permit on its way to it, and the next waiter gets it",
          "[bulkhead][contexts]")
{
    auto const b = narrow();
    auto const op = takes(10ms);
    world one;
    auto const running = one.call(b, op);
    std::optional<watched<int>> lost, next;
    {
        world other;
        lost = other.call(b, op);
        next = one.call(b, op);
        one.time.advance(10ms);
        CHECK(running.ok());
        CHECK(b.snapshot().queued == 1);
        other.leaves_work();
    }
    one.time.advance(10ms);

    CHECK(lost->dropped() == 1);
    CHECK(next->ok());
    CHECK(b.snapshot().in_use == 0);
}

TEST_CASE("the last handle may go before its calls have ended", "[bulkhead]")
{
    world w;
    auto b = std::make_unique<resil::bulkhead>(narrow());
    auto const op = takes(10ms);

    (void)w.call(*b, op);
    auto const waiter = w.call(*b, op);
    b.reset();
    w.time.advance(20ms);

    CHECK(waiter.at() == 20ms);
}

TEST_CASE("who is cancelled and who waited too long leave nothing behind", "[bulkhead]")
{
    world w;
    resil::bulkhead const b{{.max_concurrent = 2, .max_queued = 50, .max_wait = 15ms}};
    auto const op = takes(10ms);
    std::vector<watched<int>> calls;
    for (int i = 0; i < 50; ++i) {
        calls.push_back(w.call(b, op));
        if (i % 3 == 0) {
            calls[i / 2].cancel();
        }
        w.time.advance(1ms);
    }
    w.time.advance(1h);

    for (auto const& call : calls) {
        CHECK(call.count() == 1);
    }
    CHECK(op.peak() <= 2);
    CHECK(b.snapshot().in_use == 0);
    CHECK(b.snapshot().queued == 0);
}

TEST_CASE("a permit is not held while a retry waits", "[bulkhead][retry]")
{
    world w;
    resil::bulkhead const b{{.max_concurrent = 1}};
    resil::pipeline const p{patient(), b};
    scripted_operation<int> op;
    op.fails(net::eof).succeeds(1);

    auto const first = w.call(p, op);
    CHECK(b.snapshot().in_use == 0);
    CHECK(w.call(b, scripted_operation<int>()).ok());
    w.time.advance(10ms);

    CHECK(first.value() == 1);
}

TEST_CASE("a rejected attempt is not repeated, and keeps its reason", "[bulkhead][retry]")
{
    world w;
    resil::bulkhead const b{{.max_concurrent = 1}};
    auto const running = w.call(b, takes(10ms));

    auto const rejected = w.call(resil::pipeline{patient(), b}, takes(10ms));

    CHECK(rejected.code() == errc::bulkhead_full);
    CHECK(rejected.reason() == reason::bulkhead_full);
    CHECK(rejected.at() == 0ms);
    w.time.advance(10ms);
    CHECK(running.ok());
}
