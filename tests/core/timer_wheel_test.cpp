// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/timer_wheel.hpp> // self-contained

#include <resil/core/random.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <limits>
#include <map>
#include <vector>

using namespace std::chrono_literals;
using resil::duration;
using resil::time_point;
using resil::core::timer_wheel;

namespace {

constexpr int plenty = std::numeric_limits<int>::max();

struct numbered : resil::core::wheel_timer
{
    int number = 0;
};

/// A wheel, its timers, and a moment to start from.
struct shelf
{
    explicit shelf(time_point begin = time_point(10h)) : start(begin) { wheel.begin(begin); }

    numbered& add(duration after)
    {
        numbered& made = timers.emplace_back();
        made.number = int(timers.size());
        wheel.add(made, start + after);
        return made;
    }

    /// Returns the numbers of all that is due so long after the start.
    std::vector<int> due(duration after)
    {
        std::vector<int> found;
        int steps = plenty;
        while (auto* t = wheel.take_due(start + after, steps)) {
            found.push_back(static_cast<numbered*>(t)->number);
        }
        return found;
    }

    time_point start;
    timer_wheel wheel;
    std::deque<numbered> timers;
};

using numbers = std::vector<int>;

constexpr duration durations[] = {1ns,  100us, 262'144ns, 1ms, 16ms, 17ms, 1s,
                                  30s,  1min,  1h,        24h, 168h, 720h, 87'600h};

} // namespace

TEST_CASE("a timer is never due before its time, and within a tick after it", "[timer_wheel]")
{
    auto const after = GENERATE(from_range(std::begin(durations), std::end(durations)));
    auto const begin = GENERATE(time_point(), time_point(-3h), time_point(10h + 17ns));
    shelf s(begin);
    s.add(after);

    CHECK(s.due(after - 1ns).empty());
    CHECK(s.wheel.size() == 1);
    CHECK(s.due(after + timer_wheel::tick_length - 1ns) == numbers{1});
    CHECK(s.wheel.empty());
}

TEST_CASE("a timer of the past is due at once", "[timer_wheel]")
{
    shelf s;
    CHECK(s.due(1h).empty());

    s.add(-5h);
    s.add(1h - timer_wheel::tick_length);

    CHECK(s.due(1h) == numbers{1, 2});
}

TEST_CASE("what is due comes in the order of time, to a tick", "[timer_wheel]")
{
    shelf s;
    s.add(90min);
    s.add(1s);
    s.add(3ms);
    s.add(20ms);
    s.add(2h);

    CHECK(s.due(100min) == numbers{3, 4, 2, 1});
    CHECK(s.due(3h) == numbers{5});
}

TEST_CASE("timers of one time are due in the order in which they were added", "[timer_wheel]")
{
    auto const after = GENERATE(1ms, 1s, 1h);
    shelf s;
    s.add(after);
    s.add(after);
    CHECK(s.due(after / 2).empty());
    s.add(after);

    CHECK(s.due(after + 1ms) == numbers{1, 2, 3});
}

TEST_CASE("a timer that was removed is not due", "[timer_wheel]")
{
    shelf s;
    s.add(1s);
    numbered& second = s.add(1s);
    s.add(1s);
    CHECK(second.is_armed());

    s.wheel.remove(second);

    CHECK_FALSE(second.is_armed());
    CHECK(s.wheel.size() == 2);
    CHECK(s.due(2s) == numbers{1, 3});
}

TEST_CASE("an empty wheel has nothing to do, ever", "[timer_wheel]")
{
    shelf s;
    CHECK(s.wheel.next_event() == time_point::max());

    s.wheel.remove(s.add(1s));

    CHECK(s.wheel.empty());
    CHECK(s.wheel.next_event() == time_point::max());
    CHECK(s.wheel.earliest() == nullptr);
    CHECK(s.due(1000h).empty());
}

TEST_CASE("the next event is never after a timer is due", "[timer_wheel]")
{
    auto const after = GENERATE(from_range(std::begin(durations), std::end(durations)));
    shelf s;
    s.add(after);

    int wakes = 0;
    numbers found;
    while (found.empty()) {
        time_point const next = s.wheel.next_event();
        REQUIRE(next < s.start + after + timer_wheel::tick_length);
        REQUIRE(++wakes <= 8); // once a wheel
        found = s.due(next - s.start);
    }
    CHECK(found == numbers{1});
}

TEST_CASE("a gap in time is stepped over at once", "[timer_wheel]")
{
    shelf s;
    s.add(1ms);
    s.add(1h);
    s.add(48h);
    int steps = 100;

    auto* const first = s.wheel.take_due(s.start + 1000h, steps);
    auto* const second = s.wheel.take_due(s.start + 1000h, steps);
    auto* const third = s.wheel.take_due(s.start + 1000h, steps);

    CHECK(first == &s.timers[0]);
    CHECK(second == &s.timers[1]);
    CHECK(third == &s.timers[2]);
    CHECK(steps > 70);
}

TEST_CASE("work is done in pieces, and what is left stays due", "[timer_wheel]")
{
    shelf s;
    for (int i = 0; i < 1000; ++i) {
        s.add(1h);
    }
    std::size_t found = 0;
    int pieces = 0;
    for (; !s.wheel.empty(); ++pieces) {
        REQUIRE(s.wheel.next_event() <= s.start + 2h);
        int steps = 64;
        while (s.wheel.take_due(s.start + 2h, steps)) {
            ++found;
        }
        CHECK((steps == 0 || s.wheel.empty()));
    }

    CHECK(found == 1000);
    CHECK(pieces >= 1000 / 64);
    CHECK(pieces <= 8 * 1000 / 64);
}

TEST_CASE("timers can be added and removed while work is left", "[timer_wheel]")
{
    shelf s;
    for (int i = 0; i < 10; ++i) {
        s.add(1h);
    }
    int steps = 5;
    CHECK(s.wheel.take_due(s.start + 2h, steps) == nullptr);
    s.wheel.remove(s.timers[7]);
    s.add(1min);

    CHECK(s.due(2h).size() == 10);
}

TEST_CASE("the earliest timer is found to the nanosecond", "[timer_wheel]")
{
    shelf s;
    s.add(1h + 3ns);
    s.add(1h + 1ns);
    s.add(1h + 2ns);
    s.add(1h + 1ns);
    numbers found;

    while (auto* t = s.wheel.earliest()) {
        s.wheel.remove(*t);
        found.push_back(static_cast<numbered*>(t)->number);
    }

    CHECK(found == numbers{2, 4, 3, 1});
}

TEST_CASE("the ends of time are kept, and are due", "[timer_wheel]")
{
    timer_wheel wheel;
    numbered smallest, largest;
    int steps = plenty;
    wheel.add(largest, time_point::max());
    wheel.add(smallest, time_point::min());

    CHECK(wheel.take_due(time_point::min(), steps) == &smallest);
    CHECK(wheel.take_due(time_point() + 200'000h, steps) == nullptr);
    CHECK(wheel.take_due(time_point::max(), steps) == &largest);
}

TEST_CASE("a wheel does what an ordered list would do", "[timer_wheel][property]")
{
    auto const seed = GENERATE(range(1, 9));
    resil::core::generator random(static_cast<std::uint64_t>(seed));
    auto const below = [&](double n) { return std::int64_t(random.unit() * n); };
    shelf s;
    std::multimap<time_point, numbered*> model;
    duration now{0};

    for (int i = 0; i < 20'000; ++i) {
        auto const what = below(10);
        if (what < 5 || model.empty()) {
            double const magnitude[] = {1e3, 1e6, 1e8, 1e10, 1e13};
            numbered& t = s.add(now + duration(below(magnitude[below(5)])));
            model.emplace(t.at(), &t);
        } else if (what < 8) {
            auto const victim = std::next(model.begin(), below(double(model.size())));
            s.wheel.remove(*victim->second);
            model.erase(victim);
        } else {
            now += duration(below(what == 8 ? 1e6 : 3e9));
            int steps = plenty;
            while (auto* t = s.wheel.take_due(s.start + now, steps)) {
                REQUIRE(t->at() <= s.start + now);
                auto const range = model.equal_range(t->at());
                auto const known = std::find_if(range.first, range.second, [&](auto const& m) {
                    return m.second == t;
                });
                REQUIRE(known != range.second);
                model.erase(known);
            }
            // Nothing that was due a tick ago is left.
            REQUIRE((model.empty() ||
                     model.begin()->first + timer_wheel::tick_length > s.start + now));
        }
        REQUIRE(s.wheel.size() == model.size());
    }
    while (!model.empty()) {
        auto* const t = s.wheel.earliest();
        REQUIRE(t->at() == model.begin()->first);
        s.wheel.remove(*t);
        model.erase(model.begin());
        if (!model.empty() && model.size() % 2 == 0) {
            numbered& more = s.add(model.begin()->first - s.start);
            s.wheel.remove(more);
        }
    }
    CHECK(s.wheel.empty());
}
