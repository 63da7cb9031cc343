// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// The model of AWS's article "Exponential Backoff and Jitter": N clients each update one row
// once, under optimistic concurrency control, over a network with a normally distributed delay.
// The expected numbers are means of 1000 trials of the published simulator
// (aws-samples/aws-arch-backoff-simulator); see the page on reliability, 2.1.

#include <resil/core/backoff.hpp>
#include <resil/core/random.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <core/statistics.hpp>
#include <core/words.hpp>
#include <numbers>
#include <queue>
#include <vector>

using namespace resil;
using namespace resil::tests;

namespace {

struct contender
{
    int attempt = 0;
    int seen_version = 0;
    duration delay{};
};

enum class step
{
    read,
    got_version,
    write,
    got_verdict
};

struct message
{
    double at; // milliseconds
    step what;
    std::size_t client;
    bool won;

    bool operator<(message const& other) const { return at > other.at; } // soonest first
};

struct outcome
{
    double last_done = 0.0;
    double calls = 0.0;
};

class contention
{
public:
    contention(backoff policy, jitter kind, std::uint64_t seed)
        : policy_(std::move(policy)), kind_(kind), draw_(seed)
    {
    }

    outcome run(std::size_t clients)
    {
        clients_.assign(clients, {});
        version_ = 0;
        outcome seen;
        for (std::size_t i = 0; i < clients; ++i) {
            send({hop(), step::read, i, false});
        }
        while (!queue_.empty()) {
            auto const m = queue_.top();
            queue_.pop();
            seen.last_done = m.at;
            deliver(m, seen);
        }
        return seen;
    }

private:
    void send(message m) { queue_.push(m); }

    void deliver(message m, outcome& seen)
    {
        auto& client = clients_[m.client];
        switch (m.what) {
        case step::read:
            client.seen_version = version_;
            send({m.at + hop(), step::got_version, m.client, false});
            break;
        case step::got_version: send({m.at + hop(), step::write, m.client, false}); break;
        case step::write: {
            bool const won = client.seen_version == version_;
            version_ += won;
            seen.calls += 1.0;
            send({m.at + hop(), step::got_verdict, m.client, won});
            break;
        }
        case step::got_verdict:
            if (!m.won) {
                send({m.at + hop() + pause(client), step::read, m.client, false});
            }
            break;
        }
    }

    double pause(contender& client)
    {
        client.delay = jittered(policy_, kind_, 0.0, 0ns, ++client.attempt, client.delay, {},
                                draw_.unit());
        return std::chrono::duration<double, std::milli>(client.delay).count();
    }

    // |N(10, 2)| by Box and Muller.
    double hop()
    {
        double const radius = std::sqrt(-2.0 * std::log(1.0 - draw_.unit()));
        return std::abs(10.0 + 2.0 * radius * std::cos(2.0 * std::numbers::pi * draw_.unit()));
    }

    backoff policy_;
    jitter kind_;
    core::generator draw_;
    std::priority_queue<message> queue_{};
    std::vector<contender> clients_{};
    int version_ = 0;
};

outcome average(backoff const& policy, jitter kind, std::size_t clients = 100)
{
    constexpr int trials = 200;
    contention model(policy, kind, 20260401);
    outcome sum;
    for (int i = 0; i < trials; ++i) {
        auto const one = model.run(clients);
        sum.last_done += one.last_done / trials;
        sum.calls += one.calls / trials;
    }
    return sum;
}

bool within(double value, double expected, double by)
{
    return std::abs(value - expected) <= by;
}

// The simulator's first backoff is 2^1 times its base of 5 ms.
backoff const doubling = backoff::exponential(10ms, 2s);

} // namespace

// Tolerances: three standard errors of 200 trials, and of the reference.

TEST_CASE("full jitter makes as many calls, in as much time, as AWS's simulator",
          "[backoff][aws]")
{
    auto const seen = average(doubling, jitter::full);

    CAPTURE(seen.calls, seen.last_done);
    CHECK(within(seen.calls, 796.1, 2.0));
    CHECK(within(seen.last_done, 4946.0, 115.0));
}

TEST_CASE("equal jitter makes as many calls as AWS's simulator", "[backoff][aws]")
{
    auto const seen = average(doubling, jitter::equal);

    CAPTURE(seen.calls, seen.last_done);
    CHECK(within(seen.calls, 812.3, 2.0));
    CHECK(within(seen.last_done, 6614.0, 150.0));
}

TEST_CASE("decorrelated jitter makes as many calls as AWS's simulator", "[backoff][aws]")
{
    auto const seen = average(backoff::exponential(5ms, 2s), jitter::decorrelated);

    CAPTURE(seen.calls, seen.last_done);
    CHECK(within(seen.calls, 1003.6, 7.5));
    CHECK(within(seen.last_done, 4614.0, 115.0));
}

TEST_CASE("exponential backoff without jitter makes as many calls as AWS's simulator",
          "[backoff][aws]")
{
    auto const seen = average(doubling, jitter::none);

    CAPTURE(seen.calls, seen.last_done);
    CHECK(within(seen.calls, 1854.9, 15.0));
    CHECK(within(seen.last_done, 63'649.0, 1500.0));
}

TEST_CASE("no backoff makes the most calls, and full jitter a third of them", "[backoff][aws]")
{
    auto const none = average(backoff::fixed(0s), jitter::none);
    auto const full = average(doubling, jitter::full);

    CAPTURE(none.calls, none.last_done, full.calls);
    CHECK(within(none.calls, 2423.2, 8.0));
    CHECK(within(none.last_done, 2029.0, 20.0));
    CHECK(within(full.calls / none.calls, 0.329, 0.003));
}

TEST_CASE("the model holds for few clients, too", "[backoff][aws]")
{
    auto const seen = average(doubling, jitter::full, 10);

    CAPTURE(seen.calls, seen.last_done);
    CHECK(within(seen.calls, 39.1, 0.6));
    CHECK(within(seen.last_done, 467.0, 30.0));
}
