// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_SHARED_POOL_HPP
#define RESIL_DETAIL_SHARED_POOL_HPP

#include <resil/connection_fault.hpp>
#include <resil/core/pool_event.hpp>
#include <resil/core/pool_lane.hpp>
#include <resil/core/pool_list.hpp>
#include <resil/core/pool_machine.hpp>
#include <resil/core/pool_options.hpp>
#include <resil/core/pool_state.hpp>
#include <resil/core/random.hpp>
#include <resil/core/saturate.hpp>
#include <resil/detail/connector_traits.hpp>
#include <resil/detail/entropy.hpp>
#include <resil/detail/pool_place.hpp>
#include <resil/detail/pool_seats.hpp>
#include <resil/detail/pool_upkeep.hpp>
#include <resil/error.hpp>
#include <resil/timer_service.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/query.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <source_location>
#include <utility>
#include <vector>

namespace resil::detail {

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
class shared_pool : timer_service::parked,
                    public std::enable_shared_from_this<shared_pool<Connector>>
{
public:
    using executor_type = boost::asio::any_io_executor;
    using traits = connector_traits<Connector>;
    using place = pool_place<Connector>;

    shared_pool(executor_type const& ex, Connector connector, connection_pool_options options)
        : parked(&shared_pool::on_context_over),
          ex_(ex),
          service_(timer_service::of(boost::asio::query(ex, boost::asio::execution::context))),
          connector_(std::move(connector)),
          options_(adapted(std::move(options))),
          machine_(options_),
          lane_(!traits::resets),
          random_(options_.seed ? *options_.seed : random_words()[0]),
          upkeep_(*this, service_)
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

    /// Lends a connection that takes neither a wait nor a ping; else null. Who `waits` then, and
    /// asks the machine for that, is spared to ask it twice, and may be told null too often.
    place* try_take(std::source_location where, bool waits) noexcept
    {
        time_point const now = service_.recent();
        core::lane_slot* slot = lane_.take();
        if (slot != nullptr && core::pool_lane::fit(*slot, now)) {
            core::pool_lane::lend(*slot, now);
        } else if (slot != nullptr || !waits || machine_.idle() != 0) {
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
    void give_back(place& p, core::pool_return how) noexcept
    {
        if (how == core::pool_return::clean && !over_.load(std::memory_order_acquire) &&
            lane_.put(p, options_, service_.recent())) {
            return;
        }
        auto const buried = over_ ? p.take_connection() : nullptr; // not under the lock
        locked([&](time_point now) {
            if (over_) {
                --leases_left_;
            } else {
                machine_.give_back(p, how, now);
            }
        });
    }

    /// Takes back a connection that met an error.
    void give_back_broken(place& p, error_code ec) noexcept
    {
        using core::pool_return;
        auto const fault = ec ? traits::classify(connector_, ec) : connection_fault::transient;
        if (fault == connection_fault::read_only) {
            invalidate(p.generation);
        }
        bool const gone = fault == connection_fault::disconnected;
        give_back(p, gone ? pool_return::disconnected : pool_return::broken);
    }

    /// Says in which condition a connection comes back of which nothing bad is known.
    core::pool_return condition(place const& p, bool reset) const noexcept
    {
        if (!traits::is_reusable(connector_, *p.connection())) {
            return core::pool_return::broken;
        }
        return traits::resets && reset ? core::pool_return::dirty : core::pool_return::clean;
    }

    /// Lets a connection go for good.
    auto detach(place& p) noexcept
    {
        std::unique_ptr<typename place::connection_type> taken;
        locked([&](time_point now) {
            taken = p.take_connection();
            if (over_) {
                --leases_left_;
            } else {
                machine_.detach(p, now);
            }
        });
        return taken;
    }

    // ----- events ---------------------------------------------------------------------------

    /// The machine; under the lock, but for its numbers.
    core::pool_machine& machine() noexcept { return machine_; }

    /// Runs `event(now)` under the lock, and lets follow what follows.
    template <class Event>
    void locked(Event event) noexcept
    {
        std::shared_ptr<shared_pool> keep; // outlives the lock
        news told;
        {
            std::lock_guard lock(mutex_);
            time_point const now = over_ ? time_point() : service_.now();
            lane_.shut(machine_);
            event(now);
            told = follow(now);
            keep = is_finished() ? std::move(keep_) : told.any() ? keep_ : nullptr;
        }
        tell(told);
    }

    /// Tells the listener; outside the lock. What it throws is dropped.
    void tell(pool_event event) const noexcept
    {
        if (!options_.listener) {
            return;
        }
        event.pool = options_.name;
        try {
            options_.listener(event);
        } catch (...) {
            // The pool cannot answer for its listener.
        }
    }

    /// Hears from a place that its task is over; the pool may be gone afterwards.
    void report(place& p, error_code ec) noexcept
    {
        auto const keep = options_.listener ? this->weak_from_this().lock() : nullptr;
        auto const event = event_of(p, ec);
        locked([&](time_point now) {
            --running_;
            if (!over_) {
                tell_machine(p, ec, now);
            }
        });
        if (keep && event) {
            keep->tell(*event);
        }
    }

    /// Looks after connections that nobody asks for.
    void upkeep() noexcept
    {
        auto const keep = this->weak_from_this().lock();
        locked([this](time_point now) {
            upkeep_.rung();
            if (!over_) {
                machine_.sweep(now);
            }
        });
        if (keep && options_.leak_threshold != duration::zero()) {
            tell_leaks();
        }
    }

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
        tell({.kind = pool_event_kind::resized});
    }

    /// In the child of a fork: what is connected is the parent's.
    void abandon_after_fork() noexcept
    {
        locked([this](time_point now) {
            if constexpr (traits::disowns) {
                for (auto const& p : places_) {
                    if (p->connection() != nullptr) {
                        connector_.after_fork(*p->connection());
                    }
                }
            }
            machine_.invalidate(now);
        });
    }

    /// Returns the numbers, without a lock; each is of some moment during the call.
    pool_snapshot snapshot() const noexcept
    {
        pool_snapshot seen = machine_.snapshot();
        std::size_t const in_lane = std::min(lane_.idle(), seen.in_use);
        seen.idle += in_lane;
        seen.in_use -= in_lane;
        std::uint64_t const lends = lane_.lends();
        seen.acquired_at_once += lends;
        seen.pings_skipped += lends;
        return seen;
    }

    // ----- the end --------------------------------------------------------------------------

    /// The last handle is gone: nothing is lent any more, and everything is closed.
    void abandon() noexcept
    {
        locked([this](time_point now) {
            abandoned_ = true;
            if (!over_) {
                drain(drain_waiters::fail, now);
            }
        });
    }

    /// Begins to drain; under the lock. True if nothing is left.
    bool drain(drain_waiters policy, time_point now) noexcept
    {
        machine_.drain(policy, now);
        if (policy == drain_waiters::fail) {
            stop_tasks([](core::pool_slot_state state) {
                return state != core::pool_slot_state::closing;
            });
        }
        return machine_.drained();
    }

    /// Lets somebody be told when nothing is left; under the lock.
    void await_drained(drain_seat& seat) noexcept
    {
        drainers_.insert(seat, nullptr);
        seat.queued = true;
    }

    /// Forgets one that is to be told; false if it was. Under the lock.
    bool forget(drain_seat& seat) noexcept
    {
        if (!std::exchange(seat.queued, false)) {
            return false;
        }
        drainers_.erase(seat);
        return true;
    }

    /// Ends what can be ended without its user: all tasks, and, where the connector knows how,
    /// the use of what is lent. Returns how many loans were cut short. Under the lock.
    std::size_t force() noexcept
    {
        std::size_t forced = 0;
        stop_tasks([](core::pool_slot_state) { return true; });
        if constexpr (traits::forces) {
            for (auto const& p : places_) {
                if (p->state == core::pool_slot_state::leased) {
                    connector_.force_close(*p->connection());
                    ++forced;
                }
            }
        }
        return forced;
    }

    /// Returns where what is lent now was acquired.
    std::vector<std::source_location> lent_to()
    {
        std::vector<std::source_location> found;
        found.reserve(machine_.snapshot().max_size);
        locked([&](time_point) {
            for (auto const& p : places_) {
                if (p->state == core::pool_slot_state::leased &&
                    found.size() < found.capacity()) {
                    found.push_back(p->lent_to());
                }
            }
        });
        return found;
    }

private:
    /// What the listener is to be told of an event.
    struct news
    {
        bool suspected = false;
        bool invalidated = false;
        bool draining = false;
        bool drained = false;

        bool any() const noexcept { return suspected || invalidated || draining || drained; }
    };

    // A connection from the lane that turned out to be unfit is the machine's again.
    core::lane_slot* take_from_machine(core::lane_slot* unfit) noexcept
    {
        core::pool_slot* lent = nullptr;
        locked([&](time_point now) {
            if (over_) {
                return;
            }
            if (unfit != nullptr) {
                machine_.take_in(*unfit);
            }
            lent = machine_.try_acquire(now);
        });
        return static_cast<core::lane_slot*>(lent);
    }

    // ----- what follows from an event -------------------------------------------------------

    news follow(time_point now) noexcept
    {
        auto actions = machine_.take_actions();
        deliver_all(actions);
        while (core::pool_slot* const slot = actions.next_slot()) {
            slot->next_task = std::exchange(tasks_, slot);
            ++running_;
        }
        if (over_) {
            return {};
        }
        post_tasks();
        bool const draining = machine_.draining() && !std::exchange(told_draining_, true);
        bool const drained = machine_.drained() && !std::exchange(told_drained_, true);
        while (machine_.drained() && drainers_.front() != nullptr && deliver_drained()) {
        }
        schedule_upkeep(now);
        lane_.open(machine_, now);
        return {actions.suspected(), actions.invalidated(), draining, drained};
    }

    void deliver_all(core::pool_actions& actions) noexcept
    {
        while (core::pool_waiter* const waiter = actions.next_waiter()) {
            deliver(static_cast<pool_seat&>(*waiter));
        }
        while (core::pool_warm_up* const one = actions.next_warm_up()) {
            deliver(static_cast<warm_up_seat&>(*one));
        }
    }

    template <class Seat>
    void deliver(Seat& seat) noexcept
    {
        try {
            seat.deliver(seat);
        } catch (...) {
            machine_.handover_failed(seat);
        }
    }

    bool deliver_drained() noexcept
    {
        drain_seat& seat = *drainers_.front();
        forget(seat);
        try {
            seat.deliver(seat);
            return true;
        } catch (...) {
            await_drained(seat); // its time limit ends it
            return false;
        }
    }

    void tell_machine(place& p, error_code ec, time_point now) noexcept
    {
        using core::pool_task;
        switch (p.task) {
        case pool_task::open:
            if (!ec) {
                machine_.opened(p, now, random_.unit());
            } else {
                bool const permanent =
                    traits::classify(connector_, ec) == connection_fault::permanent;
                machine_.open_failed(p, permanent, ec, now, random_.unit());
            }
            return;
        case pool_task::ping: machine_.pinged(p, !ec, now); return;
        case pool_task::reset: machine_.reset_done(p, !ec, now); return;
        case pool_task::close:
        case pool_task::cut: machine_.closed(p, now); return;
        }
    }

    std::optional<pool_event> event_of(place const& p, error_code ec) const
    {
        using core::pool_task;
        pool_event event{.connection = p.id, .error = ec, .why = p.why};
        switch (p.task) {
        case pool_task::open:
            event.kind = ec ? pool_event_kind::open_failed : pool_event_kind::opened;
            event.age = core::until(p.since, over_ ? p.since : service_.now());
            return event;
        case pool_task::ping:
            event.kind = pool_event_kind::ping_failed;
            return ec ? std::optional(event) : std::nullopt;
        case pool_task::reset: return std::nullopt;
        case pool_task::close:
        case pool_task::cut:
            event.kind = pool_event_kind::closed;
            event.error = {};
            return event;
        }
        return std::nullopt;
    }

    void tell(news const& told) const noexcept
    {
        if (told.suspected) {
            tell({.kind = pool_event_kind::suspected});
        }
        if (told.invalidated) {
            tell({.kind = pool_event_kind::invalidated});
        }
        if (told.draining) {
            tell({.kind = pool_event_kind::draining});
        }
        if (told.drained) {
            tell({.kind = pool_event_kind::drained});
        }
    }

    // ----- tasks, on the pool's executor ----------------------------------------------------

    struct beginning
    {
        std::shared_ptr<shared_pool> pool;

        void operator()() const { pool->begin_tasks(); }
    };

    // One message at a time; without memory for it the next event tries again.
    void post_tasks() noexcept
    {
        if (tasks_ == nullptr || kicked_) {
            return;
        }
        try {
            boost::asio::post(ex_, beginning{this->shared_from_this()});
            kicked_ = true;
        } catch (std::bad_alloc const&) {
            kicked_ = false;
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

    template <class Which>
    void stop_tasks(Which which) noexcept
    {
        for (auto const& p : places_) {
            if (which(p->state)) {
                p->stop_task(keep_);
            }
        }
    }

    // ----- upkeep ---------------------------------------------------------------------------

    // Too early a sweep costs little, and finds out when the next is due.
    void schedule_upkeep(time_point now) noexcept
    {
        if (machine_.drained()) {
            upkeep_.stop();
            return;
        }
        time_point due = machine_.poke_at().value_or(time_point::max());
        if (!upkeep_.is_set() || opened_ != machine_.connections_opened()) {
            opened_ = machine_.connections_opened();
            due = std::min(due, machine_.next_due(now).value_or(time_point::max()));
            due = std::min(due, core::plus(now, longest_sleep()));
        }
        upkeep_.set(due, ex_);
    }

    // What is lent without a lock, and comes back so, is seen by the next sweep at the latest.
    duration longest_sleep() const noexcept
    {
        duration shortest = duration::max();
        for (duration const each : {options_.idle_timeout, options_.max_lifetime,
                                    options_.keepalive_interval, options_.leak_threshold}) {
            bool const counts = each != duration::zero() && machine_.connected() > 0;
            shortest = counts ? std::min(shortest, each) : shortest;
        }
        return shortest;
    }

    void tell_leaks() noexcept
    {
        for (std::size_t i = 0; auto const leak = next_leak(i);) {
            tell(*leak);
        }
    }

    std::optional<pool_event> next_leak(std::size_t& i) noexcept
    {
        std::optional<pool_event> found;
        locked([&](time_point now) {
            for (; i < places_.size() && !over_ && !found; ++i) {
                place& p = *places_[i];
                if (p.state == core::pool_slot_state::leased &&
                    p.is_leak(now, options_.leak_threshold)) {
                    found = pool_event{.kind = pool_event_kind::leak_suspected,
                                       .connection = p.id,
                                       .age = core::until(p.lent_at(), now),
                                       .where = p.lent_to()};
                }
            }
        });
        return found;
    }

    // ----- the end --------------------------------------------------------------------------

    bool is_finished() noexcept
    {
        if (over_) {
            return running_ == 0 && leases_left_ == 0;
        }
        if (!abandoned_ || !machine_.drained() || running_ != 0 || !upkeep_.stop()) {
            return false;
        }
        service_.dismiss(*this);
        return true;
    }

    // The context is being destroyed: so are all connections, but for those that are lent.
    static void on_context_over(parked& p) noexcept
    {
        auto& self = static_cast<shared_pool&>(p);
        auto const keep = self.shared_from_this();
        self.locked([&self](time_point now) {
            self.machine_.drain(drain_waiters::fail, now);
            auto actions = self.machine_.take_actions();
            self.deliver_all(actions);
            self.over_ = true;
            for (; self.tasks_ != nullptr; --self.running_) {
                self.tasks_ = self.tasks_->next_task;
            }
            self.leases_left_ = self.machine_.in_use();
        });
        for (auto const& each : self.places_) {
            if (each->state != core::pool_slot_state::leased) {
                each->take_connection();
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
        while (places_.size() < size) {
            place& p = *places_.emplace_back(std::make_unique<place>(*this));
            try {
                lane_.learn(p);
            } catch (...) {
                places_.pop_back();
                throw;
            }
            machine_.supply(p);
        }
    }

    executor_type ex_;
    timer_service& service_;
    Connector const connector_;
    connection_pool_options const options_;
    mutable std::mutex mutex_;
    core::pool_machine machine_;
    core::pool_lane lane_;
    core::generator random_;
    pool_upkeep<shared_pool> upkeep_;
    std::vector<std::unique_ptr<place>> places_; // they stay where they are
    core::pool_list<drain_seat> drainers_;
    core::pool_slot* tasks_ = nullptr; // ordered, and not yet begun
    std::size_t running_ = 0;          // ordered, and not yet reported
    std::size_t leases_left_ = 0;      // once the context is over
    std::uint64_t opened_ = 0;         // when upkeep was last scheduled
    bool kicked_ = false;              // a message that begins tasks is on its way
    bool abandoned_ = false;           // there is no handle any more
    bool told_draining_ = false;
    bool told_drained_ = false;
    std::atomic<bool> over_{false}; // the context is destroyed
    std::shared_ptr<shared_pool> keep_;
};

} // namespace resil::detail

#endif // RESIL_DETAIL_SHARED_POOL_HPP
