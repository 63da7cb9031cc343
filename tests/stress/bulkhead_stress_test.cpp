// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/bulkhead.hpp>
#include <resil/core/random.hpp>

#include "stress/together.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <thread>

using namespace resil;
using namespace std::chrono_literals;
using stress::threads;
using stress::together;

namespace {

constexpr int rounds = 20'000;

/// A caller that enters a bulkhead, waits if it must, and leaves.
class caller : public detail::bulkhead_seat
{
public:
    caller()
    {
        this->grant = [](detail::bulkhead_seat& seat) {
            static_cast<caller&>(seat).granted_.store(true, std::memory_order_release);
        };
    }

    /// Returns whether it has a permit now.
    bool enter(bulkhead const& b, bool patient)
    {
        granted_ = false;
        switch (b.enter(*this)) {
        case core::bulkhead_entry::admitted: return true;
        case core::bulkhead_entry::full: return false;
        case core::bulkhead_entry::queued: break;
        }
        auto const end = std::chrono::steady_clock::now() + (patient ? 60s : 0s);
        while (!granted_.load(std::memory_order_acquire)) {
            if (std::chrono::steady_clock::now() >= end) {
                lost += patient;
                return !b.abandon(*this);
            }
            std::this_thread::yield();
        }
        return true;
    }

    int lost = 0; ///< How often it waited so long that it must have been forgotten.

private:
    std::atomic<bool> granted_{false};
};

} // namespace

TEST_CASE("eight threads never are more inside than there are permits", "[bulkhead][gate]")
{
    auto const permits = GENERATE(std::size_t(1), std::size_t(3), std::size_t(8));
    auto const places = GENERATE(std::size_t(0), std::size_t(2), std::size_t(8));
    bulkhead const b{{.max_concurrent = permits, .max_queued = places}};
    std::atomic<std::size_t> inside{0}, most{0};
    std::atomic<std::uint64_t> admitted{0};
    std::atomic<int> lost{0};
    std::uint64_t unguarded = 0; // with one permit, the bulkhead guards it
    together([&](int which) {
        core::generator draw(static_cast<std::uint64_t>(which));
        caller self;
        for (int i = 0; i < rounds / 4; ++i) {
            if (!self.enter(b, draw.next() % 8 != 0)) {
                continue;
            }
            ++admitted;
            auto const now = ++inside;
            if (now > permits) {
                most = now;
            }
            if (permits == 1) {
                ++unguarded;
            }
            --inside;
            b.leave();
        }
        lost += self.lost;
    });

    auto const seen = b.snapshot();
    CHECK(most == 0);
    CHECK(lost == 0);
    CHECK(seen.in_use == 0);
    CHECK(seen.queued == 0);
    CHECK(seen.admitted == admitted);
    CHECK((permits != 1 || unguarded == admitted));
}

TEST_CASE("eight threads enter, wait and leave while the bulkhead is resized",
          "[bulkhead][gate][resize]")
{
    constexpr std::size_t largest = 4;
    bulkhead const b{{.max_concurrent = largest, .max_queued = threads}};
    std::atomic<std::size_t> inside{0};
    std::atomic<bool> too_many{false};
    std::atomic<int> lost{0};
    together([&](int which) {
        core::generator draw(static_cast<std::uint64_t>(which));
        caller self;
        for (int i = 0; i < rounds / 2; ++i) {
            if (which == 0 && i % 16 == 0) {
                b.resize(1 + draw.next() % largest);
            }
            if (which == 1 && i % 16 == 0) {
                auto const seen = b.snapshot();
                too_many = too_many || seen.in_use > largest;
            }
            if (self.enter(b, draw.next() % 8 != 0)) {
                if (++inside > largest) {
                    too_many = true;
                }
                --inside;
                b.leave();
            }
        }
        lost += self.lost;
    });

    CHECK_FALSE(too_many);
    CHECK(lost == 0);
    CHECK(b.snapshot().in_use == 0);
    CHECK(b.snapshot().queued == 0);
    b.resize(1);
    caller one, other;
    CHECK(b.enter(one) == core::bulkhead_entry::admitted);
    CHECK(b.enter(other) == core::bulkhead_entry::queued);
    CHECK(b.abandon(other));
    b.leave();
    CHECK(b.snapshot().in_use == 0);
}
