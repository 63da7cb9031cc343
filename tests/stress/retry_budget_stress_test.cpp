// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/random.hpp>
#include <resil/core/retry_budget.hpp>

#include "stress/together.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <vector>

using namespace resil;
using stress::threads;
using stress::together;

TEST_CASE("T18: eight threads never get more retries than the budget holds",
          "[retry_budget][T18]")
{
    for (int round = 0; round < 50; ++round) {
        retry_budget const budget{{.max_tokens = 1000}};
        std::atomic<int> allowed{0};

        together([&, shared = budget](int) mutable {
            for (int i = 0; i < 500; ++i) {
                allowed += shared.try_withdraw();
            }
        });

        CHECK(allowed == 499); // those above the half
        CHECK(budget.tokens() == 0.0);
    }
}

TEST_CASE("T18: asking after each failure never allows more, either", "[retry_budget][T18]")
{
    for (int round = 0; round < 50; ++round) {
        retry_budget const budget{{.max_tokens = 1000}};
        std::atomic<int> allowed{0};

        together([&, shared = budget](int) mutable {
            for (int i = 0; i < 500; ++i) {
                shared.on_failure();
                allowed += shared.allows();
            }
        });

        CHECK(allowed <= 499);
        CHECK(budget.tokens() == 0.0);
    }
}

TEST_CASE("successes and failures of eight threads are all counted", "[retry_budget]")
{
    retry_budget const budget{{.max_tokens = 100'000, .token_ratio = 0.5}};

    together([shared = budget](int) mutable {
        for (int i = 0; i < 5000; ++i) {
            shared.on_failure();
            shared.on_failure();
            shared.on_success();
        }
    });

    // The order decides how often the bucket was full: only the first successes can be lost.
    CHECK(budget.tokens() <= 100'000 - threads * 5000 * 1.5 + 1e-6);
    CHECK(budget.tokens() >= 100'000 - threads * 5000 * 2.0);
}

TEST_CASE("no success of eight threads is lost on the way", "[retry_budget]")
{
    retry_budget budget{{.max_tokens = 1000, .token_ratio = 0.005}};
    while (budget.tokens() > 0.0) {
        budget.on_failure();
    }

    together([shared = budget](int) mutable {
        for (int i = 0; i < 20'000; ++i) {
            shared.on_success();
        }
    });

    CHECK(budget.tokens() == threads * 20'000 * 5 / 1000); // in whole thousandths
}

TEST_CASE("the bucket of eight threads stays within its bounds", "[retry_budget]")
{
    retry_budget const budget{{.max_tokens = 3, .token_ratio = 1.0}};
    std::atomic<bool> outside{false};

    together([&, shared = budget](int which) mutable {
        core::generator draw(static_cast<std::uint64_t>(which));
        for (int i = 0; i < 20'000; ++i) {
            draw.unit() < 0.5 ? shared.on_failure() : shared.on_success();
            double const tokens = shared.tokens();
            if (tokens < 0.0 || tokens > 3.0) {
                outside = true;
            }
        }
    });

    CHECK_FALSE(outside);
}

TEST_CASE("eight threads draw every number of a shared generator once", "[random]")
{
    constexpr int draws = 2000;
    core::shared_generator shared(42);
    std::vector<std::vector<std::uint64_t>> drawn(threads);

    together([&](int which) {
        auto& mine = drawn[static_cast<std::size_t>(which)];
        mine.reserve(draws);
        for (int i = 0; i < draws; ++i) {
            mine.push_back(shared.next());
        }
    });

    std::vector<std::uint64_t> all;
    std::vector<std::uint64_t> expected;
    core::generator alone(42);
    for (auto const& mine : drawn) {
        all.insert(all.end(), mine.begin(), mine.end());
    }
    for (int i = 0; i < threads * draws; ++i) {
        expected.push_back(alone.next());
    }
    std::sort(all.begin(), all.end());
    std::sort(expected.begin(), expected.end());
    CHECK(all == expected);
}
