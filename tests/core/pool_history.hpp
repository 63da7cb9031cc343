// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_CORE_POOL_HISTORY_HPP
#define RESIL_TESTS_CORE_POOL_HISTORY_HPP

#include <resil/core/pool_machine.hpp>
#include <resil/core/random.hpp>

#include <algorithm>
#include <core/pool_model.hpp>
#include <core/words.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

namespace resil::tests {

/// Lets random things happen to a pool, in any order, and compares it with a model after each.
template <class Machine>
class pool_history
{
public:
    explicit pool_history(std::uint64_t seed)
        : draw_(seed),
          options_(random_options()),
          machine_(options_),
          slots_(most_slots),
          model_(options_, slots_)
    {
        for (auto& slot : slots_) {
            machine_.supply(slot);
        }
        machine_.poke(now_);
        finish_event();
    }

    void step()
    {
        pass(std::chrono::milliseconds(below(40) == 0 ? below(9'000) : below(120)));
        switch (auto const what = below(100); what / 10) {
        case 0:
        case 1:
        case 2: acquire(); break;
        case 3:
        case 4:
        case 5:
        case 6: report(); break;
        case 7: give_back(); break;
        case 8: below(2) == 0 ? give_back() : sweep(); break;
        default: seldom(what % 10);
        }
    }

    /// Drains the pool, and lets all that is out come back in any order.
    void drain()
    {
        bool const fails = below(2) == 0;
        model_.draining = true;
        model_.paused = false;
        machine_.drain(fails ? drain_waiters::fail : drain_waiters::serve_until_deadline, now_);
        finish_event();
        for (int i = 0; i < 10'000 && !machine_.drained(); ++i) {
            pass(1ms);
            below(2) == 0 ? report() : give_back();
            if (below(50) == 0) {
                machine_.expire(now_);
                finish_event();
            }
        }
        model_.check(machine_.drained(), "a drain ends");
        model_.check(model_.tasks.empty() && model_.leased.empty(),
                     "not while anything is out");
        model_.check(model_.waiting.empty() && model_.warm_ups.empty(), "everybody is told");
        acquire();
    }

    std::uint64_t events() const { return events_; }
    std::uint64_t served() const { return model_.served; }

private:
    static constexpr std::size_t most_slots = 8;

    std::uint64_t below(std::uint64_t n) { return draw_.next() % n; }

    void pass(duration d) { model_.now = now_ += d; }

    connection_pool_options random_options()
    {
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

    // ----- what can happen ------------------------------------------------------------------

    void acquire()
    {
        if (below(8) == 0) {
            core::pool_slot* const slot = machine_.try_acquire(now_);
            finish_event(slot);
            return;
        }
        auto& user = *(spare_.empty() ? &users_.emplace_back() : take(spare_));
        user.arrival = ++arrivals_;
        auto const deadline = now_ + below(60) * 50ms;
        auto const entry = machine_.acquire(user, now_, deadline);
        model_.expect_entry(user, entry, deadline);
        if (entry != core::pool_entry::queued) {
            spare_.push_back(&user);
        }
        finish_event(entry == core::pool_entry::granted ? user.slot : nullptr);
    }

    void report()
    {
        core::pool_slot* const slot = take(model_.tasks);
        if (slot == nullptr) {
            return;
        }
        bool const well = below(4) != 0;
        bool const permanent = below(4) == 0;
        double const unit = draw_.unit();
        auto const task = slot->task;
        model_.reported(*slot, well, unit);
        bool taken = false;
        switch (task) {
        case core::pool_task::open:
            taken = well ? machine_.opened(*slot, now_, unit)
                         : machine_.open_failed(*slot, permanent, {}, now_, unit);
            break;
        case core::pool_task::ping: taken = machine_.pinged(*slot, well, now_); break;
        case core::pool_task::reset: taken = machine_.reset_done(*slot, well, now_); break;
        case core::pool_task::close:
        case core::pool_task::cut: taken = machine_.closed(*slot, now_); break;
        }
        model_.check(taken, "a report that fits is taken");
        finish_event();
    }

    void give_back()
    {
        core::pool_slot* const slot = take(model_.leased);
        if (slot == nullptr) {
            return;
        }
        if (below(30) == 0) {
            model_.detached(*slot);
            model_.check(machine_.detach(*slot, now_), "a lease can be detached");
            finish_event();
            return;
        }
        auto const how =
            below(3) != 0 ? core::pool_return::clean : static_cast<core::pool_return>(below(4));
        model_.given_back(*slot, how);
        model_.check(machine_.give_back(*slot, how, now_), "a lease can be given back");
        bool const again = slot->state != core::pool_slot_state::leased &&
                           machine_.give_back(*slot, how, now_);
        model_.check(!again, "not twice");
        finish_event();
    }

    void sweep()
    {
        machine_.sweep(now_);
        model_.swept = true;
        finish_event();
    }

    void seldom(std::uint64_t what)
    {
        switch (what) {
        case 0:
        case 1:
        case 2: return cancel();
        case 3: return warm_up();
        case 4: return cancel_warm_up();
        case 5: return invalidate();
        case 6: return resize();
        case 7: return pause();
        default: return poke();
        }
    }

    void cancel()
    {
        if (model_.waiting.empty()) {
            return;
        }
        auto const chosen =
            model_.waiting.begin() + static_cast<long>(below(model_.waiting.size()));
        pool_user* const user = *chosen;
        model_.waiting.erase(chosen);
        ++model_.failed[static_cast<std::size_t>(pool_failure::cancelled)];
        model_.check(machine_.abandon(*user, pool_failure::cancelled, now_),
                     "who waits can leave");
        model_.check(!machine_.abandon(*user, pool_failure::cancelled, now_), "but not twice");
        spare_.push_back(user);
        finish_event();
    }

    void warm_up()
    {
        auto& one = warm_ups_.emplace_back();
        one.wanted = below(8);
        one.deadline = now_ + below(30) * 100ms;
        auto const entry = machine_.warm_up(one, now_);
        if (entry == core::pool_entry::queued) {
            model_.warm_ups.push_back(&one);
        }
        model_.check((entry == core::pool_entry::rejected) == (one.why != pool_failure::none),
                     "a rejected warm-up knows why");
        finish_event();
    }

    void cancel_warm_up()
    {
        if (auto* const one = take(model_.warm_ups)) {
            model_.check(machine_.abandon(*one, pool_failure::cancelled, now_),
                         "a warm-up can be cancelled");
            finish_event();
        }
    }

    void invalidate()
    {
        model_.invalidated_by_hand();
        machine_.invalidate(now_);
        finish_event();
    }

    void resize()
    {
        model_.max_size = 1 + below(most_slots);
        machine_.resize(model_.max_size, now_);
        finish_event();
    }

    void pause()
    {
        model_.paused = !model_.paused;
        if (model_.paused) {
            machine_.pause();
            machine_.expire(now_);
        } else {
            machine_.resume(now_);
        }
        finish_event();
    }

    void poke()
    {
        if (auto const when = machine_.poke_at()) {
            pass(std::max(duration(0), duration(*when - now_)));
        }
        machine_.poke(now_);
        finish_event();
    }

    // ----- what follows ---------------------------------------------------------------------

    void finish_event(core::pool_slot* granted = nullptr)
    {
        ++events_;
        follow(granted);
        while (std::exchange(retry_, false)) { // whoever could not be told, is told now
            machine_.poke(now_);
            follow(nullptr);
        }
        model_.audit(machine_.snapshot(), machine_.poke_at().has_value());
    }

    void follow(core::pool_slot* granted)
    {
        auto actions = machine_.take_actions();
        model_.expect_alarms(actions.suspected(), actions.invalidated());
        while (auto* const slot = actions.next_slot()) {
            model_.ordered(*slot);
        }
        if (granted != nullptr) {
            model_.lent(*granted, true);
        }
        put_back_.clear();
        while (auto* const waiter = actions.next_waiter()) {
            finish(static_cast<pool_user&>(*waiter));
        }
        while (auto* const one = actions.next_warm_up()) {
            finish(*one);
        }
    }

    void finish(pool_user& user)
    {
        model_.finished(user, put_back_);
        if (below(16) != 0) {
            spare_.push_back(&user);
            return;
        }
        model_.check(machine_.handover_failed(user), "a handover can fail");
        model_.check(!machine_.handover_failed(user), "but not twice");
        model_.put_back(user);
        put_back_.push_back(&user);
        retry_ = true;
    }

    void finish(core::pool_warm_up& one)
    {
        auto const place = std::find(model_.warm_ups.begin(), model_.warm_ups.end(), &one);
        model_.check(place != model_.warm_ups.end(), "a warm-up ends once");
        if (below(16) == 0) {
            model_.check(machine_.handover_failed(one), "a warm-up's handover can fail");
            retry_ = true;
            return;
        }
        model_.warm_ups.erase(place);
    }

    core::generator draw_;
    connection_pool_options options_;
    Machine machine_;
    std::vector<core::pool_slot> slots_;
    pool_model model_;
    std::deque<pool_user> users_{};
    std::deque<core::pool_warm_up> warm_ups_{};
    std::vector<pool_user*> spare_{};
    std::vector<pool_user*> put_back_{};
    time_point now_ = at(0s);
    std::uint64_t arrivals_ = 0;
    std::uint64_t events_ = 0;
    bool retry_ = false;
};

} // namespace resil::tests

#endif // RESIL_TESTS_CORE_POOL_HISTORY_HPP
