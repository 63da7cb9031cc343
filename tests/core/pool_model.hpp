// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_CORE_POOL_MODEL_HPP
#define RESIL_TESTS_CORE_POOL_MODEL_HPP

#include <resil/core/pool_machine.hpp>

#include <algorithm>
#include <array>
#include <core/words.hpp>
#include <cstddef>
#include <cstdint>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace resil::tests {

/// A waiter that knows when it came.
struct pool_user : core::pool_waiter
{
    std::uint64_t arrival = 0;
};

/**
 * What must be true of a pool, told in another way than the pool itself does: with lists that
 * are searched, and with flags at each connection instead of generations. It decides nothing,
 * but knows what was allowed; what was not is thrown as a `logic_error`.
 */
class pool_model
{
public:
    pool_model(connection_pool_options const& options,
               std::vector<core::pool_slot> const& slots)
        : max_size(options.max_size), options_(options), slots_(slots), links_(slots.size())
    {
    }

    static void check(bool holds, char const* promise)
    {
        if (!holds) {
            throw std::logic_error(std::string("not true: ") + promise);
        }
    }

    // ----- before an event ------------------------------------------------------------------

    void reported(core::pool_slot const& slot, bool well, double unit)
    {
        auto& c = link(slot);
        auto const task = slot.task;
        bool const closed = task == core::pool_task::close || task == core::pool_task::cut;
        bool const failed_open = task == core::pool_task::open && !well;
        c.where = closed || failed_open ? place::gone : place::idle;
        if (task == core::pool_task::open) {
            connects_failed_ = well ? 0 : connects_failed_ + 1;
            well ? open(c, unit) : static_cast<void>(++open_failed_);
        } else if (task == core::pool_task::ping) {
            well ? answered(c) : unanswered(c, slot);
        } else if (task == core::pool_task::reset && well) {
            c.alive_at = now;
        } else if (task == core::pool_task::reset) {
            c.must = {core::pool_task::cut};
        }
    }

    void given_back(core::pool_slot const& slot, core::pool_return how)
    {
        using core::pool_return;
        auto& c = link(slot);
        c.where = place::idle;
        c.alive_at = c.used_at = now;
        if (how == pool_return::disconnected) {
            lose(c);
        }
        if (how == pool_return::disconnected || how == pool_return::broken) {
            c.must = {core::pool_task::cut};
        } else if (how == pool_return::dirty) {
            c.must = {core::pool_task::reset, core::pool_task::close};
            if (c.dead) {
                c.must = {core::pool_task::cut};
            }
        }
    }

    void detached(core::pool_slot const& slot)
    {
        link(slot).where = place::gone;
        ++detached_count;
    }

    void invalidated_by_hand()
    {
        for (auto& c : links_) {
            c.suspect = c.dead = true;
        }
        accused_ = false;
        expect_invalidated_ = true;
    }

    // ----- what follows from it ---------------------------------------------------------------

    void expect_alarms(bool suspected, bool invalidated)
    {
        check(suspected == expect_suspected_, "a suspicion is told when there is one");
        check(invalidated == expect_invalidated_, "a death of many is told when it is one");
        expect_suspected_ = expect_invalidated_ = false;
    }

    void ordered(core::pool_slot const& slot)
    {
        auto& c = link(slot);
        check(std::find(tasks.begin(), tasks.end(), &slot) == tasks.end(),
              "one task at a time");
        check(c.must.empty() ||
                  std::find(c.must.begin(), c.must.end(), slot.task) != c.must.end(),
              "what is of no use is not kept");
        c.must.clear();
        tasks.push_back(&const_cast<core::pool_slot&>(slot));
        check(!c.dead || slot.task != core::pool_task::close, "the dead get no goodbye");
        switch (slot.task) {
        case core::pool_task::open: begin_open(c, slot); break;
        case core::pool_task::ping: begin_ping(c, slot); break;
        case core::pool_task::reset: check(c.where == place::idle, "a lease is reset"); break;
        case core::pool_task::close:
        case core::pool_task::cut: begin_close(c, slot); break;
        }
        c.where = place::task;
    }

    void lent(core::pool_slot const& slot, bool at_once)
    {
        auto& c = link(slot);
        check(c.where == place::idle && c.must.empty(), "a connection is lent to one user");
        check(!c.dead, "no dead connection is lent");
        check(now < c.expires_at, "no connection is lent that is too old");
        check(options_.max_uses == 0 || c.uses < options_.max_uses, "or used up");
        if (options_.ping_after_idle != connection_pool_options::never) {
            check(!c.suspect, "or suspect");
            check(now - c.alive_at <= options_.ping_after_idle, "or untested");
        }
        check(!paused, "nothing is lent in a pause");
        check(!at_once || !draining, "nothing is lent to newcomers in a drain");
        check(!at_once || waiting.empty(), "nobody is overtaken");
        c.where = place::leased;
        ++c.uses;
        leased.push_back(&const_cast<core::pool_slot&>(slot));
        at_once ? ++acquired_at_once : ++acquired_waiting;
        ++served;
    }

    void expect_entry(pool_user& user, core::pool_entry entry, time_point deadline)
    {
        if (entry == core::pool_entry::queued) {
            check(deadline > now && !draining, "who waits has time");
            waiting.push_back(&user);
        } else if (entry == core::pool_entry::rejected) {
            ++failed[static_cast<std::size_t>(user.why)];
            check((deadline <= now) == (user.why == pool_failure::timed_out), "no time left");
            check(deadline <= now || draining == (user.why == pool_failure::draining),
                  "draining");
            check(user.why != pool_failure::queue_full ||
                      waiting.size() >= *options_.max_waiters,
                  "the queue is full when it is full");
            check(user.why != pool_failure::unavailable || is_tripped(), "it is unavailable");
            check(user.why != pool_failure::none, "a rejection has a reason");
        }
    }

    /// `put_back` came before in the same event, and could not be told.
    void finished(pool_user& user, std::vector<pool_user*> const& put_back)
    {
        auto const mine = std::find(waiting.begin(), waiting.end(), &user);
        check(mine != waiting.end(), "nobody is told twice, or after leaving");
        check(!user.queued, "who is told is not in the queue");
        check((user.slot != nullptr) == (user.why == pool_failure::none), "one or the other");
        if (user.slot != nullptr) {
            check(user.deadline > now, "nobody is served too late");
            check(std::all_of(waiting.begin(), mine,
                              [&](auto* before) {
                                  return std::find(put_back.begin(), put_back.end(), before) !=
                                         put_back.end();
                              }),
                  "who came first is served first");
            lent(*user.slot, false);
        } else {
            ++failed[static_cast<std::size_t>(user.why)];
            check(user.why != pool_failure::timed_out || user.deadline <= now,
                  "nobody is told too early that the time is up");
        }
        waiting.erase(mine);
        told_slot_ = user.slot;
    }

    /// Undoes `finished`, which was the last thing that happened.
    void put_back(pool_user& user)
    {
        if (told_slot_ != nullptr) {
            auto& c = link(*told_slot_);
            leased.pop_back();
            c.where = place::idle;
            --c.uses;
            --acquired_waiting;
            --served;
        } else {
            --failed[static_cast<std::size_t>(user.why)];
        }
        auto const later = std::find_if(waiting.begin(), waiting.end(),
                                        [&](auto* w) { return w->arrival > user.arrival; });
        waiting.insert(later, &user);
    }

    // ----- after an event -------------------------------------------------------------------

    void audit(pool_snapshot const& s, bool waits_for_gate)
    {
        audit_places(s);
        audit_counts(s);
        audit_waiters(s);
        audit_idle();
        audit_demand(s, waits_for_gate);
        check(s.size <= std::max(max_size, last_size_), "there are never too many");
        last_size_ = s.size;
        check(s.paused == paused && s.draining == draining, "it knows its state");
        opened_some_ = swept = false;
    }

    time_point now = at(0s);
    std::size_t max_size;
    bool paused = false;
    bool draining = false;
    bool swept = false; ///< By this event.
    std::vector<core::pool_slot*> tasks{};
    std::vector<core::pool_slot*> leased{};
    std::vector<pool_user*> waiting{}; ///< In order of arrival.
    std::vector<core::pool_warm_up*> warm_ups{};
    std::array<std::uint64_t, pool_failures> failed{};
    std::uint64_t served = 0;
    std::uint64_t acquired_at_once = 0;
    std::uint64_t acquired_waiting = 0;
    std::uint64_t detached_count = 0;

private:
    enum class place
    {
        gone,
        task,
        idle,
        leased
    };

    struct connection
    {
        place where = place::gone;
        bool suspect = false;
        bool dead = false;
        bool asked = false;   // pinged since it came under suspicion
        bool unasked = false; // the ping is a keepalive
        std::uint64_t uses = 0;
        time_point expires_at{};
        time_point alive_at{};
        time_point used_at{};
        time_point asked_at{};
        std::vector<core::pool_task> must{}; // one of these has to follow
    };

    connection& link(core::pool_slot const& slot)
    {
        return links_[static_cast<std::size_t>(&slot - slots_.data())];
    }

    // ----- lives ----------------------------------------------------------------------------

    void begin_open(connection& c, core::pool_slot const& slot)
    {
        check(c.where == place::gone, "a place is free before it is taken");
        check(!draining && !paused, "nothing is opened in a drain or a pause");
        check(ids_.insert(slot.id).second, "connections have numbers");
        c = {};
        opened_some_ = true;
    }

    void open(connection& c, double unit)
    {
        ++opened_;
        c.alive_at = c.used_at = now;
        double const life = static_cast<double>(options_.max_lifetime.count());
        auto const shortened = life * (1.0 - options_.lifetime_jitter_ratio * unit);
        c.expires_at = options_.max_lifetime == 0s
                           ? time_point::max()
                           : now + duration(static_cast<duration::rep>(shortened)) + 1us;
    }

    void begin_ping(connection& c, core::pool_slot const& slot)
    {
        check(c.where == place::idle, "an idle connection is pinged");
        check(!c.dead && now < c.expires_at, "nobody pays a ping for what is not kept");
        check(slot.patience > 0s && slot.patience <= options_.ping_timeout,
              "a ping has its time");
        c.asked = true;
        c.unasked = slot.unasked;
        c.asked_at = now;
    }

    void answered(connection& c)
    {
        ++pings_ok_;
        accused_ = accused_ && !c.suspect;
        c.suspect = c.dead || (c.suspect && !c.asked);
        c.alive_at = now;
        c.unasked = false;
    }

    void unanswered(connection& c, core::pool_slot const& slot)
    {
        ++pings_failed_;
        c.must = {core::pool_task::cut};
        c.unasked = false;
        bool const hurried =
            slot.patience < options_.ping_timeout && now - c.asked_at >= slot.patience;
        if (!hurried) {
            lose(c);
        }
    }

    void begin_close(connection& c, core::pool_slot const& slot)
    {
        check(c.where == place::idle, "what is closed is nobody's");
        ++closed_[static_cast<std::size_t>(slot.why)];
    }

    void lose(connection& c)
    {
        if (c.dead) {
            return;
        }
        if (!c.suspect) {
            for (auto& other : links_) {
                other.suspect = true;
                other.asked = false;
            }
            accused_ = expect_suspected_ = true;
            return;
        }
        if (accused_) {
            for (auto& other : links_) {
                other.dead = other.dead || other.suspect;
            }
            expect_invalidated_ = true;
        }
        accused_ = !accused_;
    }

    // ----- audits ---------------------------------------------------------------------------

    std::size_t count(core::pool_task task) const
    {
        return static_cast<std::size_t>(std::count_if(
            tasks.begin(), tasks.end(), [=](auto* slot) { return slot->task == task; }));
    }

    std::size_t idle() const
    {
        return static_cast<std::size_t>(
            std::count_if(links_.begin(), links_.end(),
                          [](auto const& c) { return c.where == place::idle; }));
    }

    bool is_tripped() const
    {
        std::size_t const limit = options_.connect_failures_to_trip;
        return limit != 0 && connects_failed_ >= limit;
    }

    void audit_places(pool_snapshot const& s) const
    {
        using core::pool_task;
        check(s.opening == count(pool_task::open) && s.pinging == count(pool_task::ping) &&
                  s.resetting == count(pool_task::reset) &&
                  s.closing == count(pool_task::close) + count(pool_task::cut),
              "it knows what it has ordered");
        check(s.in_use == leased.size() && s.idle == idle(), "it knows what it has");
        check(s.size == tasks.size() + leased.size() + idle(), "nothing is lost");
        check(s.max_size == max_size, "it knows its size");
    }

    void audit_counts(pool_snapshot const& s) const
    {
        check(s.acquired_at_once == acquired_at_once &&
                  s.acquired_waiting == acquired_waiting && s.failed == failed,
              "acquires are counted");
        check(s.opened == opened_ && s.open_failed == open_failed_, "connects are counted");
        check(s.pings_ok == pings_ok_ && s.pings_failed == pings_failed_, "pings are counted");
        check(s.closed == closed_ && s.detached == detached_count, "ends are counted");
    }

    void audit_waiters(pool_snapshot const& s) const
    {
        check(s.waiters == waiting.size(), "it knows who waits");
        check(std::none_of(waiting.begin(), waiting.end(),
                           [&](auto* w) { return w->deadline <= now; }),
              "nobody waits beyond the deadline");
        std::size_t const usable = s.size - s.opening - s.closing;
        check(std::none_of(
                  warm_ups.begin(), warm_ups.end(),
                  [&](auto* one) { return one->deadline <= now || one->wanted <= usable; }),
              "no warm-up goes on that is over");
    }

    void audit_idle() const
    {
        std::size_t const most = options_.idle_limit(max_size);
        check(idle() <= std::min(most, max_size), "there are not too many idle ones");
        for (auto const& c : links_) {
            check(c.must.empty(), "what is of no use is closed at once");
            check(c.where != place::idle || !c.dead, "nothing dead is kept");
            check(!swept || c.where != place::idle || now < c.expires_at,
                  "a sweep sees who is old");
        }
    }

    void audit_demand(pool_snapshot const& s, bool waits_for_gate) const
    {
        auto const keepalives = static_cast<std::size_t>(
            std::count_if(links_.begin(), links_.end(),
                          [](auto const& c) { return c.where == place::task && c.unasked; }));
        std::size_t const covered = s.opening + s.pinging - keepalives;
        std::size_t wanted = 0;
        for (auto* one : warm_ups) {
            wanted = std::max(wanted, one->wanted);
        }
        std::size_t const usable = s.size - s.opening - s.closing;
        if (opened_some_) {
            check(s.idle + covered <= s.waiters ||
                      s.idle + s.opening + s.pinging <= s.waiters + options_.min_idle ||
                      usable + s.opening <= wanted,
                  "nothing is opened that nobody wants");
        }
        check(s.opening <= options_.max_connecting, "not too many are opened at once");
        if (paused) {
            return;
        }
        check(s.waiters <= covered || s.idle == 0, "nobody waits beside an idle connection");
        check(s.waiters == 0 || options_.ping_after_idle != connection_pool_options::never ||
                  s.idle == 0,
              "nobody waits beside a connection that needs no ping");
        std::size_t const connecting = is_tripped() ? 1 : options_.max_connecting;
        bool const room = s.size < max_size && s.opening < connecting && !draining;
        bool const missing = s.waiters > s.idle + covered || usable + s.opening < wanted ||
                             s.idle + s.opening + s.pinging < options_.min_idle;
        check(!missing || !room || waits_for_gate, "what is wanted and allowed is opened");
    }

    connection_pool_options const& options_;
    std::vector<core::pool_slot> const& slots_;
    std::vector<connection> links_;
    core::pool_slot* told_slot_ = nullptr;
    std::array<std::uint64_t, pool_closes> closed_{};
    std::uint64_t opened_ = 0;
    std::uint64_t open_failed_ = 0;
    std::uint64_t pings_ok_ = 0;
    std::uint64_t pings_failed_ = 0;
    std::size_t connects_failed_ = 0;
    std::set<std::uint64_t> ids_{};
    std::size_t last_size_ = 0;
    bool accused_ = false;
    bool expect_suspected_ = false;
    bool expect_invalidated_ = false;
    bool opened_some_ = false;
};

} // namespace resil::tests

#endif // RESIL_TESTS_CORE_POOL_MODEL_HPP
