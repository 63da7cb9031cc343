// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/circuit_probes.hpp> // self-contained
#include <resil/core/random.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <core/words.hpp>
#include <iterator>
#include <map>
#include <set>

using namespace resil;
using namespace resil::core;
using namespace resil::tests;

TEST_CASE("a round without probes has no lease and is not full", "[circuit]")
{
    circuit_probes probes(3);

    CHECK_FALSE(probes.full(3));
    CHECK(probes.in_flight(at(0s)) == 0);
    CHECK(probes.next_lease_end(at(0s)) == 0s);
    CHECK_FALSE(probes.expire_one(time_point::max()));
    CHECK_FALSE(probes.release(1));
    CHECK_FALSE(probes.release(0));
}

TEST_CASE("a round is full when all its probes are in flight or have reported", "[circuit]")
{
    circuit_probes probes(3);

    auto const first = probes.begin(at(10s));
    probes.begin(at(10s));
    CHECK_FALSE(probes.full(3));
    probes.begin(at(10s));
    CHECK(probes.full(3));
    CHECK(probes.full(2));
    CHECK_FALSE(probes.full(4));
    CHECK(probes.release(first));
    CHECK_FALSE(probes.full(3));
    probes.count_success();
    CHECK(probes.full(3));
}

TEST_CASE("failures and successes keep their places in the round", "[circuit]")
{
    circuit_probes probes(3);

    probes.count_failure();
    probes.count_failure();
    CHECK_FALSE(probes.full(3));
    probes.count_success();
    CHECK(probes.full(3));
    CHECK(probes.failures() == 2);
    CHECK(probes.successes() == 1);
}

TEST_CASE("every probe has a number of its own, never zero and never again", "[circuit]")
{
    circuit_probes probes(1);
    std::set<std::uint32_t> seen;

    for (int i = 0; i < 100; ++i) {
        auto const number = probes.begin(at(0s));
        CHECK(number != 0);
        seen.insert(number);
        if (i % 3 == 0) {
            probes.clear();
        } else {
            CHECK(probes.release(number));
        }
    }

    CHECK(seen.size() == 100);
}

TEST_CASE("a place is freed once", "[circuit]")
{
    circuit_probes probes(2);

    auto const one = probes.begin(at(1s));
    auto const other = probes.begin(at(1s));
    CHECK(probes.release(one));
    CHECK_FALSE(probes.release(one));
    CHECK_FALSE(probes.release(other + 1));
    CHECK(probes.in_flight(at(0s)) == 1);
    CHECK(probes.release(other));
    CHECK(probes.in_flight(at(0s)) == 0);
}

TEST_CASE("leases end in their order, each once", "[circuit]")
{
    circuit_probes probes(4);
    auto const late = probes.begin(at(9s));
    probes.begin(at(5s));
    probes.begin(at(7s));

    CHECK_FALSE(probes.expire_one(at(5s) - 1ns));
    CHECK(probes.expire_one(at(20s)) == at(5s));
    CHECK(probes.expire_one(at(20s)) == at(7s));
    CHECK_FALSE(probes.expire_one(at(8s)));
    CHECK(probes.release(late));
    CHECK_FALSE(probes.expire_one(at(20s)));
}

TEST_CASE("a lease is over at its end, not before", "[circuit]")
{
    circuit_probes probes(1);
    probes.begin(at(5s));

    CHECK(probes.in_flight(at(5s) - 1ns) == 1);
    CHECK(probes.in_flight(at(5s)) == 0);
    CHECK(probes.next_lease_end(at(3s)) == 2s);
    CHECK(probes.next_lease_end(at(6s)) == 0s);
    CHECK(probes.expire_one(at(5s)) == at(5s));
}

TEST_CASE("the next lease to end is the soonest, whatever the order of places", "[circuit]")
{
    circuit_probes probes(3);

    auto const one = probes.begin(at(8s));
    probes.begin(at(6s));
    probes.begin(at(7s));
    CHECK(probes.next_lease_end(at(0s)) == 6s);
    probes.release(one);
    CHECK(probes.next_lease_end(at(0s)) == 6s);
}

TEST_CASE("the first place may be the first to end, or the last", "[circuit]")
{
    circuit_probes probes(3);

    probes.begin(at(5s));
    probes.begin(at(6s));
    CHECK(probes.next_lease_end(at(0s)) == 5s);
    CHECK(probes.expire_one(at(9s)) == at(5s));
    CHECK(probes.expire_one(at(9s)) == at(6s));

    auto const third = probes.begin(at(9s));
    probes.begin(at(8s));
    CHECK(probes.expire_one(at(20s)) == at(8s));
    CHECK(probes.release(third));
}

TEST_CASE("an endless lease is a lease", "[circuit]")
{
    circuit_probes probes(2);
    auto const number = probes.begin(time_point::max());

    CHECK(probes.in_flight(at(0s)) == 1);
    CHECK(probes.next_lease_end(time_point(0s)) == duration::max());
    CHECK(probes.expire_one(time_point::max()) == time_point::max());
    CHECK_FALSE(probes.release(number));
}

TEST_CASE("clearing frees all places and counts anew", "[circuit]")
{
    circuit_probes probes(2);
    auto const number = probes.begin(at(1s));
    probes.count_failure();
    probes.count_success();

    probes.clear();

    CHECK_FALSE(probes.full(1));
    CHECK(probes.failures() == 0);
    CHECK(probes.successes() == 0);
    CHECK(probes.in_flight(at(0s)) == 0);
    CHECK_FALSE(probes.release(number));
}

TEST_CASE("resized probes are the same probes, in a new round", "[circuit]")
{
    circuit_probes probes(3);
    auto const gone = probes.begin(at(1s));
    auto const one = probes.begin(at(2s));
    auto const other = probes.begin(at(3s));
    probes.release(gone);
    probes.count_failure();

    auto fewer = probes.resized(1);
    auto more = probes.resized(5);

    CHECK((fewer.full(1) && fewer.full(2) && !fewer.full(3)));
    CHECK(fewer.failures() == 0);
    CHECK(fewer.in_flight(at(0s)) == 2);
    CHECK((fewer.release(one) && fewer.release(other)));
    CHECK((more.full(2) && !more.full(5)));
    CHECK(more.begin(at(9s)) > other);
    more.begin(at(9s));
    more.begin(at(9s));
    CHECK(more.full(5));
    CHECK(more.expire_one(at(9s)) == at(2s));
}

TEST_CASE("probes agree with a map of leases", "[circuit]")
{
    constexpr int places = 5;
    generator draw(31);
    circuit_probes probes(places);
    std::map<std::uint32_t, time_point> model;
    auto now = at(0s);

    for (int i = 0; i < 5000; ++i) {
        now += std::chrono::milliseconds(draw.next() % 500);
        auto const soonest = [&] {
            return std::min_element(
                model.begin(), model.end(),
                [](auto const& a, auto const& b) { return a.second < b.second; });
        };
        switch (draw.next() % 3) {
        case 0:
            if (!probes.full(places)) {
                auto const end = now + std::chrono::milliseconds(draw.next() % 3000) +
                                 std::chrono::nanoseconds(i); // no two alike
                REQUIRE(model.emplace(probes.begin(end), end).second);
            }
            break;
        case 1:
            if (!model.empty()) {
                auto const some =
                    std::next(model.begin(), static_cast<long>(draw.next() % model.size()));
                REQUIRE(probes.release(some->first));
                model.erase(some);
            }
            break;
        default: {
            auto const ended = probes.expire_one(now);
            REQUIRE(ended.has_value() == (!model.empty() && soonest()->second <= now));
            if (ended) {
                REQUIRE(*ended == soonest()->second);
                REQUIRE_FALSE(probes.release(soonest()->first));
                model.erase(soonest());
            }
        }
        }
        REQUIRE(probes.full(places) == (model.size() == places));
    }
}
