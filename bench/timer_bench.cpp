// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Many outstanding deadlines in one context: resil's timer service beside asio::steady_timer.
//
// warm   one further deadline is armed and taken back, with one clock read
// churn  deadlines are moved at random, so that nothing is in the cache; one clock read each
// pause  the longest that a loop with nothing else to do is kept from its next turn while
//        deadlines expire and are armed again, in processor time of the thread
//
// `bytes` is what one outstanding deadline takes, its object included.

#include <resil/timer_service.hpp>

#include "support/counted_memory.hpp"
#include "support/floors.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <deque>
#include <functional>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace bench;
namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

/// xorshift: two nanoseconds, so that drawing does not count.
class numbers
{
public:
    std::uint64_t next() noexcept
    {
        state_ ^= state_ << 13;
        state_ ^= state_ >> 7;
        return state_ ^= state_ << 17;
    }

    resil::duration between(resil::duration from, resil::duration to) noexcept
    {
        return from + resil::duration(next() % std::uint64_t((to - from).count()));
    }

private:
    std::uint64_t state_ = 88172645463325252ULL;
};

// None is due before a benchmark is over, and the further one is neither the first nor the
// last.
constexpr resil::duration soonest = 2s;
constexpr resil::duration latest = 32s;
constexpr resil::duration further = 20s;

// --- resil -----------------------------------------------------------------------------------

void nothing_expired(resil::timer_service::timer&) {}
void nothing_orphaned(resil::timer_service::timer&) noexcept {}
constexpr resil::timer_service::timer::callbacks nothing{nothing_expired, nothing_orphaned};

struct idle_timer : resil::timer_service::timer
{
    idle_timer() noexcept : timer(nothing) {}
};

class resil_deadlines
{
public:
    explicit resil_deadlines(std::size_t n)
        : service_(asio::use_service<resil::timer_service>(context_)), timers_(n)
    {
        resil::single_threaded(context_);
        auto const used = memory_of([this] {
            for (auto& t : timers_) {
                arm(t, numbers_.between(soonest, latest));
            }
        });
        bytes_ = double(used.bytes) / double(n) + sizeof(idle_timer);
    }

    ~resil_deadlines()
    {
        for (auto& t : timers_) {
            service_.disarm(t);
        }
    }

    double bytes() const noexcept { return bytes_; }

    void warm()
    {
        arm(further_, further);
        service_.disarm(further_);
    }

    void churn()
    {
        auto& t = timers_[numbers_.next() % timers_.size()];
        service_.disarm(t);
        arm(t, numbers_.between(soonest, latest));
    }

    void settle() {}

private:
    void arm(idle_timer& t, resil::duration after)
    {
        service_.arm(t, service_.now() + after, context_.get_executor());
    }

    asio::io_context context_{1};
    resil::timer_service& service_;
    std::vector<idle_timer> timers_;
    idle_timer further_;
    numbers numbers_;
    double bytes_ = 0;
};

// --- Asio ------------------------------------------------------------------------------------

class asio_deadlines
{
public:
    explicit asio_deadlines(std::size_t n) : further_(context_)
    {
        auto const used = memory_of([&] {
            for (std::size_t i = 0; i < n; ++i) {
                arm(timers_.emplace_back(context_), numbers_.between(soonest, latest));
            }
        });
        bytes_ = double(used.bytes) / double(n); // the deque's blocks hold the objects
    }

    double bytes() const noexcept { return bytes_; }

    void warm()
    {
        arm(further_, further);
        further_.cancel();
        settle_some();
    }

    void churn()
    {
        // Setting a new time cancels the wait before.
        arm(timers_[numbers_.next() % timers_.size()], numbers_.between(soonest, latest));
        settle_some();
    }

    void settle() { context_.poll(); }

private:
    void arm(asio::steady_timer& t, resil::duration after)
    {
        t.expires_at(clock::now() + after);
        t.async_wait([](resil::error_code) {});
    }

    /// Handlers of cancelled waits have to be run: a thousand at a time, as under load.
    void settle_some()
    {
        if (++cancelled_ % 1000 == 0) {
            settle();
        }
    }

    asio::io_context context_{1};
    std::deque<asio::steady_timer> timers_;
    asio::steady_timer further_;
    numbers numbers_;
    unsigned cancelled_ = 0;
    double bytes_ = 0;
};

template <class Deadlines>
void warm(benchmark::State& state)
{
    Deadlines deadlines(std::size_t(state.range(0)));
    for (auto _ : state) {
        deadlines.warm();
    }
    deadlines.settle();
    state.counters["bytes"] = deadlines.bytes();
}

template <class Deadlines>
void churn(benchmark::State& state)
{
    Deadlines deadlines(std::size_t(state.range(0)));
    for (auto _ : state) {
        deadlines.churn();
    }
    deadlines.settle();
    state.counters["bytes"] = deadlines.bytes();
}

// --- pauses ----------------------------------------------------------------------------------

std::chrono::nanoseconds processor_time()
{
    timespec t{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

/// Expires all the time, and is armed again each time.
class restless
{
public:
    explicit restless(std::size_t n)
        : service_(asio::use_service<resil::timer_service>(context_)), timers_(n)
    {
        resil::single_threaded(context_);
        for (auto& t : timers_) {
            t.owner = this;
            arm(t);
        }
    }

    ~restless()
    {
        for (auto& t : timers_) {
            service_.disarm(t);
        }
    }

    /// Turns the loop for a while, and returns the longest turn.
    std::chrono::nanoseconds longest_turn(resil::duration length)
    {
        auto const end = clock::now() + length;
        auto longest = 0ns;
        auto before = processor_time();
        std::function<void()> turn = [&] {
            auto const now = processor_time();
            longest = std::max(longest, now - before);
            before = now;
            if (clock::now() < end) {
                asio::post(context_, std::ref(turn));
            } else {
                context_.stop();
            }
        };
        asio::post(context_, std::ref(turn));
        context_.run();
        return longest;
    }

    std::size_t expired() const noexcept { return expired_; }

private:
    struct restless_timer : resil::timer_service::timer
    {
        restless_timer() noexcept : timer(again) {}
        restless* owner = nullptr;
    };

    static void expire(resil::timer_service::timer& t)
    {
        auto& self = static_cast<restless_timer&>(t);
        ++self.owner->expired_;
        self.owner->arm(self);
    }

    static constexpr resil::timer_service::timer::callbacks again{expire, nothing_orphaned};

    void arm(restless_timer& t)
    {
        service_.arm(t, service_.now() + numbers_.between(1ms, 5s), context_.get_executor());
    }

    asio::io_context context_{1};
    resil::timer_service& service_;
    std::vector<restless_timer> timers_;
    numbers numbers_;
    std::size_t expired_ = 0;
};

void pause(benchmark::State& state)
{
    std::size_t expired = 0;
    for (auto _ : state) {
        restless deadlines(std::size_t(state.range(0)));
        std::chrono::duration<double> const longest = deadlines.longest_turn(1s);
        state.SetIterationTime(longest.count());
        expired += deadlines.expired();
    }
    state.counters["expired"] = double(expired);
}

BENCH_REGISTER
{
    register_floors();
    for (int const n : {1'000, 10'000, 100'000, 1'000'000}) {
        // A set number of rounds: filling the context again for each trial would take minutes.
        auto const add = [n](char const* name, void (*run)(benchmark::State&)) {
            benchmark::RegisterBenchmark(name, run)->Arg(n)->Iterations(200'000);
        };
        add("resil_warm", warm<resil_deadlines>);
        add("asio_warm", warm<asio_deadlines>);
        add("resil_churn", churn<resil_deadlines>);
        add("asio_churn", churn<asio_deadlines>);
    }
    benchmark::RegisterBenchmark("resil_pause", pause)
        ->Arg(100'000)
        ->Iterations(1)
        ->UseManualTime();
}

} // namespace
