// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/circuit_lane.hpp> // self-contained
#include <resil/core/random.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <atomic>
#include <barrier>
#include <chrono>
#include <core/words.hpp>
#include <cstdint>
#include <optional>
#include <set>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

using namespace resil;
using namespace resil::core;
using namespace resil::tests;
using enum circuit_state;

static_assert(!std::is_copy_constructible_v<circuit_lane>);
static_assert(noexcept(std::declval<circuit_lane&>().admit()));
static_assert(noexcept(std::declval<circuit_lane&>().drain(std::declval<circuit_machine&>())));
static_assert(alignof(circuit_lane) == cache_line);
static_assert(sizeof(circuit_lane) == 9 * cache_line); // eight counts and what all of them read

namespace {

constexpr auto good = circuit_outcome::success;
constexpr auto bad = circuit_outcome::failure;
constexpr double no_jitter = 0.5;

/// Opens at half of two to four calls; 5 s open, 3 probes, 10 s leases.
circuit_breaker_options small(circuit_window window = circuit_window::count(4))
{
    circuit_breaker_options options;
    options.window = window;
    options.minimum_calls = 2;
    options.open_jitter_ratio = 0.0;
    return options;
}

/// A machine and its lane, as a handle uses them.
struct laned
{
    explicit laned(circuit_breaker_options options = small())
        : machine(std::move(options)), lane(machine)
    {
    }

    template <class Function>
    auto ask(Function question)
    {
        lane.drain(machine);
        auto answer = question();
        lane.follow(machine);
        return answer;
    }

    circuit_admission admit(time_point now, double unit = no_jitter)
    {
        if (auto const permit = lane.admit()) {
            circuit_admission made;
            made.admitted = true;
            made.permit = *permit;
            return made;
        }
        return ask([&] { return machine.admit(now, unit); });
    }

    std::optional<circuit_transition> record(circuit_permit permit, circuit_outcome outcome,
                                             duration elapsed, time_point now,
                                             double unit = no_jitter)
    {
        if (outcome == good && lane.record_success(permit, elapsed, now)) {
            return {};
        }
        return ask([&] { return machine.record(permit, outcome, elapsed, now, unit); });
    }

    circuit_snapshot seen(time_point now)
    {
        return ask([&] { return machine.snapshot(now); });
    }

    void trip(time_point now)
    {
        while (machine.state() == closed) {
            record(admit(now).permit, bad, 0s, now);
        }
    }

    circuit_machine machine;
    circuit_lane lane;
};

} // namespace

TEST_CASE("a closed circuit is passed without the machine, and both are counted",
          "[circuit][lane]")
{
    laned b;

    auto const permit = b.lane.admit();
    REQUIRE(permit);
    CHECK(permit->generation == 0);
    CHECK(permit->probe == 0);
    CHECK(b.lane.admit());
    CHECK(b.lane.record_success(*permit, 1h, at(0s)));
    CHECK(b.machine.snapshot(at(0s)).admitted == 0);

    CHECK(b.seen(at(0s)).admitted == 2);
    CHECK(b.seen(at(0s)).calls == 1);
    CHECK(b.seen(at(0s)).failures == 0);
}

TEST_CASE("what was drained is not drained again", "[circuit][lane]")
{
    laned b;
    for (std::uint64_t i = 1; i < 4; ++i) {
        b.lane.record_success(*b.lane.admit(), 0s, at(0s));
        CHECK(b.seen(at(0s)).calls == i);
        CHECK(b.seen(at(0s)).admitted == i);
    }
}

TEST_CASE("successes count before the failure that comes after them", "[circuit][lane]")
{
    laned b(small(circuit_window::consecutive(2)));
    auto const enter = [&] { return b.admit(at(0s)).permit; };

    b.record(enter(), bad, 0s, at(0s));
    b.record(enter(), good, 0s, at(0s));
    CHECK_FALSE(b.record(enter(), bad, 0s, at(0s)));
    CHECK(b.record(enter(), bad, 0s, at(0s)));
}

TEST_CASE("a circuit that admits not everybody shuts its lane", "[circuit][lane]")
{
    laned b;
    auto const early = *b.lane.admit();
    b.trip(at(0s));

    CHECK_FALSE(b.lane.admit());
    CHECK_FALSE(b.lane.record_success(early, 0s, at(0s)));
    auto const probe = b.admit(at(5s));
    REQUIRE(probe.permit.probe != 0);
    CHECK_FALSE(b.lane.admit());
    CHECK_FALSE(b.lane.record_success(probe.permit, 0s, at(5s)));

    b.record(probe.permit, good, 0s, at(5s));
    b.record(b.admit(at(5s)).permit, good, 0s, at(5s));
    REQUIRE(b.machine.state() == closed);
    auto const later = b.lane.admit();
    REQUIRE(later);
    CHECK(later->generation == b.machine.generation());
    CHECK_FALSE(b.lane.record_success(early, 0s, at(5s)));
    CHECK(b.lane.record_success(*later, 0s, at(5s)));
    CHECK(b.seen(at(5s)).calls == 1);
}

TEST_CASE("a success between a change and its publication is late", "[circuit][lane]")
{
    laned b;
    auto const early = *b.lane.admit();
    b.lane.drain(b.machine);
    b.machine.reset(at(0s));
    CHECK(b.lane.record_success(early, 0s, at(0s)));
    b.lane.follow(b.machine);

    CHECK(b.seen(at(0s)).calls == 0);
    CHECK(b.lane.record_success(*b.lane.admit(), 0s, at(0s)));
    CHECK(b.seen(at(0s)).calls == 1);
}

TEST_CASE("the lane of a circuit that is forced closed is open, and measures nothing",
          "[circuit][lane]")
{
    laned b;
    b.ask([&] { return b.machine.force_closed(at(0s)); });
    auto const permit = b.lane.admit();
    REQUIRE(permit);
    b.record(*permit, good, 0s, at(0s));
    CHECK(b.seen(at(0s)).calls == 0);
    CHECK(b.seen(at(0s)).admitted == 1);

    b.ask([&] { return b.machine.metrics_only(at(0s)); });
    CHECK(b.seen(at(0s)).calls == 0);
    b.record(*b.lane.admit(), good, 0s, at(0s));
    CHECK(b.seen(at(0s)).calls == 1);

    b.ask([&] { return b.machine.force_open(at(0s)); });
    CHECK_FALSE(b.lane.admit());
}

TEST_CASE("slow calls are for the machine", "[circuit][lane]")
{
    auto options = small();
    options.slow_call_duration = 1s;
    laned b(options);
    auto const permit = *b.lane.admit();

    CHECK(b.lane.times_calls());
    CHECK(b.lane.record_success(permit, 1s - 1ns, at(0s)));
    CHECK_FALSE(b.lane.record_success(permit, 1s, at(0s)));
    CHECK_FALSE(laned().lane.times_calls());
    options.slow_call_duration = 1ns;
    CHECK(laned(options).lane.times_calls());
}

TEST_CASE("a success after the end of the bucket is for the machine", "[circuit][lane]")
{
    laned b(small(circuit_window::time(2s, 2)));
    auto const permit = *b.lane.admit();

    CHECK_FALSE(b.lane.record_success(permit, 0s, at(0s))); // which bucket? none was begun
    b.record(permit, good, 0s, at(100ms));
    CHECK(b.lane.record_success(permit, 0s, at(0s)));
    CHECK(b.lane.record_success(permit, 0s, at(1s) - 1ns));
    CHECK_FALSE(b.lane.record_success(permit, 0s, at(1s)));
    b.record(permit, good, 0s, at(1s));
    CHECK(b.lane.record_success(permit, 0s, at(1s)));

    CHECK(b.seen(at(1s)).calls == 5);
    CHECK(b.seen(at(2s)).calls == 2);
}

TEST_CASE("who needs no time is admitted without", "[circuit][lane]")
{
    auto slow = small();
    slow.slow_call_duration = 1s;

    CHECK(laned(small()).lane.admit_untimed());
    CHECK(laned(small(circuit_window::consecutive(3))).lane.admit_untimed());
    CHECK_FALSE(laned(small(circuit_window::time(2s, 2))).lane.admit_untimed());
    CHECK_FALSE(laned(slow).lane.admit_untimed());

    laned b;
    b.lane.admit_untimed();
    CHECK(b.seen(at(0s)).admitted == 1);
    b.trip(at(0s));
    CHECK_FALSE(b.lane.admit_untimed());
}

TEST_CASE("the lane of a new circuit is that of its state", "[circuit][lane]")
{
    circuit_machine machine(small());
    machine.force_open(at(0s));
    machine.metrics_only(at(0s));
    circuit_lane lane(machine);

    auto const permit = lane.admit();
    REQUIRE(permit);
    CHECK(permit->generation == 2);
    CHECK(lane.record_success(*permit, 0s, at(0s)));
}

TEST_CASE("threads are numbered, each once", "[circuit][lane]")
{
    std::set<std::size_t> numbers{thread_number()};
    CHECK(thread_number() == *numbers.begin());
    for (int i = 0; i < 20; ++i) {
        std::thread([&] { numbers.insert(thread_number()); }).join();
    }
    CHECK(numbers.size() == 21);
    CHECK_FALSE(numbers.contains(0));
    CHECK(*numbers.rbegin() - *numbers.begin() == 20);
}

TEST_CASE("what threads counted on their own lines is drained together", "[circuit][lane]")
{
    laned b(small(circuit_window::count(1000)));
    for (int i = 0; i < 80; ++i) {
        std::thread([&] { b.lane.record_success(*b.lane.admit(), 0s, at(0s)); }).join();
    }
    CHECK(b.seen(at(0s)).calls == 80);
    CHECK(b.seen(at(0s)).admitted == 80);
}

TEST_CASE("two threads that share a line lose no count", "[circuit][lane]")
{
    constexpr std::uint64_t each = 50'000;
    laned b(small(circuit_window::consecutive(3)));
    std::barrier begin(2);
    auto const count = [&] {
        begin.arrive_and_wait();
        for (std::uint64_t i = 0; i < each; ++i) {
            b.lane.record_success(*b.lane.admit(), 0s, at(0s));
        }
    };
    std::atomic<bool> numbered{false};
    std::thread one([&] {
        thread_number();
        numbered = true;
        count();
    });
    while (!numbered) {
        std::this_thread::yield();
    }
    for (int i = 0; i < 7; ++i) {
        std::thread([] { thread_number(); }).join();
    }
    std::thread other(count); // its number is eight more
    one.join();
    other.join();

    CHECK(b.seen(at(0s)).calls == 2 * each);
    CHECK(b.seen(at(0s)).admitted == 2 * each);
}

namespace {

circuit_window random_window(generator& draw)
{
    auto const size = static_cast<int>(1 + draw.next() % 12);
    switch (draw.next() % 3) {
    case 0: return circuit_window::time(size * 700ms, size);
    case 1: return circuit_window::count(size);
    default: return circuit_window::consecutive(1 + size % 4);
    }
}

circuit_breaker_options random_options(generator& draw)
{
    auto options = small(random_window(draw));
    options.failure_ratio = 0.2 + 0.8 * draw.unit();
    options.minimum_calls = static_cast<int>(1 + draw.next() % 8);
    options.slow_call_duration = static_cast<int>(draw.next() % 2) * 500ms;
    options.open_duration = static_cast<int>(1 + draw.next() % 3) * 1s;
    options.open_jitter_ratio = 0.1;
    return options;
}

/// The same history told to a machine alone and to one with a lane.
class twins
{
public:
    explicit twins(std::uint64_t seed)
        : draw_(seed), options_(random_options(draw_)), alone_(options_), laned_(options_)
    {
    }

    void step()
    {
        now_ += std::chrono::milliseconds(draw_.next() % (draw_.next() % 30 == 0 ? 5000 : 60));
        auto const choice = draw_.next() % 100;
        if (choice < 45 || calls_.empty()) {
            ask();
        } else if (choice < 94) {
            report();
        } else if (choice < 97) {
            compare(alone_.snapshot(now_), laned_.seen(now_));
        } else {
            by_hand();
        }
    }

private:
    struct call
    {
        circuit_permit permit;
        time_point since;
    };

    void ask()
    {
        auto const unit = draw_.unit();
        auto const one = alone_.admit(now_, unit);
        auto const other = laned_.admit(now_, unit);
        REQUIRE(one.admitted == other.admitted);
        REQUIRE(one.why == other.why);
        REQUIRE(one.retry_after == other.retry_after);
        REQUIRE(one.permit.generation == other.permit.generation);
        REQUIRE(one.permit.probe == other.permit.probe);
        compare(one.transition, other.transition);
        if (one.admitted) {
            calls_.push_back({one.permit, now_});
        }
    }

    void report()
    {
        std::swap(calls_[draw_.next() % calls_.size()], calls_.back());
        auto const [permit, since] = calls_.back();
        calls_.pop_back();
        auto const outcome = draw_.next() % 10 < 7 ? good : bad;
        auto const unit = draw_.unit();
        compare(alone_.record(permit, outcome, now_ - since, now_, unit),
                laned_.record(permit, outcome, now_ - since, now_, unit));
    }

    void by_hand()
    {
        switch (draw_.next() % 7) {
        case 0: return both([&](auto& m) { return m.force_open(now_); });
        case 1: return both([&](auto& m) { return m.force_closed(now_); });
        case 2: return both([&](auto& m) { return m.metrics_only(now_); });
        case 3: return both([&](auto& m) { return m.reset(now_); });
        case 4: {
            auto const options = random_options(draw_);
            return both([&](auto& m) {
                m.reconfigure(options, now_);
                return std::optional<circuit_transition>();
            });
        }
        default: return both([&](auto& m) { return m.release_force(now_); });
        }
    }

    template <class Function>
    void both(Function f)
    {
        compare(f(alone_), laned_.ask([&] { return f(laned_.machine); }));
    }

    static void compare(std::optional<circuit_transition> const& one,
                        std::optional<circuit_transition> const& other)
    {
        REQUIRE(one.has_value() == other.has_value());
        if (!one) {
            return;
        }
        REQUIRE(one->from == other->from);
        REQUIRE(one->to == other->to);
        REQUIRE(one->cause == other->cause);
        REQUIRE(one->open_for == other->open_for);
        REQUIRE(one->generation == other->generation);
        compare(one->snapshot, other->snapshot);
    }

    static void compare(circuit_snapshot const& one, circuit_snapshot const& other)
    {
        REQUIRE(one.state == other.state);
        REQUIRE(one.calls == other.calls);
        REQUIRE(one.failures == other.failures);
        REQUIRE(one.slow == other.slow);
        REQUIRE(one.consecutive_failures == other.consecutive_failures);
        REQUIRE(one.generation == other.generation);
        REQUIRE(one.retry_after == other.retry_after);
        REQUIRE(one.probe_successes == other.probe_successes);
        REQUIRE(one.admitted == other.admitted);
        REQUIRE(one.rejected == other.rejected);
    }

    generator draw_;
    circuit_breaker_options options_;
    circuit_machine alone_;
    laned laned_;
    std::vector<call> calls_{};
    time_point now_ = at(0s);
};

} // namespace

TEST_CASE("with a lane or without, a circuit decides and counts the same", "[circuit][lane]")
{
    auto const first = GENERATE(0, 1000, 2000, 3000);
    for (int i = 0; i < 50; ++i) {
        auto const seed = static_cast<std::uint64_t>(first + i);
        CAPTURE(seed);
        twins both(seed);
        for (int step = 0; step < 500; ++step) {
            both.step();
        }
    }
}
