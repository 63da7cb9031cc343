// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/bulkhead.hpp>
#include <resil/circuit_breaker.hpp>
#include <resil/deadline.hpp>
#include <resil/error.hpp>
#include <resil/fallback.hpp>
#include <resil/pipeline.hpp> // self-contained
#include <resil/retry.hpp>
#include <resil/timeout.hpp>

#include "support/noted_events.hpp"
#include "support/world.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

using namespace support;
using lines = std::vector<std::string>;

namespace {

using observed = resil::pipeline<resil::named, resil::observe<noted_events>,
                                 resil::fallback<int>, resil::deadline, resil::retry,
                                 resil::circuit_breaker, resil::bulkhead, resil::timeout>;

/// Everything at once, watched; what answers is chosen by the test.
struct watched_world : world
{
    watched<int> run(scripted_operation<int> op, bool degraded = false)
    {
        fallback_allowed = degraded;
        return call(everything, std::move(op));
    }

    bool fallback_allowed = false;
    noted_events events;
    resil::circuit_breaker breaker{{.name = "peer",
                                    .window = resil::circuit_window::consecutive(3),
                                    .open_duration = 10s,
                                    .open_jitter_ratio = 0.0}};
    resil::bulkhead bulkhead{{.name = "pool", .max_concurrent = 1}};
    observed everything{
        resil::named{"shop"},
        resil::observe{events},
        resil::fallback{
            7, {.handles = [this](resil::failure const&) { return fallback_allowed; }}},
        resil::deadline{800ms},
        resil::retry{{.max_attempts = 3,
                      .backoff = resil::backoff::fixed(10ms),
                      .jitter = resil::jitter::none,
                      .idempotency = idempotency::safe}},
        breaker,
        bulkhead,
        resil::timeout{100ms}};
};

} // namespace

TEST_CASE("the events of a call that succeeds at once", "[pipeline][observe]")
{
    watched_world w;
    (void)w.run(scripted_operation<int>().succeeds(1));

    CHECK(w.events.lines() ==
          lines{"call", "attempt 1", "succeeded 1", "ended system:0 none 1"});
}

TEST_CASE("every event carries the name of the pipeline", "[pipeline][observe][named]")
{
    watched_world w;
    (void)w.run(scripted_operation<int>().succeeds(1));

    CHECK(w.events.names() == lines(4, "shop"));
}

TEST_CASE("the events of a call that is repeated", "[pipeline][observe]")
{
    watched_world w;
    (void)w.run(scripted_operation<int>().fails(net::eof).hangs().succeeds(1));
    w.time.advance(1s);

    CHECK(w.events.lines() == lines{"call", "attempt 1", "failed 1 asio.misc:2 transient",
                                    "retry 1 10ms asio.misc:2", "attempt 2",
                                    "failed 2 system:125 ignored", "expired resil:1",
                                    "retry 2 10ms resil:1", "attempt 3", "succeeded 3",
                                    "ended system:0 none 3"});
}

TEST_CASE("the events of a call that opens the circuit and uses up its attempts",
          "[pipeline][observe]")
{
    watched_world w;
    (void)w.run(scripted_operation<int>().fails(net::eof));
    w.time.advance(20ms);

    auto const told = w.events.lines();
    CHECK(told.at(told.size() - 2) == "abandoned 3 attempts_exhausted asio.misc:2");
    CHECK(told.back() == "ended asio.misc:2 attempts_exhausted 3");
    CHECK(told.size() == 11);
}

TEST_CASE("the events of a call that an open circuit rejects, and a fallback answers",
          "[pipeline][observe]")
{
    watched_world w;
    w.breaker.force_open();
    (void)w.run(scripted_operation<int>(), true);

    CHECK(w.events.lines() == lines{"call", "rejected by peer circuit_forced_open resil:3",
                                    "fallback circuit_forced_open resil:3",
                                    "ended system:0 none 0"});
}

TEST_CASE("the events of a call that a full bulkhead rejects", "[pipeline][observe]")
{
    watched_world w;
    (void)w.call(w.bulkhead, scripted_operation<int>().succeeds(1).after(5ms));
    (void)w.run(scripted_operation<int>());
    w.time.advance(5ms);

    CHECK(w.events.lines() == lines{"call", "rejected by pool bulkhead_full resil:4",
                                    "ended resil:4 bulkhead_full 0"});
}

TEST_CASE("the events of a call that its deadline ends", "[pipeline][observe]")
{
    watched_world w;
    auto const call = w.call(w.everything, {.deadline = w.time.now() + 50ms},
                             scripted_operation<int>().hangs());
    w.time.advance(50ms);

    CHECK(call.code() == errc::deadline_exceeded);
    CHECK(w.events.lines() == lines{"call", "attempt 1", "failed 1 system:125 ignored",
                                    "expired resil:2", "ended resil:2 deadline_exceeded 1"});
}

TEST_CASE("the events of a call that its caller cancels", "[pipeline][observe]")
{
    watched_world w;
    auto const call = w.run(scripted_operation<int>().hangs());
    call.cancel();
    w.time.run_ready();

    CHECK(w.events.lines() == lines{"call", "attempt 1", "failed 1 system:125 ignored",
                                    "ended system:125 cancelled 1"});
}

TEST_CASE("the events of an operation that throws", "[pipeline][observe]")
{
    watched_world w;
    (void)w.run(scripted_operation<int>().throws());

    CHECK(w.events.lines() == lines{"call", "attempt 1", "failed 1 resil:6 permanent",
                                    "ended resil:6 exception 1"});
}

TEST_CASE("an observer is told the events that it takes, and no others", "[pipeline][observe]")
{
    world w;
    int retries = 0;
    resil::pipeline const p{resil::observe{[&](resil::retry_scheduled const&) { ++retries; }},
                            resil::retry{{.backoff = resil::backoff::fixed(1ms),
                                          .idempotency = idempotency::safe}}};
    (void)w.call(p, scripted_operation<int>().fails(net::eof));
    w.time.advance(1s);

    CHECK(retries == 2);
}

TEST_CASE("several observers are told in the order in which they stand", "[pipeline][observe]")
{
    world w;
    std::string order;
    resil::pipeline const p{resil::observe{[&](resil::call_ended const&) { order += 'a'; }},
                            resil::timeout{1s},
                            resil::observe{[&](resil::call_ended const&) { order += 'b'; }}};
    (void)w.call(p, scripted_operation<int>());

    CHECK(order == "ab");
}

TEST_CASE("what an observer throws is dropped, and the others are told", "[pipeline][observe]")
{
    world w;
    int told = 0;
    resil::pipeline const p{resil::observe{[](auto const&) { throw std::runtime_error("no"); }},
                            resil::observe{[&](auto const&) { ++told; }}, resil::timeout{1s}};

    CHECK(w.call(p, scripted_operation<int>().succeeds(3)).value() == 3);
    CHECK(told == 4);
}

TEST_CASE("an observer may cancel the call that it is told about",
          "[pipeline][observe][cancel]")
{
    world w;
    scripted_operation<int> op;
    std::optional<watched<int>> call;
    resil::pipeline const p{resil::observe{[&](resil::attempt_started const& e) {
                                if (e.attempt == 2) {
                                    call->cancel();
                                }
                            }},
                            resil::retry{{.backoff = resil::backoff::fixed(1ms),
                                          .idempotency = idempotency::safe}}};
    op.fails(net::eof);
    call = w.start(p, op);
    w.time.advance(1s);

    CHECK(call->code() == net::operation_aborted);
    CHECK(call->reason() == reason::cancelled);
    CHECK(op.starts() == 1);
}

TEST_CASE("a call is told to have ended before its handler runs, and its permits are free",
          "[pipeline][observe]")
{
    world w;
    resil::bulkhead const b{{.max_concurrent = 1}};
    std::vector<std::size_t> in_use;
    resil::pipeline const p{resil::observe{[&](resil::call_ended const&) {
                                in_use.push_back(b.snapshot().in_use);
                            }},
                            b};
    (void)w.call(p, scripted_operation<int>());

    CHECK(in_use == std::vector<std::size_t>{0});
}

namespace {

/// Writes down how long calls and attempts took, and which call it was.
struct noted_times
{
    struct notes
    {
        std::vector<resil::duration> attempts;
        std::vector<resil::duration> calls;
        std::vector<void const*> identities;
    };

    std::shared_ptr<notes> all = std::make_shared<notes>();

    template <class Event>
    void operator()(Event const& event) const
    {
        all->identities.push_back(event.call);
        if constexpr (requires { event.verdict; }) {
            all->attempts.push_back(event.elapsed);
        } else if constexpr (requires { event.attempts; }) {
            all->calls.push_back(event.elapsed);
        } else if constexpr (requires { event.elapsed; }) {
            all->attempts.push_back(event.elapsed);
        }
    }
};

} // namespace

TEST_CASE("events tell how long attempts and the call took", "[pipeline][observe]")
{
    world w;
    noted_times noted;
    resil::pipeline const repeated{resil::observe{noted},
                                   resil::retry{{.max_attempts = 3,
                                                 .backoff = resil::backoff::fixed(10ms),
                                                 .jitter = resil::jitter::none,
                                                 .idempotency = idempotency::safe}}};
    auto const call = w.call(repeated, scripted_operation<int>()
                                           .fails(net::eof).after(5ms)
                                           .succeeds(1).after(7ms));
    w.time.advance(1s);

    CHECK(call.done());
    CHECK(noted.all->attempts == std::vector<resil::duration>{5ms, 7ms});
    CHECK(noted.all->calls == std::vector<resil::duration>{22ms});
}

TEST_CASE("a call without any policy is timed for its observer", "[pipeline][observe]")
{
    world w;
    noted_times noted;
    resil::pipeline const plain{resil::observe{noted}};
    (void)w.call(plain, scripted_operation<int>().succeeds(1).after(3ms));
    w.time.advance(1s);

    CHECK(noted.all->attempts == std::vector<resil::duration>{3ms});
    CHECK(noted.all->calls == std::vector<resil::duration>{3ms});
}

TEST_CASE("a degraded success took as long as its fallback did", "[pipeline][observe]")
{
    watched_world w;
    noted_times noted;
    resil::pipeline const degraded{resil::observe{noted}, resil::fallback{7}, resil::timeout{100ms}};
    (void)w.call(degraded, scripted_operation<int>().hangs());
    w.time.advance(1s);

    CHECK(noted.all->attempts == std::vector<resil::duration>{100ms});
    CHECK(noted.all->calls == std::vector<resil::duration>{100ms});
}

TEST_CASE("events of one call can be told from those of another", "[pipeline][observe]")
{
    world w;
    noted_times noted;
    resil::pipeline const watched{resil::observe{noted}};
    auto const first = w.call(watched, scripted_operation<int>().succeeds(1).after(2ms));
    auto const second = w.call(watched, scripted_operation<int>().succeeds(1).after(1ms));
    w.time.advance(1s);

    auto const& told = noted.all->identities;
    REQUIRE(told.size() == 8); // start, attempt: first, second; their ends: second, first
    CHECK(told[0] != nullptr);
    CHECK(told[0] == told[1]);
    CHECK(told[2] == told[3]);
    CHECK(told[0] != told[2]);
    CHECK(told[4] == told[2]);
    CHECK(told[5] == told[2]);
    CHECK(told[6] == told[0]);
    CHECK(told[7] == told[0]);
}

TEST_CASE("of an attempt that never started, for it was too late, no end is told",
          "[pipeline][observe]")
{
    world w;
    noted_events const noted;
    resil::bulkhead const queue{{.max_concurrent = 1, .max_queued = 1}};
    resil::pipeline const waits{resil::observe{noted}, queue};
    (void)w.call(queue, scripted_operation<int>().succeeds(1).after(50ms));
    auto const call = w.call(waits, {.deadline = w.time.now() + 50ms},
                             scripted_operation<int>().succeeds(1));
    w.time.advance(50ms);

    CHECK(call.code() == errc::deadline_exceeded);
    CHECK(noted.lines() == lines{"call", "expired resil:2", "ended resil:2 deadline_exceeded 0"});
}
