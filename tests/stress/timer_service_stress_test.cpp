// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/random.hpp>
#include <resil/timer_service.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

namespace asio = boost::asio;
using namespace resil;
using namespace std::chrono_literals;

namespace {

constexpr auto test_time = 3s;

std::atomic<std::uint64_t> early{0};

/// A timer that tells its owner whether it expired.
struct bell : timer_service::timer
{
    bell() : timer(told) {}

    static void on_expired(timer& t)
    {
        auto& self = static_cast<bell&>(t);
        early += std::chrono::steady_clock::now() < self.at();
        self.expired.store(true, std::memory_order_release);
    }

    static void on_orphaned(timer& t) noexcept { static_cast<bell&>(t).expired = true; }

    static constexpr callbacks told{&on_expired, &on_orphaned};

    std::atomic<bool> expired{false};
};

/// Arms and disarms from one thread; each timer either expires or is disarmed, never both.
template <class Executor>
std::uint64_t arm_and_disarm(timer_service& service, Executor ex, std::uint64_t seed)
{
    core::generator draw(seed);
    std::vector<bell> bells(64);
    std::vector<bool> armed(bells.size());
    std::uint64_t contradictions = 0;
    auto const end = std::chrono::steady_clock::now() + test_time;
    while (std::chrono::steady_clock::now() < end) {
        auto const which = draw.next() % bells.size();
        auto& a = bells[which];
        if (!armed[which]) {
            a.expired = false;
            service.arm(a, service.now() + std::chrono::microseconds(draw.next() % 3'000), ex);
            armed[which] = true;
        } else if (draw.next() % 2 == 0) {
            bool const disarmed = service.disarm(a);
            if (disarmed) {
                contradictions += a.expired;
            } else {
                while (!a.expired.load(std::memory_order_acquire)) {
                    std::this_thread::yield();
                }
            }
            armed[which] = false;
        }
    }
    for (std::size_t i = 0; i < bells.size(); ++i) {
        if (armed[i] && !service.disarm(bells[i])) {
            while (!bells[i].expired.load(std::memory_order_acquire)) {
                std::this_thread::yield();
            }
        }
    }
    return contradictions;
}

template <class Context>
void hammer(Context& context)
{
    auto& service = asio::use_service<timer_service>(context);
    early = 0;
    std::atomic<std::uint64_t> contradictions{0};
    {
        std::vector<std::jthread> threads;
        for (std::uint64_t i = 0; i < 4; ++i) {
            threads.emplace_back([&, i] {
                contradictions += arm_and_disarm(service, context.get_executor(), i);
            });
        }
    }
    CHECK(early == 0);
    CHECK(contradictions == 0);
    CHECK(service.armed() == 0);
}

} // namespace

TEST_CASE("timers armed and disarmed by many threads never expire early", "[stress][timer]")
{
    SECTION("on a thread pool")
    {
        asio::thread_pool pool(4);
        hammer(pool);
        pool.join();
    }
    SECTION("on a thread pool of one: its hint does not say where timers are armed")
    {
        asio::thread_pool pool(1);
        hammer(pool);
        pool.join();
    }
    SECTION("on an io_context that two threads run")
    {
        asio::io_context context;
        auto work = asio::make_work_guard(context);
        std::vector<std::jthread> threads;
        for (int i = 0; i < 2; ++i) {
            threads.emplace_back([&] { context.run(); });
        }
        hammer(context);
        work.reset();
        threads.clear();
    }
}

TEST_CASE("a context is destroyed while its timers expire", "[stress][timer]")
{
    core::generator draw(7);
    for (int round = 0; round < 300; ++round) {
        std::vector<bell> bells(16);
        {
            asio::thread_pool pool(2);
            auto& service = asio::use_service<timer_service>(pool);
            for (auto& a : bells) {
                auto const at = std::chrono::microseconds(draw.next() % 2'000);
                service.arm(a, service.now() + at, pool.get_executor());
            }
            std::this_thread::sleep_for(std::chrono::microseconds(draw.next() % 1'000));
            pool.stop();
        }
        for (auto const& a : bells) {
            REQUIRE(a.expired);
        }
    }
}
