// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/supervisor_machine.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <vector>

namespace {

using namespace std::chrono_literals;
using resil::supervisor_options;
using resil::time_point;
using resil::core::requests_of_worker;
using resil::core::supervisor_action;
using resil::core::supervisor_machine;
using step = resil::core::supervisor_step;
using steps = std::vector<supervisor_action>;

constexpr time_point start{1h};

/// Starts what the machine asks for, as numbers from 1 on, all of which become ready.
struct world
{
    explicit world(supervisor_options const& options = {}) : machine(options) {}

    steps go()
    {
        steps const all = machine.next(now);
        for (auto const& each : all) {
            if (each.step == step::start) {
                machine.started(++last, each.worker, each.slot, now);
            }
        }
        return all;
    }

    void settle()
    {
        go();
        for (int number = 1; number <= last; ++number) {
            machine.ready(number, now);
        }
    }

    supervisor_machine machine;
    time_point now = start;
    int last = 0;
};

} // namespace

TEST_CASE("as many workers as asked for are started, once", "[core][supervisor]")
{
    world w;
    CHECK(w.go() == steps{{step::start, 0, 0}, {step::start, 0, 1}});
    CHECK(w.go().empty());
}

TEST_CASE("a worker that leaves is replaced at once, one that crashed after a delay that doubles", "[core][supervisor]")
{
    world w;
    w.settle();
    w.machine.leaving(1, w.now);
    CHECK(w.go() == steps{{step::start, 0}});
    w.machine.ended(1, 0, w.now);
    CHECK(w.go().empty());

    w.machine.ended(2, 139, w.now);
    CHECK(w.go().empty());
    CHECK(w.machine.wake_at(w.now) == w.now + 100ms);
    w.now += 100ms;
    CHECK(w.go() == steps{{step::start, 0, 1}});
    w.machine.ended(4, 1, w.now);
    w.now += 199ms;
    CHECK(w.go().empty());
    w.now += 1ms;
    CHECK(w.go().size() == 1);
}

TEST_CASE("a slot is taken over: by a successor, or by whoever starts in place of one that is gone", "[core][supervisor]")
{
    world w({.workers = 3});
    w.settle();
    w.machine.worn_out(2);
    CHECK(w.go() == steps{{step::start, 2, 1}});
    w.machine.ended(2, 139, w.now); // its successor starts already
    w.now += 100ms;
    CHECK(w.go().empty());
    w.machine.ready(4, w.now);

    w.machine.leaving(3, w.now);
    w.machine.ended(1, 1, w.now);
    w.now += 1s;
    CHECK(w.go() == steps{{step::start, 0, 0}, {step::start, 0, 2}});
}

TEST_CASE("a slot in which no worker could be started is free again", "[core][supervisor]")
{
    world w;
    CHECK(w.machine.next(w.now).size() == 2);
    w.machine.started(1, 0, 0, w.now);
    w.machine.not_started(1, w.now);
    w.now += 100ms;
    CHECK(w.machine.next(w.now) == steps{{step::start, 0, 1}});
}

TEST_CASE("the delay of a crash loop is bounded, and over with the first worker that is ready", "[core][supervisor]")
{
    world w({.workers = 1});
    w.go();
    for (int i = 0; i != 100; ++i) {
        w.machine.ended(w.last, 1, w.now);
        w.now += 10s;
        REQUIRE(w.go().size() == 1);
    }
    w.machine.ready(w.last, w.now);
    w.machine.ended(w.last, 1, w.now);
    w.now += 100ms;
    CHECK(w.go().size() == 1);
}

TEST_CASE("a worker that is not heard of is killed, and again until it is gone", "[core][supervisor]")
{
    world w({.workers = 1, .stall = 5s});
    w.settle();
    w.now += 4s;
    w.machine.alive(1, w.now);
    w.now += 4s;
    CHECK(w.go().empty());
    w.now += 1s;
    CHECK(w.go() == steps{{step::kill, 1}});
    CHECK(w.go().empty());
    w.now += 1s;
    CHECK(w.go() == steps{{step::kill, 1}});
    w.machine.ended(1, 137, w.now);
    w.now += 100ms;
    CHECK(w.go() == steps{{step::start, 0}});
}

TEST_CASE("workers are replaced one by one, each when its successor is ready", "[core][supervisor]")
{
    world w;
    w.settle();
    w.machine.replace_all();
    CHECK(w.go() == steps{{step::start, 1}});
    CHECK(w.go().empty());
    w.machine.ready(3, w.now);
    CHECK(w.go() == steps{{step::terminate, 1}, {step::start, 2, 1}});
    w.machine.ended(1, 0, w.now);
    CHECK(w.go().empty());
    w.machine.ready(4, w.now);
    CHECK(w.go() == steps{{step::terminate, 2}});
    w.machine.ended(2, 0, w.now);
    CHECK(w.go().empty());
}

TEST_CASE("a successor that crashes leaves its predecessor where it is, and another is tried", "[core][supervisor]")
{
    world w;
    w.settle();
    w.machine.worn_out(1);
    CHECK(w.go() == steps{{step::start, 1}});
    w.machine.ended(3, 1, w.now);
    CHECK(w.go().empty());
    w.now += 100ms;
    CHECK(w.go() == steps{{step::start, 1}});
    w.machine.ready(4, w.now);
    CHECK(w.go() == steps{{step::terminate, 1}});
}

TEST_CASE("a worker that ends, or leaves, while its successor starts is replaced by that one alone", "[core][supervisor]")
{
    for (bool const crashes : {true, false}) {
        world w;
        w.settle();
        w.machine.worn_out(1);
        CHECK(w.go() == steps{{step::start, 1}});
        if (crashes) {
            w.machine.ended(1, 139, w.now);
        } else {
            w.machine.leaving(1, w.now);
        }
        w.now += 10s;
        CHECK(w.go().empty());
        w.machine.ready(3, w.now);
        w.now += 1s;
        CHECK(w.go().empty());
    }
}

TEST_CASE("a worker that was told to end and does not is killed after its grace", "[core][supervisor]")
{
    world w({.workers = 1, .stall = 5s, .grace = 20s});
    w.settle();
    w.machine.stop(w.now);
    CHECK(w.go() == steps{{step::terminate, 1}});
    w.machine.alive(1, w.now);
    w.now += 19s;
    CHECK(w.go().empty());
    w.now += 1s;
    CHECK(w.go() == steps{{step::kill, 1}});
    CHECK_FALSE(w.machine.is_over());
    w.machine.ended(1, 137, w.now);
    CHECK(w.machine.is_over());
    CHECK(w.machine.exit_code() == 1);
}

TEST_CASE("a stop ends all workers once, a second one tells them again, and none is started", "[core][supervisor]")
{
    world w;
    w.settle();
    w.machine.leaving(1, w.now);
    w.machine.stop(w.now);
    CHECK(w.go() == steps{{step::terminate, 2}});
    w.machine.stop(w.now);
    CHECK(w.go() == steps{{step::terminate, 1}, {step::terminate, 2}});
    w.machine.ended(1, 0, w.now);
    w.machine.ended(2, 0, w.now);
    CHECK(w.go().empty());
    CHECK(w.machine.is_over());
    CHECK(w.machine.exit_code() == 0);
}

TEST_CASE("a worker that is told to end before it was ready has lost nothing", "[core][supervisor]")
{
    world w({.workers = 1});
    w.go();
    w.machine.stop(w.now);
    w.machine.ended(1, 143, w.now);
    CHECK(w.machine.is_over());
    CHECK(w.machine.exit_code() == 0);
}

TEST_CASE("who asks again is told when: at the next start, or when a worker's time is up", "[core][supervisor]")
{
    world w({.workers = 2, .stall = 5s});
    CHECK(w.machine.wake_at(w.now) == time_point::max());
    w.settle();
    CHECK(w.machine.wake_at(w.now) == w.now + 5s);
    w.now += 1s;
    w.machine.alive(1, w.now);
    CHECK(w.machine.wake_at(w.now) == w.now + 4s);
    w.machine.ended(2, 1, w.now);
    CHECK(w.machine.wake_at(w.now) == w.now + 100ms);
    CHECK(w.machine.wake_at(w.now + 100ms) == w.now + 5s);
}

TEST_CASE("to be ready is a sign of life", "[core][supervisor]")
{
    world w({.workers = 1, .stall = 5s});
    w.go();
    w.now += 4s;
    w.machine.ready(1, w.now);
    w.now += 4s;
    CHECK(w.go().empty());
    w.now += 1s;
    CHECK(w.go() == steps{{step::kill, 1}});
}

TEST_CASE("a worker that leaves has its grace once, however often it says so", "[core][supervisor]")
{
    world w({.workers = 1, .grace = 20s});
    w.settle();
    w.machine.leaving(1, w.now);
    w.go();
    w.now += 19s;
    w.machine.leaving(1, w.now);
    w.now += 1s;
    CHECK(w.go() == steps{{step::kill, 1}});
}

TEST_CASE("a worker that was still being started when all were stopped is told so", "[core][supervisor]")
{
    world w({.workers = 1});
    REQUIRE(w.machine.next(w.now).size() == 1);
    w.machine.stop(w.now);
    w.machine.started(1, 0, 0, w.now);
    CHECK(w.go() == steps{{step::terminate, 1}});
}

TEST_CASE("one that nobody waits for any more may start, or fail to, without harm", "[core][supervisor]")
{
    world failed({.workers = 1});
    failed.machine.not_started(0, failed.now);
    failed.now += 100ms;
    CHECK(failed.machine.next(failed.now).size() == 1);

    world started({.workers = 2});
    started.machine.started(7, 0, 0, started.now);
    CHECK(started.machine.next(started.now).size() == 1);
}

TEST_CASE("nobody is replaced while a worker is being started", "[core][supervisor]")
{
    world twice;
    twice.settle();
    twice.machine.worn_out(1);
    CHECK(twice.machine.next(twice.now) == steps{{step::start, 1, 0}});
    CHECK(twice.machine.next(twice.now).empty());

    world w({.workers = 2});
    w.settle();
    w.machine.leaving(1, w.now);
    CHECK(w.machine.next(w.now) == steps{{step::start, 0}});
    w.machine.worn_out(2);
    CHECK(w.machine.next(w.now).empty());
    w.machine.started(3, 0, 0, w.now);
    CHECK(w.go() == steps{{step::start, 2, 1}});
}

TEST_CASE("a worker that cannot be started is tried again after a delay", "[core][supervisor]")
{
    world w({.workers = 1});
    CHECK(w.machine.next(w.now).size() == 1);
    w.machine.not_started(0, w.now);
    CHECK(w.machine.next(w.now).empty());
    w.now += 100ms;
    CHECK(w.machine.next(w.now).size() == 1);
}

TEST_CASE("workers do not wear out all at once", "[core][supervisor]")
{
    supervisor_options const options{.max_requests = 1000, .max_requests_jitter = 0.2};
    CHECK(requests_of_worker(options, 0.0) == 1000);
    CHECK(requests_of_worker(options, 0.5) == 900);
    CHECK(requests_of_worker({.max_requests = 1, .max_requests_jitter = 1.0}, 0.999) == 1);
    CHECK(requests_of_worker({.max_requests = 10, .max_requests_jitter = 1.0}, 1.0) == 1); // never 0: that is no limit
    CHECK(requests_of_worker({}, 0.5) == 0);
}
