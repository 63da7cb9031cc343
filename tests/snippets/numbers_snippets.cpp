// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Computes the examples of docs/numbers.md; check_snippets.py compares the rows of its tables with
// those that stand here. Where resil decides, resil is asked.

#include <resil/bulkhead.hpp>
#include <resil/connection_pool.hpp>
#include <resil/core/backoff.hpp>
#include <resil/core/circuit_machine.hpp>
#include <resil/core/random.hpp>
#include <resil/core/retry_budget.hpp>
#include <resil/deadline.hpp>
#include <resil/event.hpp>
#include <resil/fallback.hpp>
#include <resil/pipeline.hpp>
#include <resil/retry.hpp>
#include <resil/testing/scripted_operation.hpp>
#include <resil/testing/virtual_time.hpp>
#include <resil/timeout.hpp>

#include <boost/asio/io_context.hpp>

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

// How the page writes numbers.

double seconds(resil::duration d)
{
    return std::chrono::duration<double>(d).count();
}

double milliseconds(resil::duration d)
{
    return 1e3 * seconds(d);
}

resil::duration milliseconds(double count)
{
    return std::chrono::duration_cast<resil::duration>(
        std::chrono::duration<double, std::milli>(count));
}

/// 1234567 is 1,234,567.
std::string grouped(double number)
{
    std::string digits = fmt::format("{:.0f}", number);
    for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) {
        digits.insert(static_cast<std::size_t>(at), ",");
    }
    return digits;
}

/// To two digits: 1234567 is 1,200,000.
std::string about(double number)
{
    double const scale = std::pow(10.0, std::floor(std::log10(number)) - 1.0);
    return scale < 1.0 ? fmt::format("{:.2g}", number)
                       : grouped(scale * std::round(number / scale + 1e-9));
}

std::string one_in(double probability)
{
    return "1 in " + about(1.0 / probability);
}

std::string often(double times_a_day)
{
    return times_a_day < 1.0 ? "once in " + about(1.0 / times_a_day) + " days"
                             : about(times_a_day) + " a day";
}

std::string percent(double share)
{
    return share < 0.1 ? fmt::format("{:.2g} %", 100 * share)
                       : fmt::format("{:.0f} %", 100 * share);
}

std::string chance(double probability)
{
    return probability < 0.01 ? one_in(probability) : percent(probability);
}

template <class... Cell>
std::string row(Cell const&... cells)
{
    std::string made = "|";
    (made.append(fmt::format(" {} |", cells)), ...);
    return made;
}

// The formulas.

double lost_calls(double failing, int attempts)
{
    return std::pow(failing, attempts);
}

double attempts_a_call(double failing, int attempts)
{
    double sum = 0.0;
    for (int i = 0; i < attempts; ++i) {
        sum += std::pow(failing, i);
    }
    return sum;
}

int attempts_needed(double failing, double allowed)
{
    return static_cast<int>(std::ceil(std::log(allowed) / std::log(failing) - 1e-9));
}

/// All delays of a call whose attempts all fail, as resil computes them, without jitter.
resil::duration plain_delays(resil::backoff const& policy, int attempts)
{
    resil::duration sum{};
    for (int failed = 1; failed < attempts; ++failed) {
        sum += policy.plain(failed, {});
    }
    return sum;
}

/// The probability that at least `least` of `calls` fail.
double at_least(int least, int calls, double failing)
{
    double sum = 0.0;
    for (int k = least; k <= calls; ++k) {
        double const ways = std::exp(std::lgamma(calls + 1.0) - std::lgamma(k + 1.0) -
                                     std::lgamma(calls - k + 1.0));
        sum += ways * std::pow(failing, k) * std::pow(1.0 - failing, calls - k);
    }
    return sum;
}

double opens_by_chance(int calls, double ratio, double failing)
{
    return at_least(static_cast<int>(std::ceil(ratio * calls - 1e-9)), calls, failing);
}

/// Wilson's interval, at 95 %.
struct interval
{
    double low;
    double high;

    interval(int failed, int calls)
    {
        double const z = 1.96;
        double const n = calls;
        double const share = failed / n;
        double const centre = share + z * z / (2 * n);
        double const reach = z * std::sqrt(share * (1 - share) / n + z * z / (4 * n * n));
        low = (centre - reach) / (1 + z * z / n);
        high = (centre + reach) / (1 + z * z / n);
    }
};

double rows_of_failures_a_day(double rate, int in_a_row, double failing)
{
    return rate * 86'400 * (1 - failing) * std::pow(failing, in_a_row);
}

/// Erlang's loss formula: the share that finds everything taken, without a queue.
double erlang_b(int places, double load)
{
    double share = 1.0;
    for (int i = 1; i <= places; ++i) {
        share = load * share / (i + load * share);
    }
    return share;
}

/// Erlang's delay formula: the share that has to wait, with a queue.
double erlang_c(int places, double load)
{
    double const lost = erlang_b(places, load);
    return lost / (1.0 - load / places * (1.0 - lost));
}

int with_reserve(double load)
{
    return static_cast<int>(std::ceil(load + 2 * std::sqrt(load)));
}

// The service of the page.

constexpr double rate = 200;
constexpr double peak_rate = 400;
constexpr auto mean_latency = 30ms;
constexpr auto timeout = 250ms;
constexpr auto deadline = 800ms;

TEST_CASE("the page on numbers: timeouts", "[snippets][numbers]")
{
    auto const of = [](double f, std::string const& percentile) {
        return row(percent(f), percentile, fmt::format("{:.0f} a minute", rate * 60 * f),
                   one_in(lost_calls(f, 2)), one_in(lost_calls(f, 3)));
    };
    CHECK(of(0.01, "p99, 120 ms") ==
          "| 1 % | p99, 120 ms | 120 a minute | 1 in 10,000 | 1 in 1,000,000 |");
    CHECK(of(0.005, "p99.5, 180 ms") ==
          "| 0.5 % | p99.5, 180 ms | 60 a minute | 1 in 40,000 | 1 in 8,000,000 |");
    CHECK(of(0.001, "p99.9, 400 ms") ==
          "| 0.1 % | p99.9, 400 ms | 12 a minute | 1 in 1,000,000 | 1 in 1,000,000,000 |");

    auto const slow_pages = [](double f, int parts) {
        return row(percent(f), parts, percent(1 - std::pow(1 - f, parts)));
    };
    CHECK(slow_pages(0.005, 10) == "| 0.5 % | 10 | 4.9 % |");
    CHECK(slow_pages(0.01, 100) == "| 1 % | 100 | 63 % |");
}

TEST_CASE("the page on numbers: how long to connect", "[snippets][numbers]")
{
    // A lost SYN is sent again after 1 s, and then after twice as long each time.
    auto const sent_again_at = [](int lost) { return std::pow(2.0, lost) - 1.0; };
    auto const of = [&](int lost) {
        return row(lost, fmt::format("{:.0f} s and a round trip", sent_again_at(lost)));
    };
    CHECK(of(1) == "| 1 | 1 s and a round trip |");
    CHECK(of(2) == "| 2 | 3 s and a round trip |");
    CHECK(of(3) == "| 3 | 7 s and a round trip |");

    double const patience = seconds(resil::connection_pool_options().connect_timeout);
    CHECK(sent_again_at(2) < patience); // the pool's 5 s survive two lost packets
    CHECK(sent_again_at(3) > patience);
}

TEST_CASE("the page on numbers: deadlines", "[snippets][numbers]")
{
    auto const of = [](int attempts) {
        auto const delays = plain_delays(resil::backoff(), attempts);
        return row(attempts,
                   fmt::format("{:.0f} ms", milliseconds(attempts * timeout + delays)),
                   fmt::format("{:.0f} ms", milliseconds(attempts * timeout + delays / 2)));
    };
    CHECK(of(2) == "| 2 | 600 ms | 550 ms |");
    CHECK(of(3) == "| 3 | 1050 ms | 900 ms |");
    CHECK(of(4) == "| 4 | 1700 ms | 1350 ms |");
}

TEST_CASE("the page on numbers: an attempt that cannot start in time is not made",
          "[snippets][numbers]")
{
    asio::io_context context;
    resil::testing::virtual_time time(context);
    resil::testing::scripted_operation<> search;
    search.hangs();
    resil::reason why{};
    resil::duration ended{};
    auto const began = time.now();
    resil::pipeline const client{
        resil::observe{[&](resil::retry_abandoned const& e) {
            why = e.reason;
            ended = time.now() - began;
        }},
        resil::deadline{deadline},
        resil::retry{{.jitter = resil::jitter::none, .idempotency = resil::idempotency::safe}},
        resil::timeout{timeout}};

    client.async_call(context, search, [](resil::error_code) {});
    time.advance(1s);

    CHECK(search.starts() == 2);
    CHECK(why == resil::reason::deadline_too_near);
    CHECK(ended == 600ms);
}

TEST_CASE("the page on numbers: attempts", "[snippets][numbers]")
{
    auto const of = [](double failing) {
        return row(percent(failing), fmt::format("{:.2f}", attempts_a_call(failing, 3)),
                   one_in(lost_calls(failing, 3)), attempts_needed(failing, 1e-4));
    };
    CHECK(of(0.01) == "| 1 % | 1.01 | 1 in 1,000,000 | 2 |");
    CHECK(of(0.05) == "| 5 % | 1.05 | 1 in 8,000 | 4 |");
    CHECK(of(0.2) == "| 20 % | 1.24 | 1 in 130 | 6 |");
    CHECK(of(0.5) == "| 50 % | 1.75 | 1 in 8 | 14 |");
    CHECK(attempts_a_call(1.0, 3) == 3.0);
}

TEST_CASE("the page on numbers: backoff", "[snippets][numbers]")
{
    auto const of = [](int attempts) {
        double const longest = seconds(plain_delays(resil::backoff(), attempts));
        return row(attempts, fmt::format("{:.2g} s", longest),
                   fmt::format("{:.2g} s", longest / 2));
    };
    CHECK(of(3) == "| 3 | 0.3 s | 0.15 s |");
    CHECK(of(5) == "| 5 | 1.5 s | 0.75 s |");
    CHECK(of(8) == "| 8 | 13 s | 6.3 s |");
    CHECK(of(10) == "| 10 | 33 s | 16 s |");

    auto const base = [](double clients, double spare) {
        return row(grouped(clients), grouped(spare) + " /s",
                   fmt::format("{} s", clients / spare));
    };
    CHECK(base(100, 1'000) == "| 100 | 1,000 /s | 0.1 s |");
    CHECK(base(1'000, 500) == "| 1,000 | 500 /s | 2 s |");
}

/// After which failure a full budget allows no more retries.
int failures_until_it_stops(resil::retry_budget budget)
{
    int failures = 0;
    while (budget.allows()) {
        budget.on_failure();
        ++failures;
    }
    return failures;
}

int successes_until_it_goes_on(resil::retry_budget budget)
{
    for (int i = 0; i < 1'000; ++i) {
        budget.on_failure();
    }
    int successes = 0;
    while (!budget.allows()) {
        budget.on_success();
        ++successes;
    }
    return successes;
}

/// Whether it still allows retries after a long time with one failure among so many attempts.
bool bears(resil::retry_budget budget, int one_among)
{
    for (int i = 0; i < 200'000; ++i) {
        i % one_among == 0 ? budget.on_failure() : budget.on_success();
    }
    return budget.allows();
}

TEST_CASE("the page on numbers: the retry budget", "[snippets][numbers]")
{
    auto const of = [](double ratio) {
        auto const budget = [&] { return resil::retry_budget({.token_ratio = ratio}); };
        int const stops = failures_until_it_stops(budget());
        int const goes_on = successes_until_it_goes_on(budget());
        return row(ratio, fmt::format("{:.1f} %", 100 * ratio / (1 + ratio)), stops,
                   fmt::format("{}, {:.1f} s", goes_on, goes_on / rate));
    };
    CHECK(of(0.1) == "| 0.1 | 9.1 % | 50 | 501, 2.5 s |");
    CHECK(of(0.2) == "| 0.2 | 16.7 % | 50 | 251, 1.3 s |");

    CHECK(bears(resil::retry_budget(), 11));       // 9.1 %
    CHECK_FALSE(bears(resil::retry_budget(), 10)); // 10 %
    CHECK(failures_until_it_stops(resil::retry_budget({.max_tokens = 400})) == 200);
    CHECK(failures_until_it_stops(resil::retry_budget({.max_tokens = 401})) == 201);
}

TEST_CASE("the page on numbers: breakers that open by chance", "[snippets][numbers]")
{
    auto const of = [](int calls, double ratio) {
        return row(calls, ratio, chance(opens_by_chance(calls, ratio, 0.05)),
                   chance(opens_by_chance(calls, ratio, 0.2)));
    };
    CHECK(of(3, 0.5) == "| 3 | 0.5 | 1 in 140 | 10 % |");
    CHECK(of(10, 0.5) == "| 10 | 0.5 | 1 in 16,000 | 3.3 % |");
    CHECK(of(20, 0.5) == "| 20 | 0.5 | 1 in 88,000,000 | 1 in 390 |");
    CHECK(of(20, 0.1) == "| 20 | 0.1 | 26 % | 93 % |");
    CHECK(of(100, 0.1) == "| 100 | 0.1 | 2.8 % | 100 % |");

    auto const half = [](int calls) {
        interval const true_share(calls / 2, calls);
        return row(fmt::format("{} of {}", calls / 2, calls),
                   fmt::format("{} to {}", percent(true_share.low), percent(true_share.high)));
    };
    CHECK(half(4) == "| 2 of 4 | 15 % to 85 % |");
    CHECK(half(20) == "| 10 of 20 | 30 % to 70 % |");
    CHECK(half(100) == "| 50 of 100 | 40 % to 60 % |");

    auto const in_a_row = [](int n) {
        return row(n, often(rows_of_failures_a_day(rate, n, 0.01)),
                   often(rows_of_failures_a_day(rate, n, 0.05)),
                   often(rows_of_failures_a_day(rate, n, 0.1)));
    };
    CHECK(in_a_row(5) == "| 5 | once in 580 days | 5.1 a day | 160 a day |");
    CHECK(in_a_row(8) ==
          "| 8 | once in 580,000,000 days | once in 1,600 days | once in 6.4 days |");
}

resil::core::circuit_machine machine(resil::circuit_breaker_options options)
{
    options.open_jitter_ratio = 0.0;
    return resil::core::circuit_machine(options);
}

/// Makes a call that takes no time; returns whether it was admitted.
bool call(resil::core::circuit_machine& breaker, resil::time_point now, bool failed)
{
    auto const admission = breaker.admit(now, 0.5);
    if (!admission.admitted) {
        return false;
    }
    using resil::core::circuit_outcome;
    breaker.record(admission.permit,
                   failed ? circuit_outcome::failure : circuit_outcome::success,
                   resil::duration::zero(), now, 0.5);
    return true;
}

/// How long an outage goes on before the circuit opens, after minutes without any failure.
resil::duration time_to_open(resil::circuit_breaker_options options, double calls_a_second)
{
    auto breaker = machine(options);
    auto const step = milliseconds(1e3 / calls_a_second);
    auto now = resil::time_point(1h);
    auto const outage = now + 2min;
    for (; now < outage; now += step) {
        call(breaker, now, false);
    }
    while (call(breaker, now, true)) {
        now += step;
    }
    return now - outage;
}

TEST_CASE("the page on numbers: how soon a breaker opens", "[snippets][numbers]")
{
    auto const of = [](resil::duration span) {
        resil::circuit_breaker_options const options{.window =
                                                         resil::circuit_window::time(span)};
        return row(fmt::format("{:.0f} s", seconds(span)),
                   fmt::format("{:.1f} s", options.failure_ratio * seconds(span)),
                   fmt::format("{:.1f} s", seconds(time_to_open(options, rate))),
                   fmt::format("{:.1f} /s", options.minimum_calls / seconds(span)));
    };
    CHECK(of(10s) == "| 10 s | 5.0 s | 5.0 s | 2.0 /s |");
    CHECK(of(30s) == "| 30 s | 15.0 s | 15.0 s | 0.7 /s |");
}

/// How many calls a breaker lets through in an outage of some length, and how much longer the
/// circuit then stays open.
struct outage
{
    int calls = 0;
    resil::duration longer{};

    explicit outage(resil::duration length)
    {
        auto breaker = machine({.window = resil::circuit_window::consecutive(5)});
        resil::time_point now(1h);
        auto const over = now + length;
        for (; now < over; now += 5ms) {
            calls += int(call(breaker, now, true));
        }
        while (!call(breaker, now, false)) {
            now += 5ms;
        }
        longer = now - over;
    }
};

TEST_CASE("the page on numbers: how long a circuit stays open", "[snippets][numbers]")
{
    auto const of = [](resil::duration length) {
        outage const seen(length);
        return row(fmt::format("{:.0f} s", seconds(length)), grouped(rate * seconds(length)),
                   seen.calls, fmt::format("{:.0f} s", seconds(seen.longer)));
    };
    CHECK(of(10s) == "| 10 s | 2,000 | 7 | 5 s |");
    CHECK(of(1min) == "| 60 s | 12,000 | 11 | 15 s |");
    CHECK(of(10min) == "| 600 s | 120,000 | 29 | 15 s |");
}

/// The share that a bulkhead rejects, of calls that come at random.
double rejected_share(std::size_t permits, double arrivals_a_second, resil::duration latency)
{
    asio::io_context context;
    resil::testing::virtual_time time(context);
    resil::testing::scripted_operation<> search;
    search.succeeds().after(latency);
    resil::bulkhead const gate{{.max_concurrent = permits}};
    resil::core::generator random(7);
    for (int i = 0; i < 20'000; ++i) {
        time.advance(milliseconds(-1e3 / arrivals_a_second * std::log(1.0 - random.unit())));
        gate.async_call(context, search, [](resil::error_code) {});
        time.run_ready();
    }
    auto const seen = gate.snapshot();
    return static_cast<double>(seen.rejected) /
           static_cast<double>(seen.admitted + seen.rejected);
}

TEST_CASE("the page on numbers: bulkheads", "[snippets][numbers]")
{
    auto const in_progress = [](std::string const& when, double calls,
                                resil::duration latency) {
        return row(when, fmt::format("{:.0f} /s", calls),
                   fmt::format("{:.0f} ms", milliseconds(latency)),
                   fmt::format("{:.0f}", calls * seconds(latency)));
    };
    CHECK(in_progress("most of the day", rate, mean_latency) ==
          "| most of the day | 200 /s | 30 ms | 6 |");
    CHECK(in_progress("at the peak", peak_rate, mean_latency) ==
          "| at the peak | 400 /s | 30 ms | 12 |");
    CHECK(in_progress("at the peak, if it hangs", peak_rate, timeout) ==
          "| at the peak, if it hangs | 400 /s | 250 ms | 100 |");

    double const load = peak_rate * seconds(mean_latency);
    CHECK(with_reserve(load) == 19);
    auto const of = [&](int permits) { return row(permits, percent(erlang_b(permits, load))); };
    CHECK(of(12) == "| 12 | 20 % |");
    CHECK(of(16) == "| 16 | 6 % |");
    CHECK(of(19) == "| 19 | 1.6 % |");
    CHECK(of(24) == "| 24 | 0.079 % |");
    for (int permits : {12, 16, 19}) {
        double const seen = rejected_share(std::size_t(permits), peak_rate, mean_latency);
        CHECK(std::abs(seen - erlang_b(permits, load)) < 0.01);
    }

    auto const queue = [](int permits, resil::duration wait) {
        return row(permits, fmt::format("{:.0f} ms", milliseconds(wait)),
                   fmt::format("{:.0f}", permits * seconds(wait) / seconds(mean_latency)));
    };
    CHECK(queue(19, 100ms) == "| 19 | 100 ms | 63 |");
}

TEST_CASE("the page on numbers: pools", "[snippets][numbers]")
{
    double const busy = rate * seconds(10ms);
    CHECK(busy == 2);
    CHECK(with_reserve(busy) == 5);
    auto const of = [&](int connections) {
        return row(connections, percent(busy / connections),
                   percent(erlang_c(connections, busy)));
    };
    CHECK(of(3) == "| 3 | 67 % | 44 % |");
    CHECK(of(4) == "| 4 | 50 % | 17 % |");
    CHECK(of(5) == "| 5 | 40 % | 6 % |");
    CHECK(of(6) == "| 6 | 33 % | 1.8 % |");

    auto const at_most = [](int max_connections, int reserved, int instances, double surge) {
        double const running = std::ceil(instances * (1 + surge));
        return row(max_connections, reserved,
                   fmt::format("{} and {}", instances, running - instances),
                   std::floor((max_connections - reserved) / running));
    };
    CHECK(at_most(100, 3, 12, 0.25) == "| 100 | 3 | 12 and 3 | 6 |");
    CHECK(at_most(100, 3, 20, 0.25) == "| 100 | 3 | 20 and 5 | 3 |");
}

TEST_CASE("the page on numbers: recycling and pings", "[snippets][numbers]")
{
    resil::connection_pool_options const options;
    double const age = seconds(options.max_lifetime);
    double const spread = age * options.lifetime_jitter_ratio;
    auto const of = [&](int connections) {
        return row(connections, fmt::format("{:.0f} s", age / connections),
                   fmt::format("{} within {:.0f} s", connections, spread));
    };
    CHECK(of(75) == "| 75 | 24 s | 75 within 180 s |");

    auto const pinged = [&](double uses) {
        return row(fmt::format("{} /s", uses),
                   percent(std::exp(-uses * seconds(options.ping_after_idle))));
    };
    CHECK(pinged(0.1) == "| 0.1 /s | 95 % |");
    CHECK(pinged(1) == "| 1 /s | 61 % |");
    CHECK(pinged(10) == "| 10 /s | 0.67 % |");
}

TEST_CASE("the page on numbers: the last seconds of a process", "[snippets][numbers]")
{
    auto const of = [](resil::duration unsent, resil::duration longest,
                       resil::duration fallback, resil::duration drain, resil::duration close) {
        return row(
            fmt::format("{:.0f} s", seconds(unsent)), fmt::format("{:.0f} s", seconds(longest)),
            fmt::format("{:.0f} s", seconds(fallback)), fmt::format("{:.0f} s", seconds(drain)),
            fmt::format("{:.0f} s", seconds(close)),
            fmt::format("{:.0f} s", seconds(unsent + longest + fallback + drain + close)));
    };
    CHECK(of(5s, 10s, resil::fallback_options().timeout, 2s,
             resil::connection_pool_options().close_timeout) ==
          "| 5 s | 10 s | 1 s | 2 s | 1 s | 19 s |");
}

} // namespace
