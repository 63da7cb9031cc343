// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_SHARED_POOL_HPP
#define RESIL_DETAIL_SHARED_POOL_HPP

#include <resil/connection_fault.hpp>
#include <resil/core/pool_lane.hpp>
#include <resil/core/pool_machine.hpp>
#include <resil/core/pool_options.hpp>
#include <resil/core/pool_state.hpp>
#include <resil/core/random.hpp>
#include <resil/detail/connector_traits.hpp>
#include <resil/detail/entropy.hpp>
#include <resil/detail/pool_place.hpp>
#include <resil/error.hpp>
#include <resil/timer_service.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/query.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <new>
#include <source_location>
#include <utility>

namespace resil::detail {

/// A place in a pool's queue, and how whoever waits there is told that it has got an answer.
struct pool_seat : core::pool_waiter
{
    /// Sends the news; called under the pool's lock, so that the waiter's context cannot be
    /// destroyed between the decision and the message. Throws if there is no memory for it.
    void (*deliver)(pool_seat&) = nullptr;
};

/**
 * What the copies of a pool, its leases and its waiters share.
 *
 * The mutex guards the machine. Every event goes through `locked`: it takes back what lies in
 * the lane, lets the machine decide, sends the messages that follow, and opens the lane again.
 * Connections are opened, pinged, reset and closed by messages on the pool's executor, never
 * inside of an event: giving a lease back does no I/O.
 *
 * It keeps itself alive until the last handle is gone and every connection is back and closed,
 * or until its context is destroyed and the last lease is back.
 */
template <class Connector>
class shared_pool : timer_service::timer,
                    timer_service::parked,
                    public std::enable_shared_from_this<shared_pool<Connector>>
{
public:
    using executor_type = boost::asio::any_io_executor;
    using traits = connector_traits<Connector>;
    using place = pool_place<Connector>;

    shared_pool(executor_type const& ex, Connector connector, connection_pool_options options)
        : timer(told),
          parked(&shared_pool::on_context_over),
          ex_(ex),
          service_(timer_service::of(
              boost::asio::query(ex, boost::asio::execution::context))),
          connector_(std::move(connector)),
          options_(adapted(std::move(options))),
          machine_(options_),
          lane_(!traits::resets),
          random_(options_.seed ? *options_.seed : random_words()[0])
    {
        supply(options_.max_size);
    }

    /// Begins to live; opens `min_idle` connections.
    void begin()
    {
        keep_ = this->shared_from_this();
        service_.attend(*this);
        locked([this](time_point now) { machine_.poke(now); });
    }

    executor_type const& executor() const noexcept { return ex_; }
    timer_service& service() const noexcept { return service_; }
    Connector const& connector() const noexcept { return connector_; }
    connection_pool_options const& options() const noexcept { return options_; }

    // ----- leases ---------------------------------------------------------------------------

    /// Lends a connection that takes neither a wait nor a ping; else null.
    place* try_take(std::source_location where) noexcept
    {
        time_point const now = service_.recent();
        core::lane_slot* slot = lane_.take();
        if (slot != nullptr && core::pool_lane::fit(*slot, now)) {
            core::pool_lane::lend(*slot);
        } else {
            slot = take_from_machine(slot);
        }
        if (slot == nullptr) {
            return nullptr;
        }
        auto& lent = static_cast<place&>(*slot);
        lent.note_loan(now, where);
        return &lent;
    }

    /// Takes back what was lent.
    void give_back(place& e, core::pool_return how) noexcept
    {
        if (how == core::pool_return::clean && !over_.load(std::memory_order_acquire) &&
            lane_.put(e, options_, service_.recent())) {
            return;
        }
        auto const buried = over_ ? e.take_connection() : nullptr; // not under the lock
        locked([&](time_point now) {
            if (over_) {
                --leases_left_;
            } else {
                machine_.give_back(e, how, now);
            }
        });
    }

    /// Takes back a connection that met an error.
    void give_back_broken(place& e, error_code ec) noexcept
    {
        using core::pool_return;
        switch (traits::classify(connector_, ec)) {
        case connection_fault::disconnected: return give_back(e, pool_return::disconnected);
        case connection_fault::read_only: invalidate(e.generation); break;
        case connection_fault::permanent:
        case connection_fault::transient: break;
        }
        give_back(e, pool_return::broken);
    }

    /// Says in which condition a connection comes back of which nothing bad is known.
    core::pool_return condition(place const& e, bool reset) const noexcept
    {
        if (!traits::is_reusable(connector_, *e.connection())) {
            return core::pool_return::broken;
        }
        return traits::resets && reset ? core::pool_return::dirty : core::pool_return::clean;
    }

    /// Lets a connection go for good.
    auto detach(place& e) noexcept
    {
        auto connection = e.take_connection();
        locked([&](time_point now) {
            if (over_) {
                --leases_left_;
            } else {
                machine_.detach(e, now);
            }
        });
        return connection;
    }

    // ----- waiting --------------------------------------------------------------------------

    /// Runs `event(machine, now)` under the lock, and lets follow what follows.
    template <class Event>
    void locked(Event event) noexcept
    {
        std::shared_ptr<shared_pool> last; // outlives the lock
        bool kick = false;
        {
            std::lock_guard lock(mutex_);
            time_point const now = over_ ? time_point() : service_.now();
            lane_.shut(machine_);
            event(now);
            kick = follow(now);
            if (is_finished()) {
                last = std::move(keep_);
            }
        }
        if (kick) {
            post_tasks();
        }
    }

    core::pool_machine& machine() noexcept { return machine_; }

    // ----- by hand --------------------------------------------------------------------------

    void invalidate(std::uint64_t generation) noexcept
    {
        locked([&](time_point now) { machine_.invalidate(generation, now); });
    }

    void resize(std::size_t max_size)
    {
        {
            std::lock_guard lock(mutex_);
            supply(max_size);
        }
        locked([&](time_point now) { machine_.resize(max_size, now); });
    }

    pool_snapshot snapshot() const noexcept
    {
        std::lock_guard lock(mutex_);
        pool_snapshot seen = machine_.snapshot();
        std::size_t const in_lane = lane_.idle();
        seen.idle += in_lane;
        seen.in_use -= in_lane;
        seen.acquired_at_once += lane_.lends();
        return seen;
    }

    /// The last handle is gone: nothing is lent any more, and everything is closed.
    void abandon() noexcept
    {
        locked([&](time_point now) {
            abandoned_ = true;
            if (!over_) {
                drain(drain_waiters::fail, now);
            }
        });
    }

    /// Begins to drain; under the lock.
    void drain(drain_waiters policy, time_point now) noexcept
    {
        machine_.drain(policy, now);
        for (place& e : entries_) {
            if (e.state == core::pool_slot_state::opening ||
                e.state == core::pool_slot_state::pinging) {
                e.stop_task(this->weak_from_this().lock());
            }
        }
    }

    // ----- tasks ----------------------------------------------------------------------------

    /// Hears from an place that its task is over; the pool may be gone afterwards.
    void report(place& e, error_code ec) noexcept
    {
        locked([&](time_point now) {
            --running_;
            if (!over_) {
                tell_machine(e, ec, now);
            }
        });
    }

private:
    // A connection from the lane that turned out to be unfit is the machine's again.
    core::lane_slot* take_from_machine(core::lane_slot* unfit) noexcept
    {
        core::pool_slot* lent = nullptr;
        locked([&](time_point now) {
            if (unfit != nullptr) {
                machine_.take_in(*unfit);
            }
            lent = machine_.try_acquire(now);
        });
        return static_cast<core::lane_slot*>(lent);
    }

    // ----- what follows from an event -------------------------------------------------------

    /// Returns whether tasks wait that nobody will begin unless told.
    bool follow(time_point now) noexcept
    {
        auto actions = machine_.take_actions();
        deliver(actions);
        while (core::pool_slot* const slot = actions.next_slot()) {
            slot->next_task = std::exchange(tasks_, slot);
            ++running_;
        }
        if (over_) {
            return false;
        }
        schedule_upkeep(now);
        lane_.open(machine_, now);
        return tasks_ != nullptr && !std::exchange(kicked_, true);
    }

    void deliver(core::pool_actions& actions) noexcept
    {
        while (core::pool_waiter* const waiter = actions.next_waiter()) {
            auto& seat = static_cast<pool_seat&>(*waiter);
            try {
                seat.deliver(seat);
            } catch (...) {
                machine_.handover_failed(seat);
            }
        }
    }

    void tell_machine(place& e, error_code ec, time_point now) noexcept
    {
        using core::pool_task;
        switch (e.task) {
        case pool_task::open:
            if (!ec) {
                machine_.opened(e, now, random_.unit());
            } else {
                bool const permanent =
                    traits::classify(connector_, ec) == connection_fault::permanent;
                machine_.open_failed(e, permanent, ec, now, random_.unit());
            }
            return;
        case pool_task::ping: machine_.pinged(e, !ec, now); return;
        case pool_task::reset:
            machine_.reset_done(e, !ec && traits::is_reusable(connector_, *e.connection()), now);
            return;
        case pool_task::close:
        case pool_task::cut: machine_.closed(e, now); return;
        }
    }

    // ----- beginning tasks, on the pool's executor ------------------------------------------

    struct beginning
    {
        std::shared_ptr<shared_pool> pool;

        void operator()() const { pool->begin_tasks(); }
    };

    void post_tasks() noexcept
    {
        try {
            boost::asio::post(ex_, beginning{this->shared_from_this()});
        } catch (std::bad_alloc const&) {
            std::lock_guard lock(mutex_);
            kicked_ = false; // the next event tries again
        }
    }

    void begin_tasks() noexcept
    {
        while (core::pool_slot* const slot = next_task()) {
            static_cast<place*>(slot)->begin_task();
        }
    }

    core::pool_slot* next_task() noexcept
    {
        std::lock_guard lock(mutex_);
        core::pool_slot* const slot = tasks_;
        if (slot == nullptr) {
            kicked_ = false;
            return nullptr;
        }
        tasks_ = std::exchange(slot->next_task, nullptr);
        return slot;
    }

    // ----- upkeep ---------------------------------------------------------------------------

    // Too early a sweep costs little, and finds out when the next is due.
    void schedule_upkeep(time_point now) noexcept
    {
        time_point due = machine_.poke_at().value_or(time_point::max());
        if (upkeep_at_ == time_point::max() || opened_ != machine_.opened()) {
            opened_ = machine_.opened();
            due = std::min(due, machine_.next_due(now).value_or(time_point::max()));
        }
        if (due >= upkeep_at_ || machine_.draining()) {
            return;
        }
        bool const armed = upkeep_at_ != time_point::max();
        if (armed && !service_.disarm(*this)) {
            return; // it is about to sweep, and to schedule
        }
        upkeep_at_ = time_point::max();
        try {
            service_.arm(*this, due, ex_);
            upkeep_at_ = due;
        } catch (std::bad_alloc const&) {
            // The next event tries again.
        }
    }

    static void on_upkeep(timer& t)
    {
        auto& self = static_cast<shared_pool&>(t);
        self.locked([&self](time_point now) {
            self.upkeep_at_ = time_point::max();
            if (!self.over_) {
                self.machine_.sweep(now);
            }
        });
    }

    static void on_upkeep_orphaned(timer& t) noexcept
    {
        static_cast<shared_pool&>(t).upkeep_at_ = time_point::max();
    }

    // ----- the end --------------------------------------------------------------------------

    bool is_finished() noexcept
    {
        if (!over_ && !(abandoned_ && machine_.drained())) {
            return false;
        }
        if (over_) {
            return running_ == 0 && leases_left_ == 0;
        }
        if (upkeep_at_ != time_point::max() && !service_.disarm(*this)) {
            return false; // its event is on the way, and asks again
        }
        upkeep_at_ = time_point::max();
        service_.dismiss(*this);
        return running_ == 0;
    }

    // The context is being destroyed: so are all connections, but for those that are lent.
    static void on_context_over(parked& p) noexcept
    {
        auto& self = static_cast<shared_pool&>(p);
        auto const keep = self.shared_from_this();
        self.locked([&self](time_point now) {
            self.machine_.drain(drain_waiters::fail, now);
            auto actions = self.machine_.take_actions();
            self.deliver(actions);
            self.over_ = true;
            for (; self.tasks_ != nullptr; --self.running_) {
                self.tasks_ = self.tasks_->next_task;
            }
            self.leases_left_ = self.machine_.snapshot().in_use;
        });
        for (place& e : self.entries_) {
            if (e.state != core::pool_slot_state::leased) {
                e.take_connection();
            }
        }
    }

    // ----- construction ---------------------------------------------------------------------

    static connection_pool_options adapted(connection_pool_options options)
    {
        options.validate();
        if (!traits::pings) {
            options.ping_after_idle = connection_pool_options::never;
            options.keepalive_interval = duration::zero();
        }
        return options;
    }

    void supply(std::size_t size)
    {
        while (entries_.size() < size) {
            place& e = entries_.emplace_back(*this);
            try {
                lane_.learn(e);
            } catch (...) {
                entries_.pop_back();
                throw;
            }
            machine_.supply(e);
        }
    }

    static constexpr callbacks told{&on_upkeep, &on_upkeep_orphaned, true};

    executor_type ex_;
    timer_service& service_;
    Connector const connector_;
    connection_pool_options const options_;
    mutable std::mutex mutex_;
    core::pool_machine machine_;
    core::pool_lane lane_;
    core::generator random_;
    std::deque<place> entries_;
    core::pool_slot* tasks_ = nullptr; // ordered, and not yet begun
    std::size_t running_ = 0;          // ordered, and not yet reported
    std::size_t leases_left_ = 0;      // once the context is over
    std::uint64_t opened_ = 0;         // when upkeep was last scheduled
    time_point upkeep_at_ = time_point::max();
    bool kicked_ = false;    // a message that begins tasks is on its way
    bool abandoned_ = false; // there is no handle any more
    std::atomic<bool> over_{false}; // the context is destroyed
    std::shared_ptr<shared_pool> keep_;
};

} // namespace resil::detail

#endif // RESIL_DETAIL_SHARED_POOL_HPP
