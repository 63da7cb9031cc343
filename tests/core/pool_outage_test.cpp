// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// A server that is down for a minute. T<n> is a bug of another pool.

#include <resil/core/pool_machine.hpp> // self-contained
#include <resil/core/random.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <core/pool_rig.hpp>
#include <deque>
#include <utility>
#include <vector>

using namespace resil;
using namespace resil::tests;

namespace {

error_code const refused = boost::asio::error::connection_refused;

/// A server that is down for a while, and two hundred users who always want a connection.
class outage
{
public:
    outage()
        : options_(options()), machine_(options_), slots_(options_.max_size), waiters_(users)
    {
        for (auto& slot : slots_) {
            machine_.supply(slot);
        }
        for (auto& waiter : waiters_) {
            resting_.push_back(&waiter);
        }
    }

    void run_until(time_point end)
    {
        while (now_ < end) {
            now_ += tick;
            machine_.expire(now_); // as the timers of those who wait do
            follow();
            finish(opening_, [&](pool_slot& slot) {
                is_down() ? machine_.open_failed(slot, false, refused, now_, draw_.unit())
                          : machine_.opened(slot, now_, draw_.unit());
            });
            finish(lent_, [&](pool_slot& slot) {
                auto const how = is_down() ? pool_return::disconnected : pool_return::clean;
                machine_.give_back(slot, how, now_);
            });
            everybody_asks();
            most_connecting = std::max(most_connecting, machine_.snapshot().opening);
        }
    }

    static constexpr duration tick = 5ms;
    static constexpr duration connect_time = 20ms;
    static constexpr std::size_t users = 200;

    time_point down_from = at(1s);
    time_point down_until = at(61s);
    std::size_t most_connecting = 0;
    std::size_t connects_while_down = 0;
    duration longest_wait{};
    time_point first_good = time_point::max(); ///< After the outage.
    std::size_t served_afterwards = 0;

private:
    using dated = std::deque<std::pair<time_point, pool_slot*>>;

    static connection_pool_options options()
    {
        connection_pool_options o;
        o.max_size = 10;
        o.max_waiters = users;
        return o;
    }

    bool is_down() const { return now_ >= down_from && now_ < down_until; }

    template <class Report>
    void finish(dated& all, Report report)
    {
        while (!all.empty() && all.front().first <= now_) {
            auto* const slot = all.front().second;
            all.pop_front();
            report(*slot);
            follow();
        }
    }

    void everybody_asks()
    {
        for (auto tries = resting_.size(); tries > 0; --tries) {
            auto* const waiter = resting_.front();
            resting_.pop_front();
            switch (machine_.acquire(*waiter, now_, now_ + 5s)) {
            case pool_entry::granted: lend(*waiter); break;
            case pool_entry::queued: break;
            case pool_entry::rejected: resting_.push_back(waiter); break;
            }
            follow();
        }
    }

    void lend(pool_waiter& waiter)
    {
        lent_.emplace_back(now_ + 10ms, waiter.slot);
        resting_.push_back(&waiter);
        if (now_ >= down_until) {
            first_good = std::min(first_good, now_);
            ++served_afterwards;
        }
    }

    void follow()
    {
        for (auto all = machine_.take_actions(); !all.empty(); all = machine_.take_actions()) {
            while (auto* const slot = all.next_slot()) {
                begin(*slot);
            }
            while (auto* const waiter = all.next_waiter()) {
                tell(*waiter);
            }
        }
    }

    void begin(pool_slot& slot)
    {
        if (slot.task != pool_task::open) {
            REQUIRE(machine_.closed(slot, now_)); // nothing is idle long enough for a ping
            return;
        }
        opening_.emplace_back(now_ + connect_time, &slot);
        connects_while_down += is_down();
    }

    void tell(pool_waiter& waiter)
    {
        longest_wait = std::max(longest_wait, waiter.waited);
        if (waiter.slot == nullptr) {
            resting_.push_back(&waiter);
            return;
        }
        REQUIRE(waiter.deadline > now_);
        lend(waiter);
    }

    connection_pool_options options_;
    core::pool_machine machine_;
    std::vector<pool_slot> slots_;
    std::vector<pool_waiter> waiters_;
    std::deque<pool_waiter*> resting_{};
    dated opening_{};
    dated lent_{};
    core::generator draw_{7};
    time_point now_ = at(0s);
};

} // namespace

TEST_CASE(
    "T40: after an outage of a minute with two hundred waiters, the pool is back within one "
    "pause, without a storm, and nobody has waited beyond the deadline",
    "[pool][T40]")
{
    outage world;
    world.run_until(world.down_until + 10s);

    auto const pause = connection_pool_options().max_connect_backoff;
    CHECK(world.first_good <= world.down_until + pause + world.connect_time + 2 * world.tick);
    CHECK(world.most_connecting <= 4);
    CHECK(world.connects_while_down >= 10);
    CHECK(world.connects_while_down <= 100); // 60 s of pauses that grow to 5 s
    CHECK(world.longest_wait <= 5s + world.tick);
    CHECK(world.served_afterwards >= 3'000); // 10 connections, 10 ms each, at least 4 s
}
