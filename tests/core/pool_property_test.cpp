// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Random histories of a pool, and an auditor that knows what must hold after every event.

#include <resil/core/pool_machine.hpp>
#include <resil/core/random.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <core/words.hpp>
#include <deque>
#include <vector>

using namespace resil;
using namespace resil::core;
using namespace resil::tests;

namespace {

constexpr std::size_t most_slots = 8;

connection_pool_options random_options(generator& draw)
{
    auto const below = [&](std::uint64_t n) { return draw.next() % n; };
    auto const seconds = [&](std::uint64_t n) { return std::chrono::seconds(below(n)); };
    connection_pool_options o;
    o.max_size = 1 + below(6);
    if (below(2) == 0) {
        o.max_idle = 1 + below(o.max_size);
    }
    o.min_idle = below(3) == 0 ? below(o.idle_limit(o.max_size) + 1) : 0;
    o.max_waiters = below(12);
    o.idle_order = below(4) == 0 ? idle_order::fifo : idle_order::lifo;
    o.ping_after_idle = below(4) == 0 ? connection_pool_options::never : below(4) * 300ms;
    o.max_lifetime = seconds(60);
    o.max_uses = below(3) * 5;
    o.idle_timeout = seconds(20);
    o.keepalive_interval = seconds(5);
    o.max_connecting = 1 + below(4);
    o.connect_failures_to_trip = below(6);
    o.validate();
    return o;
}

class history
{
public:
    explicit history(std::uint64_t seed)
        : draw_(seed),
          options_(random_options(draw_)),
          machine_(options_),
          slots_(most_slots),
          max_size_(options_.max_size)
    {
        for (auto& slot : slots_) {
            machine_.supply(slot);
        }
        machine_.poke(now_);
    }

    void step()
    {
        now_ += std::chrono::milliseconds(below(40) == 0 ? below(9'000) : below(120));
        auto const what = below(100);
        if (what < 30) {
            acquire();
        } else if (what < 70) {
            report();
        } else if (what < 90) {
            give_back();
        } else if (what < 94) {
            cancel();
        } else if (what < 96) {
            machine_.sweep(now_);
            swept_ = true;
        } else if (what < 98) {
            poke();
        } else {
            by_hand();
        }
        audit();
    }

    /// Drains the pool, and lets all that is out come back in any order.
    void drain()
    {
        machine_.drain(
            below(2) == 0 ? drain_waiters::fail : drain_waiters::serve_until_deadline, now_);
        draining_ = true;
        audit();
        for (int i = 0; i < 10'000 && !machine_.drained(); ++i) {
            now_ += 1ms;
            below(2) == 0 ? report() : give_back();
            if (below(50) == 0) {
                machine_.expire(now_);
            }
            audit();
        }
        REQUIRE(machine_.drained());
        REQUIRE(waiting_.empty());
        pool_waiter late;
        REQUIRE(machine_.acquire(late, now_, now_ + 1s) == pool_entry::rejected);
        REQUIRE(late.why == pool_failure::draining);
    }

    std::uint64_t served() const { return served_; }

private:
    std::uint64_t below(std::uint64_t n) { return draw_.next() % n; }

    template <class Node>
    Node* take(std::vector<Node*>& from)
    {
        if (from.empty()) {
            return nullptr;
        }
        std::swap(from[below(from.size())], from.back());
        Node* const taken = from.back();
        from.pop_back();
        return taken;
    }

    void acquire()
    {
        if (below(8) == 0) {
            if (auto* const slot = machine_.try_acquire(now_)) {
                REQUIRE(waiting_.empty());
                lent(*slot);
            }
            return;
        }
        auto& waiter = *(spare_.empty() ? &waiters_.emplace_back() : take(spare_));
        bool const someone_waits = live_waiters();
        switch (machine_.acquire(waiter, now_, now_ + below(60) * 50ms)) {
        case pool_entry::granted:
            REQUIRE_FALSE(someone_waits); // nobody was overtaken
            lent(*waiter.slot);
            spare_.push_back(&waiter);
            break;
        case pool_entry::queued: waiting_.push_back(&waiter); break;
        case pool_entry::rejected:
            REQUIRE(waiter.why != pool_failure::none);
            spare_.push_back(&waiter);
            break;
        }
    }

    bool live_waiters() const
    {
        return std::any_of(waiting_.begin(), waiting_.end(),
                           [&](auto const* w) { return w->deadline > now_; });
    }

    void lent(pool_slot& slot)
    {
        REQUIRE(std::find(leased_.begin(), leased_.end(), &slot) == leased_.end());
        leased_.push_back(&slot);
        ++served_;
    }

    void report()
    {
        pool_slot* const slot = take(tasks_);
        if (slot == nullptr) {
            return;
        }
        bool const well = below(4) != 0;
        bool const permanent = below(4) == 0;
        switch (slot->task) {
        case pool_task::open:
            REQUIRE((well ? machine_.opened(*slot, now_, draw_.unit())
                          : machine_.open_failed(*slot, permanent, {}, now_, draw_.unit())));
            break;
        case pool_task::ping: REQUIRE(machine_.pinged(*slot, well, now_)); break;
        case pool_task::reset: REQUIRE(machine_.reset_done(*slot, well, now_)); break;
        case pool_task::close:
        case pool_task::cut: REQUIRE(machine_.closed(*slot, now_)); break;
        }
    }

    void give_back()
    {
        pool_slot* const slot = take(leased_);
        if (slot == nullptr) {
            return;
        }
        if (below(30) == 0) {
            REQUIRE(machine_.detach(*slot, now_));
            return;
        }
        auto const how =
            below(3) != 0 ? pool_return::clean : static_cast<pool_return>(below(4));
        REQUIRE(machine_.give_back(*slot, how, now_));
        REQUIRE_FALSE(
            (slot->state != pool_slot_state::leased && machine_.give_back(*slot, how, now_)));
    }

    void cancel()
    {
        if (waiting_.empty()) {
            return;
        }
        auto const chosen = waiting_.begin() + static_cast<long>(below(waiting_.size()));
        pool_waiter* const waiter = *chosen;
        waiting_.erase(chosen);
        REQUIRE(machine_.abandon(*waiter, pool_failure::cancelled, now_));
        REQUIRE_FALSE(machine_.abandon(*waiter, pool_failure::cancelled, now_));
        spare_.push_back(waiter);
    }

    void poke()
    {
        if (auto const when = machine_.poke_at()) {
            now_ = std::max(now_, *when);
        }
        machine_.poke(now_);
    }

    void by_hand()
    {
        switch (below(4)) {
        case 0: machine_.pause(); break;
        case 1: machine_.resume(now_); break;
        case 2: machine_.invalidate(now_); break;
        default: max_size_ = 1 + below(most_slots); machine_.resize(max_size_, now_);
        }
    }

    void audit()
    {
        ++events;
        follow(machine_.take_actions());
        auto const s = machine_.snapshot();
        audit_sums(s);
        REQUIRE(s.waiters == waiting_.size());
        REQUIRE(s.in_use == leased_.size());
        // After a resize the size may be too large, but it only falls.
        REQUIRE(s.size <= std::max(max_size_, last_size_));
        REQUIRE((s.opening == 0 || s.size <= std::max(max_size_, last_size_)));
        last_size_ = s.size;
        if (!s.paused) {
            audit_invariant(s);
        }
        if (swept_) {
            REQUIRE_FALSE(std::any_of(waiting_.begin(), waiting_.end(),
                                      [&](auto const* w) { return w->deadline <= now_; }));
            swept_ = false;
        }
    }

    void follow(pool_actions actions)
    {
        while (auto* const slot = actions.next_slot()) {
            REQUIRE(std::find(tasks_.begin(), tasks_.end(), slot) == tasks_.end());
            REQUIRE((slot->task != pool_task::ping ||
                     (slot->patience > 0s && slot->patience <= options_.ping_timeout)));
            REQUIRE_FALSE((draining_ && slot->task == pool_task::open));
            tasks_.push_back(slot);
        }
        while (auto* const waiter = actions.next_waiter()) {
            finish(*waiter);
        }
    }

    void finish(pool_waiter& waiter)
    {
        auto const place = std::find(waiting_.begin(), waiting_.end(), &waiter);
        REQUIRE(place != waiting_.end()); // completed once, and not after it was cancelled
        REQUIRE_FALSE(waiter.queued);
        REQUIRE((waiter.slot != nullptr) == (waiter.why == pool_failure::none));
        if (waiter.slot != nullptr) {
            REQUIRE(waiter.deadline > now_);
            REQUIRE(place == waiting_.begin()); // in order of arrival
            lent(*waiter.slot);
        }
        if (waiter.why == pool_failure::timed_out) {
            REQUIRE(waiter.deadline <= now_);
        }
        waiting_.erase(place);
        spare_.push_back(&waiter);
    }

    void audit_sums(pool_snapshot const& s) const
    {
        REQUIRE(s.size == s.opening + s.idle + s.pinging + s.in_use + s.resetting + s.closing);
        REQUIRE(s.opening + s.pinging + s.resetting + s.closing == tasks_.size());
        REQUIRE(s.idle <= options_.idle_limit(max_size_));
        REQUIRE(s.opened == s.detached + total_closed(s) + s.size - s.opening - s.closing);
    }

    static std::uint64_t total_closed(pool_snapshot const& s)
    {
        std::uint64_t sum = 0;
        for (auto const n : s.closed) {
            sum += n;
        }
        return sum;
    }

    void audit_invariant(pool_snapshot const& s) const
    {
        std::size_t const under_way = s.opening + s.pinging;
        bool const uncovered = s.waiters > under_way;
        REQUIRE_FALSE((uncovered && s.idle > 0));
        bool const tripped = options_.connect_failures_to_trip != 0 &&
                             s.connect_failures >= options_.connect_failures_to_trip;
        std::size_t const connecting = tripped ? 1 : options_.max_connecting;
        bool const room = s.size < max_size_ && s.opening < connecting && !s.draining;
        REQUIRE_FALSE((uncovered && room && !machine_.poke_at()));
        REQUIRE_FALSE((s.idle + under_way < options_.min_idle && room && !machine_.poke_at()));
        if (s.waiters > 0 && options_.ping_after_idle == connection_pool_options::never) {
            REQUIRE(s.idle == 0);
        }
    }

public:
    std::uint64_t events = 0;

private:
    generator draw_;
    connection_pool_options options_;
    pool_machine machine_;
    std::vector<pool_slot> slots_;
    std::deque<pool_waiter> waiters_{};
    std::vector<pool_waiter*> spare_{};
    std::vector<pool_waiter*> waiting_{}; // in order of arrival
    std::vector<pool_slot*> leased_{};
    std::vector<pool_slot*> tasks_{};
    std::size_t max_size_;
    std::size_t last_size_ = 0;
    time_point now_ = at(0s);
    std::uint64_t served_ = 0;
    bool swept_ = false;
    bool draining_ = false;
};

} // namespace

TEST_CASE("no history of a pool breaks what must hold after every event", "[pool]")
{
    constexpr std::uint64_t histories = 2'000;
    constexpr int steps = 600;
    std::uint64_t events = 0;
    std::uint64_t served = 0;
    for (std::uint64_t seed = 1; seed <= histories; ++seed) {
        INFO("seed " << seed);
        history h(seed);
        for (int i = 0; i < steps; ++i) {
            h.step();
        }
        h.drain();
        events += h.events;
        served += h.served();
    }
    CHECK(events >= 1'000'000);
    CHECK(served >= 100'000);
}
