// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/health_machine.hpp>
#include <resil/core/health_options.hpp>

#include <boost/asio/error.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <chrono>

namespace {

using namespace std::chrono_literals;
using resil::error_code;
using resil::health_check_options;
using resil::health_status;
using resil::time_point;
using resil::core::health_machine;
using resil::core::health_step;

constexpr time_point start{1h};
error_code const refused = boost::asio::error::connection_refused;

/// A check that always ends at once, run as a health object runs it.
struct checked
{
    explicit checked(health_check_options const& options = {}) : machine(options, start) {}

    /// Lets time pass to the next run, which ends with `ec`.
    void run(error_code ec, double unit = 0.5)
    {
        now = std::max(now, machine.next_at());
        REQUIRE(machine.poll(now, unit) == health_step::start);
        machine.ended(ec, now, unit);
    }

    health_status status() const { return machine.status(now); }

    health_machine machine;
    time_point now = start;
};

} // namespace

TEST_CASE("a check is due at once, and its first result decides alone", "[core][health]")
{
    checked good;
    CHECK(good.status() == health_status::unknown);
    CHECK(good.machine.next_at() == start);
    good.run({});
    CHECK(good.status() == health_status::ok);
    CHECK(good.machine.last_ok() == start);

    checked bad;
    bad.run(refused);
    CHECK(bad.status() == health_status::failing);
    CHECK(bad.machine.error() == refused);
    CHECK_FALSE(bad.machine.last_ok());
}

TEST_CASE("a failure is confirmed soon, so bad news are no older than the ttl", "[core][health]")
{
    for (double const unit : {0.0, 0.5, 0.999}) {
        checked it;
        it.run({}, unit);
        time_point const died = it.now; // right after it was well
        it.run(refused, unit);
        CHECK(it.status() == health_status::ok);
        it.run(refused, unit);
        CHECK(it.status() == health_status::failing);
        CHECK(it.now - died <= 3s);

        time_point const lives = it.now;
        it.run({}, unit);
        CHECK(it.status() == health_status::ok);
        CHECK(it.now - lives <= 3s);
        CHECK(it.now - lives >= 2250ms);
    }
}

TEST_CASE("a single failure between successes changes nothing", "[core][health]")
{
    checked it;
    it.run({});
    for (int i = 0; i < 10; ++i) {
        it.run(refused);
        it.run({});
        CHECK(it.status() == health_status::ok);
    }
}

TEST_CASE("both thresholds count results in a row", "[core][health]")
{
    checked it({.fail_after = 3, .recover_after = 2});
    it.run({});
    it.run(refused);
    it.run(refused);
    CHECK(it.status() == health_status::ok);
    it.run(refused);
    CHECK(it.status() == health_status::failing);
    it.run({});
    CHECK(it.status() == health_status::failing);
    CHECK(it.machine.next_at() == it.now + 200ms);
    it.run({});
    CHECK(it.status() == health_status::ok);
}

TEST_CASE("a result that is three times as old as it should be is unknown", "[core][health]")
{
    checked it;
    it.run({});
    CHECK(it.machine.is_fresh(start + 3s - 1ns));
    CHECK_FALSE(it.machine.is_fresh(start + 3s));
    CHECK(it.machine.status(start + 9s - 1ns) == health_status::ok);
    CHECK(it.machine.status(start + 9s) == health_status::unknown);
    CHECK(it.machine.good_until() == start + 9s);
}

TEST_CASE("a run that takes too long is cancelled, and what it says then is not believed", "[core][health]")
{
    checked it({.fail_after = 1});
    REQUIRE(it.machine.poll(start, 0) == health_step::start);
    CHECK(it.machine.next_at() == start + 800ms);
    CHECK(it.machine.poll(start + 799ms, 0) == health_step::wait);
    CHECK(it.machine.poll(start + 800ms, 0) == health_step::cancel);
    CHECK(it.machine.status(start + 800ms) == health_status::failing);
    CHECK(it.machine.error() == resil::errc::timed_out);
    it.machine.ended({}, start + 801ms, 0);
    CHECK(it.machine.status(start + 801ms) == health_status::failing);
    CHECK_FALSE(it.machine.last_ok());
}

TEST_CASE("a run that does not stop is not joined by another, and counts again whenever one is due", "[core][health]")
{
    checked it;
    it.run({});
    time_point now = it.machine.next_at();
    REQUIRE(it.machine.poll(now, 0) == health_step::start);
    now = it.machine.next_at();
    REQUIRE(it.machine.poll(now, 0) == health_step::cancel);
    CHECK(it.machine.status(now) == health_status::ok);
    for (int i = 0; i < 10; ++i) {
        now = it.machine.next_at();
        CHECK(it.machine.poll(now, 0) == health_step::wait);
        CHECK(it.machine.status(now) == health_status::failing);
        CHECK(it.machine.next_at() > now);
        CHECK(it.machine.is_fresh(now));
    }
    it.machine.ended({}, now, 0);
    it.now = now;
    it.run({});
    CHECK(it.status() == health_status::ok);
}

TEST_CASE("whatever is not fresh any more is due, or runs", "[core][health]")
{
    checked it;
    it.run({});
    CHECK(it.machine.is_fresh(start + 3s - 1ns));
    CHECK_FALSE(it.machine.is_fresh(start + 3s));
    CHECK(it.machine.next_at() <= start + 3s);

    checked slow({.ttl = 1s, .confirm_after = 1s, .fail_after = 2});
    slow.run({});
    slow.run(refused); // to be confirmed a second later
    CHECK_FALSE(slow.machine.is_fresh(slow.now + 1s));
    CHECK(slow.machine.poll(slow.now + 1s, 0) == health_step::start);
}

TEST_CASE("a check knows how long its last run took, or that it took all the time it had", "[core][health]")
{
    health_machine machine({.timeout = 900ms}, start);
    machine.poll(start, 0.5);
    machine.ended({}, start + 30ms, 0.5);
    CHECK(machine.latency() == 30ms);

    auto const next = machine.next_at();
    machine.poll(next, 0.5);
    CHECK(machine.poll(next + 900ms, 0.5) == health_step::cancel);
    CHECK(machine.latency() == 900ms);
}

TEST_CASE("a hundred in a row are counted", "[core][health]")
{
    checked it({.fail_after = 100});
    it.run({});
    for (int i = 0; i != 99; ++i) {
        it.run(refused);
    }
    CHECK(it.status() == health_status::ok);
    it.run(refused);
    CHECK(it.status() == health_status::failing);
}

TEST_CASE("words of health are spelt as in the enumerations", "[core][health]")
{
    CHECK(to_string(health_status::unknown) == "unknown");
    CHECK(to_string(health_status::ok) == "ok");
    CHECK(to_string(health_status::degraded) == "degraded");
    CHECK(to_string(health_status::failing) == "failing");
    CHECK(to_string(resil::criticality::hard) == "hard");
    CHECK(to_string(resil::criticality::soft) == "soft");
    CHECK(to_string(resil::lifecycle::starting) == "starting");
    CHECK(to_string(resil::lifecycle::ready) == "ready");
    CHECK(to_string(resil::lifecycle::draining) == "draining");
}
