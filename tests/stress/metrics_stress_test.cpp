// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/latency_histogram.hpp>
#include <resil/core/striped_cells.hpp>
#include <resil/service/metrics.hpp>
#include <resil/service/prometheus_text.hpp>

#include "stress/together.hpp"

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using resil::service::metrics;
using stress::threads;
using stress::together;

TEST_CASE("nothing that eight threads record is lost while another reads", "[metrics]")
{
    metrics const all{{.max_series = 3}};
    auto const orders = all.counter("orders_total", "Orders.");
    auto const depth = all.gauge("depth", "Depth.");
    auto const taken = all.latency("taken_seconds", "Time.");
    auto const paths = all.counters("paths_total", "Paths.", {"path"});
    constexpr int rounds = 20'000;

    std::jthread const reader([&](std::stop_token stop) {
        std::uint64_t before = 0;
        while (!stop.stop_requested()) {
            auto const now = orders.value();
            if (now < before) {
                FAIL("a counter went back");
            }
            before = now;
            (void)prometheus_text(all);
        }
    });
    together([&](int which) {
        for (int i = 0; i < rounds; ++i) {
            orders.add();
            depth.add(i % 2 == 0 ? 1 : -1);
            taken.record(resil::duration(i));
            if (i % 100 == 0) {
                paths.with({std::to_string(i + which)}).add();
            }
        }
    });

    CHECK(orders.value() == std::uint64_t(threads) * rounds);
    CHECK(depth.value() == 0.0);
    CHECK(taken.histogram().count() == std::uint64_t(threads) * rounds);
    CHECK(taken.histogram().sum() == resil::duration(std::int64_t(threads) * rounds * (rounds - 1) / 2));
    CHECK(taken.histogram().max() == resil::duration(rounds - 1));
}

TEST_CASE("threads that come and go hand their numbers on, and what they counted stays", "[striped_cells]")
{
    resil::core::striped_cells cells(1);
    constexpr int rounds = 100;

    together([&](int) {
        for (int i = 0; i < rounds; ++i) {
            std::jthread([&] { cells.mine().add(0, 1); });
        }
    });

    CHECK(cells.sum(0) == std::uint64_t(threads) * rounds);
}

TEST_CASE("no two running threads have one number, but those that share", "[striped_cells]")
{
    using resil::core::thread_slot;
    constexpr int many = 50; // more than there are numbers
    std::vector<std::size_t> numbers(many);
    std::vector<std::jthread> running;
    std::atomic<int> asked{0};
    resil::core::striped_cells cells(1);
    for (int i = 0; i < many; ++i) {
        running.emplace_back([&, i] {
            numbers[static_cast<std::size_t>(i)] = thread_slot::mine();
            for (int n = 0; n < 1000; ++n) {
                cells.mine().add(0, 1);
            }
            ++asked;
            while (asked < many) {
                std::this_thread::yield();
            }
        });
    }
    running.clear();

    std::set<std::size_t> owned;
    std::size_t sharing = 0;
    for (auto const number : numbers) {
        sharing += number == thread_slot::shared;
        if (number != thread_slot::shared) {
            CHECK(owned.insert(number).second);
        }
    }
    CHECK(owned.size() >= thread_slot::count - 2); // this thread may have one
    CHECK(owned.size() + sharing == many);
    CHECK(cells.sum(0) == std::uint64_t(many) * 1000);
}
