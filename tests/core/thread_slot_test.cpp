// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/thread_slot.hpp> // self-contained

#include <catch2/catch_test_macros.hpp>

#include <barrier>
#include <cstddef>
#include <set>
#include <thread>
#include <vector>

using resil::core::thread_slot;

namespace {

/// Returns the numbers of so many threads that run at the same time.
std::vector<std::size_t> numbers_of(std::size_t count)
{
    std::vector<std::size_t> numbers(count);
    std::barrier all(static_cast<std::ptrdiff_t>(count));
    std::vector<std::jthread> running;
    for (auto& number : numbers) {
        running.emplace_back([&] {
            number = thread_slot::mine();
            all.arrive_and_wait();
            if (thread_slot::mine() != number) {
                number = thread_slot::count; // which none has
            }
        });
    }
    running.clear();
    return numbers;
}

std::size_t number_of_one()
{
    return numbers_of(1).front();
}

} // namespace

TEST_CASE("threads at the same time have numbers of their own, the lowest that are free",
          "[thread_slot]")
{
    auto const numbers = numbers_of(5);
    std::set<std::size_t> const different(numbers.begin(), numbers.end());
    CHECK(different.size() == 5);
    CHECK_FALSE(different.contains(thread_slot::shared));
    CHECK(*different.rbegin() <= 6); // this thread may have one
}

TEST_CASE("a number goes to the next thread when its owner ends", "[thread_slot]")
{
    auto const first = number_of_one();
    for (int i = 0; i < 100; ++i) {
        REQUIRE(number_of_one() == first);
    }
}

TEST_CASE("threads beyond the last number share one, and only those", "[thread_slot]")
{
    CHECK(thread_slot::count == 32);
    (void)thread_slot::mine(); // one is taken here
    for (int round = 0; round < 3; ++round) {
        auto const numbers = numbers_of(thread_slot::count + 10);
        std::multiset<std::size_t> const all(numbers.begin(), numbers.end());
        CHECK(all.count(thread_slot::shared) == 12);
        for (std::size_t own = 1; own < thread_slot::count; ++own) {
            CHECK(all.count(own) == (own == thread_slot::mine() ? 0 : 1));
        }
        CHECK(all.count(thread_slot::count) == 0);
    }
}

TEST_CASE("what is recorded at the very end of a thread goes where threads share", "[thread_slot]")
{
    static std::size_t seen = thread_slot::count;
    struct last
    {
        ~last() { seen = thread_slot::mine(); }
    };
    std::jthread([] {
        static thread_local last const at_end; // ends after the number's own end, for it began before
        (void)at_end;
        (void)thread_slot::mine();
    }).join();
    CHECK(seen == thread_slot::shared);
}
