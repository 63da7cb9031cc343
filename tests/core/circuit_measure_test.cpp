// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/circuit_measure.hpp> // self-contained
#include <resil/core/random.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <core/words.hpp>
#include <deque>

using namespace resil;
using namespace resil::core;
using namespace resil::tests;

namespace {

/// A window's calls as a list, looked through one by one.
class plain_measure
{
public:
    explicit plain_measure(circuit_window window) : window_(window) {}

    void record(bool failed, bool slow, time_point now)
    {
        calls_.push_back({failed, slow, now});
    }

    circuit_totals totals(time_point now) const
    {
        circuit_totals sum;
        std::size_t left = calls_.size();
        for (auto const& c : calls_) {
            if (in_window(c, left--, now)) {
                sum += {1, c.failed, c.slow};
            }
        }
        return sum;
    }

    void clear() { calls_.clear(); }

private:
    struct call
    {
        bool failed;
        bool slow;
        time_point ended;
    };

    bool in_window(call const& c, std::size_t place_from_end, time_point now) const
    {
        switch (window_.what()) {
        case circuit_window::kind::time: {
            auto const width = window_.span() / window_.size();
            auto const then = c.ended.time_since_epoch() / width;
            return now.time_since_epoch() / width - then < window_.size();
        }
        case circuit_window::kind::count:
            return place_from_end <= static_cast<std::size_t>(window_.size());
        case circuit_window::kind::consecutive: return true;
        }
        return false;
    }

    circuit_window window_;
    std::deque<call> calls_{};
};

void record(circuit_measure& measure, int times, bool failed, time_point now)
{
    for (int i = 0; i < times; ++i) {
        measure.record(failed, false, now);
    }
}

} // namespace

namespace resil::core {

std::ostream& operator<<(std::ostream& out, circuit_totals const& t)
{
    return out << t.calls << " calls, " << t.failures << " failed, " << t.slow << " slow";
}

} // namespace resil::core

TEST_CASE("totals add up and subtract", "[circuit]")
{
    circuit_totals sum{1, 2, 3};

    sum += {10, 20, 30};
    CHECK(sum == circuit_totals{11, 22, 33});
    sum -= {1, 1, 1};
    CHECK(sum == circuit_totals{10, 21, 32});
    CHECK(sum != circuit_totals{10, 21, 31});
}

TEST_CASE("a new measure holds nothing", "[circuit]")
{
    auto const window = GENERATE(circuit_window::time(10s), circuit_window::count(10),
                                 circuit_window::consecutive(10));
    circuit_measure const measure(window);

    CHECK(measure.totals() == circuit_totals());
    CHECK(measure.totals(at(0s)) == circuit_totals());
    CHECK(measure.totals(time_point::max()) == circuit_totals());
}

TEST_CASE("a call is counted as what it was", "[circuit]")
{
    auto const window = GENERATE(circuit_window::time(10s), circuit_window::count(10),
                                 circuit_window::consecutive(10));
    circuit_measure measure(window);

    measure.record(false, false, at(0s));
    CHECK(measure.totals() == circuit_totals{1, 0, 0});
    measure.record(true, false, at(0s));
    CHECK(measure.totals() == circuit_totals{2, 1, 0});
    measure.record(false, true, at(0s));
    CHECK(measure.totals() == circuit_totals{3, 1, 1});
    measure.record(true, true, at(0s));
    CHECK(measure.totals() == circuit_totals{4, 2, 2});
}

TEST_CASE("a count window forgets the oldest calls", "[circuit]")
{
    circuit_measure measure(circuit_window::count(100));

    record(measure, 100, false, at(0s));
    record(measure, 50, true, at(0s));
    CHECK(measure.totals() == circuit_totals{100, 50, 0});
    record(measure, 50, true, at(0s));
    CHECK(measure.totals() == circuit_totals{100, 100, 0});
    record(measure, 1, false, at(0s));
    CHECK(measure.totals() == circuit_totals{100, 99, 0});
}

TEST_CASE("a time window forgets a bucket when its time has come", "[circuit]")
{
    circuit_measure measure(circuit_window::time(10s, 10));

    record(measure, 3, true, at(0s));
    record(measure, 4, true, at(9s));
    CHECK(measure.totals() == circuit_totals{7, 7, 0});
    CHECK(measure.totals(at(9999ms)).calls == 7);
    CHECK(measure.totals(at(10s)).calls == 4);
    record(measure, 1, false, at(10s));
    CHECK(measure.totals() == circuit_totals{5, 4, 0});
    CHECK(measure.totals(at(18s)).calls == 5);
    CHECK(measure.totals(at(19s)).calls == 1);
    CHECK(measure.totals(at(20s)).calls == 0);
}

TEST_CASE("a gap longer than a time window empties it", "[circuit]")
{
    auto const gap = GENERATE(10s, 11s, 3600s, 604'800s);
    circuit_measure measure(circuit_window::time(10s, 10));

    for (int second = 0; second < 10; ++second) {
        record(measure, 1, true, at(second * 1s));
    }
    record(measure, 1, false, at(9s + gap));

    CHECK(measure.totals() == circuit_totals{1, 0, 0});
}

TEST_CASE("a time window of one bucket starts anew with each", "[circuit]")
{
    circuit_measure measure(circuit_window::time(1s, 1));

    record(measure, 2, true, at(100ms));
    record(measure, 2, true, at(900ms));
    CHECK(measure.totals().calls == 4);
    record(measure, 1, true, at(1000ms));
    CHECK(measure.totals().calls == 1);
}

TEST_CASE("moments before the clock's epoch have buckets, too", "[circuit]")
{
    circuit_measure measure(circuit_window::time(10s, 10));

    record(measure, 1, true, time_point(-25s));
    record(measure, 1, true, time_point(-20s));
    CHECK(measure.totals().calls == 2);
    record(measure, 1, true, time_point(-12s));
    CHECK(measure.totals().calls == 2);
    CHECK(measure.totals(time_point(-11s)).calls == 2);
    CHECK(measure.totals(time_point(-10s)).calls == 1);
}

TEST_CASE("consecutive mode counts everything until it is cleared", "[circuit]")
{
    circuit_measure measure(circuit_window::consecutive(2));

    record(measure, 1000, true, at(0s));
    CHECK(measure.totals(at(24h)).calls == 1000);
    measure.clear();
    CHECK(measure.totals() == circuit_totals());
}

TEST_CASE("a cleared window has forgotten all", "[circuit]")
{
    auto const window = GENERATE(circuit_window::time(10s), circuit_window::count(3),
                                 circuit_window::consecutive(10));
    circuit_measure measure(window);

    record(measure, 5, true, at(3s));
    measure.clear();
    CHECK(measure.totals() == circuit_totals());
    CHECK(measure.totals(at(3s)) == circuit_totals());
    record(measure, 2, false, at(4s));
    record(measure, 1, true, at(5s));
    CHECK(measure.totals() == circuit_totals{3, 1, 0});
    CHECK(measure.totals(at(5s)) == circuit_totals{3, 1, 0});
}

TEST_CASE("a measure agrees with a list of all calls", "[circuit]")
{
    auto const window = GENERATE(circuit_window::time(10s, 10), circuit_window::time(7s, 3),
                                 circuit_window::time(1s, 1), circuit_window::count(1),
                                 circuit_window::count(17), circuit_window::consecutive(5));
    generator draw(101);
    circuit_measure measure(window);
    plain_measure plain(window);
    auto now = at(0s);

    for (int i = 0; i < 1500; ++i) {
        bool const failed = draw.unit() < 0.5;
        bool const slow = draw.unit() < 0.3;
        now += draw.next() % 50 == 0 ? 15s : std::chrono::milliseconds(draw.next() % 1000);
        if (draw.next() % 300 == 0) {
            measure.clear();
            plain.clear();
        }
        measure.record(failed, slow, now);
        plain.record(failed, slow, now);
        REQUIRE(measure.totals() == plain.totals(now));
        REQUIRE(measure.totals(now) == plain.totals(now));
        auto const later = now + std::chrono::milliseconds(draw.next() % 12'000);
        REQUIRE(measure.totals(later) == plain.totals(later));
    }
}

TEST_CASE("a resized count window keeps the newest calls, in order", "[circuit]")
{
    auto const recorded = GENERATE(0, 3, 5, 8);
    circuit_measure measure(circuit_window::count(5));
    plain_measure smaller(circuit_window::count(3));
    plain_measure same(circuit_window::count(5));
    for (int i = 0; i < recorded; ++i) {
        bool const failed = i % 2 == 0;
        bool const slow = i % 3 == 0;
        measure.record(failed, slow, at(0s));
        smaller.record(failed, slow, at(0s));
        same.record(failed, slow, at(0s));
    }

    auto less = measure.resized(circuit_window::count(3));
    auto more = measure.resized(circuit_window::count(50));

    CHECK(less.totals() == smaller.totals(at(0s)));
    CHECK(more.totals() == same.totals(at(0s)));
    for (int i = 0; i < 5; ++i) {
        less.record(false, true, at(0s));
        smaller.record(false, true, at(0s));
        CHECK(less.totals() == smaller.totals(at(0s)));
    }
    auto const before = more.totals().calls;
    more.record(true, false, at(0s));
    CHECK(more.totals().calls == before + 1);
}

TEST_CASE("a resized time window keeps what still fits", "[circuit]")
{
    circuit_measure measure(circuit_window::time(10s, 10));
    for (int second = 0; second < 10; ++second) {
        record(measure, second + 1, second % 2 == 0, at(second * 1s));
    }

    auto const longer = measure.resized(circuit_window::time(20s, 5));
    auto const same = measure.resized(circuit_window::time(10s, 10));
    auto const shorter = measure.resized(circuit_window::time(3s, 3));
    auto const finer = measure.resized(circuit_window::time(10s, 20));

    CHECK(longer.totals() == circuit_totals{55, 25, 0});
    CHECK(same.totals() == circuit_totals{55, 25, 0});
    CHECK(same.totals(at(10s)) == measure.totals(at(10s)));
    CHECK(same.totals(at(15s)) == measure.totals(at(15s)));
    CHECK(shorter.totals() == circuit_totals{27, 9, 0});
    CHECK(finer.totals() == circuit_totals{55, 25, 0});
    CHECK(finer.totals(at(10s)).calls == 54);
}

TEST_CASE("a window of another kind starts empty", "[circuit]")
{
    circuit_measure measure(circuit_window::time(10s));
    record(measure, 5, true, at(0s));

    CHECK(measure.resized(circuit_window::count(10)).totals().calls == 0);
    CHECK(measure.resized(circuit_window::consecutive(10)).totals().calls == 0);
    CHECK(measure.totals().calls == 5);
}

TEST_CASE("a resized row keeps its count", "[circuit]")
{
    circuit_measure measure(circuit_window::consecutive(5));
    record(measure, 4, true, at(0s));

    CHECK(measure.resized(circuit_window::consecutive(9)).totals() == circuit_totals{4, 4, 0});
}

TEST_CASE("successes counted at once are as many counted one by one", "[circuit]")
{
    auto const window =
        GENERATE(circuit_window::time(10s, 5), circuit_window::count(1),
                 circuit_window::count(7), circuit_window::consecutive(10));
    generator draw(7);
    circuit_measure one(window), many(window);
    time_point now = at(0s);
    for (int step = 0; step < 300; ++step) {
        now += std::chrono::milliseconds(draw.next() % 3000);
        auto const n = draw.next() % 12;
        for (std::uint64_t i = 0; i < n; ++i) {
            one.record(false, false, now);
        }
        if (n > 0) {
            many.record_successes(n, now);
        }
        bool const failed = draw.next() % 2 == 0;
        one.record(failed, !failed, now);
        many.record(failed, !failed, now);
        REQUIRE(many.totals() == one.totals());
        REQUIRE(many.totals(now + 4s) == one.totals(now + 4s));
    }
}

TEST_CASE("more successes than a count window holds fill it", "[circuit]")
{
    circuit_measure measure(circuit_window::count(3));
    record(measure, 2, true, at(0s));

    measure.record_successes(UINT64_MAX, at(0s));

    CHECK(measure.totals() == circuit_totals{3, 0, 0});
}

TEST_CASE("a bucket ends where the next begins", "[circuit]")
{
    circuit_measure const seconds(circuit_window::time(10s, 10));
    time_point const full = at(0s);

    CHECK(seconds.bucket_end(full) == full + 1s);
    CHECK(seconds.bucket_end(full + 999ms) == full + 1s);
    CHECK(seconds.bucket_end(full - 1ns) == full);
    CHECK(seconds.bucket_end(time_point()) == time_point(1s));
    CHECK(seconds.bucket_end(time_point(-1ns)) == time_point());
    CHECK(seconds.bucket_end(time_point(-1s)) == time_point(-1s)); // cautious before the epoch
    CHECK(seconds.bucket_end(time_point::max()) == time_point::max());
    CHECK(seconds.bucket_end(time_point::min()) < time_point::min() + 1s);
}

TEST_CASE("what is not counted in buckets does not end", "[circuit]")
{
    auto const window = GENERATE(circuit_window::count(10), circuit_window::consecutive(10));

    CHECK(circuit_measure(window).bucket_end(at(0s)) == time_point::max());
}
