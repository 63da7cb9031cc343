// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_POOL_STATE_HPP
#define RESIL_CORE_POOL_STATE_HPP

#include <resil/error.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace resil {

/// Why a connection was closed.
enum class pool_close
{
    expired,      ///< It was older than its lifetime.
    idle,         ///< Nobody had used it for too long.
    broken,       ///< Who returned it said so.
    ping,         ///< It did not answer a ping.
    generation,   ///< It was declared dead together with others.
    overflow,     ///< There were enough idle ones, or too many after a resize.
    reset_failed, ///< It could not be made ready for the next user.
    max_uses,     ///< It had been lent often enough.
    drain,        ///< The pool is being drained.
};

/// Why an acquire got no connection.
enum class pool_failure
{
    none,           ///< It did get one, or waits.
    timed_out,      ///< Its deadline passed.
    cancelled,      ///< Its caller gave up.
    queue_full,     ///< Too many were waiting.
    draining,       ///< The pool lends nothing any more.
    unavailable,    ///< There is no connection, and connecting has failed too often.
    connect_failed, ///< Connecting failed for good; see the error.
};

/// What a pool looks like at one moment: gauges, then counters that only grow.
struct pool_snapshot
{
    std::size_t max_size = 0;    ///< As configured, or as resized.
    std::size_t size = 0;        ///< All of the following six.
    std::size_t opening = 0;     ///< Being opened.
    std::size_t idle = 0;        ///< Ready to be lent.
    std::size_t pinging = 0;     ///< Being tested.
    std::size_t in_use = 0;      ///< Lent.
    std::size_t resetting = 0;   ///< Returned, and being made ready.
    std::size_t closing = 0;     ///< Being closed; they keep their places.
    std::size_t waiters = 0;     ///< Acquires that wait.
    std::size_t connect_failures = 0; ///< Failed connects since the last good one.
    std::uint64_t generation = 0;     ///< Of a connection that is opened now.
    bool paused = false;              ///< Lends nothing until resumed.
    bool draining = false;            ///< Lends nothing any more.
    error_code last_connect_error{};  ///< Of the latest failed connect.

    std::uint64_t acquired_at_once = 0; ///< Acquires that found an idle connection.
    std::uint64_t acquired_waiting = 0; ///< Acquires that were served after a wait.
    std::array<std::uint64_t, 7> failed{}; ///< Acquires that failed, by `pool_failure`.
    std::uint64_t opened = 0;              ///< Connections opened.
    std::uint64_t open_failed = 0;         ///< Connects that failed.
    std::uint64_t pings_ok = 0;            ///< Pings answered.
    std::uint64_t pings_failed = 0;        ///< Pings not answered.
    std::uint64_t pings_skipped = 0;       ///< Loans without a ping, for it was used just now.
    std::uint64_t detached = 0;            ///< Connections taken out of the pool for good.
    std::array<std::uint64_t, 9> closed{}; ///< Connections closed, by `pool_close`.

    /// Returns how many acquires failed in one way.
    std::uint64_t count(pool_failure why) const noexcept
    {
        return failed[static_cast<std::size_t>(why)];
    }

    /// Returns how many connections were closed for one reason.
    std::uint64_t count(pool_close why) const noexcept
    {
        return closed[static_cast<std::size_t>(why)];
    }
};

namespace core {

/// What a slot is doing.
enum class pool_slot_state
{
    vacant,
    opening,
    idle,
    pinging,
    leased,
    resetting,
    closing,
};

/// What the caller has to do for a slot, and to report.
enum class pool_task
{
    open,  ///< Connect; report `opened` or `open_failed`.
    ping,  ///< Ping, for `patience` at most; report `pinged`.
    reset, ///< Reset; report `reset_done`.
    close, ///< Close politely, within `close_timeout`; report `closed`.
    cut,   ///< Close without a word; report `closed`.
};

/**
 * A connection's place in the pool; it lives beside the connection, so that moving it about
 * allocates nothing. The machine alone writes it.
 *
 * `task`, `patience` and `why` may be read without the lock while the task is not reported.
 */
struct pool_slot
{
    pool_slot* prev = nullptr;
    pool_slot* next = nullptr;
    pool_slot* next_task = nullptr;
    pool_slot_state state = pool_slot_state::vacant;
    pool_task task = pool_task::open;
    duration patience{};                ///< How long the ping may take.
    pool_close why = pool_close::idle;  ///< Why it is closed.
    std::uint64_t generation = 0;       ///< In which it was last known to be alive.
    std::uint64_t asked_in = 0;         ///< The generation in which its ping began.
    std::uint64_t wave = 0;             ///< Of the connect; see `pool_gate`.
    std::uint64_t uses = 0;             ///< How often it was lent.
    std::uint64_t last_use = 0;         ///< Which loan is its last; zero for none.
    time_point expires_at{};            ///< When it is too old.
    time_point idle_since{};            ///< When it was last used.
    time_point alive_at{};              ///< When it was last known to be alive.
    duration keepalive{};               ///< How long it may go without proof; zero for ever.
};

/// An acquire's place in the queue; it lives in the acquire's own state. Not moved while
/// `queued`. The machine alone writes it.
struct pool_waiter
{
    pool_waiter* prev = nullptr;
    pool_waiter* next = nullptr;
    bool queued = false;
    time_point deadline = time_point::max();
    pool_slot* slot = nullptr;               ///< What it got.
    pool_failure why = pool_failure::none;   ///< Why it got nothing.
    error_code error{};                      ///< With `connect_failed`.
};

/**
 * What the caller has to do after an event: tasks of slots, and waiters to be completed.
 *
 * Taken under the lock and worked off without it, in any order and by any threads: nothing in
 * it is touched by the machine until it is reported.
 */
class pool_actions
{
public:
    /// Takes the next slot whose task is to be done, or null.
    pool_slot* next_slot() noexcept
    {
        pool_slot* const slot = slots_;
        if (slot != nullptr) {
            slots_ = std::exchange(slot->next_task, nullptr);
        }
        return slot;
    }

    /// Takes the next waiter that got a slot or a failure, first come first, or null.
    pool_waiter* next_waiter() noexcept
    {
        pool_waiter* const waiter = first_;
        if (waiter != nullptr) {
            first_ = std::exchange(waiter->next, nullptr);
            last_ = first_ != nullptr ? last_ : nullptr;
        }
        return waiter;
    }

    /// Says whether there is nothing to do.
    bool empty() const noexcept { return slots_ == nullptr && first_ == nullptr; }

    /// Adds a task.
    void add(pool_slot& slot) noexcept { slot.next_task = std::exchange(slots_, &slot); }

    /// Adds a waiter behind the others.
    void add(pool_waiter& waiter) noexcept
    {
        waiter.next = nullptr;
        (last_ != nullptr ? last_->next : first_) = &waiter;
        last_ = &waiter;
    }

private:
    pool_slot* slots_ = nullptr;
    pool_waiter* first_ = nullptr;
    pool_waiter* last_ = nullptr;
};

/// An intrusive list of slots or waiters.
template <class Node>
class pool_list
{
public:
    Node* front() const noexcept { return front_; }
    Node* back() const noexcept { return back_; }
    std::size_t size() const noexcept { return size_; }

    /// Links a node before another; null stands for the end.
    void insert(Node& node, Node* successor) noexcept
    {
        node.next = successor;
        node.prev = successor != nullptr ? successor->prev : back_;
        (node.prev != nullptr ? node.prev->next : front_) = &node;
        (successor != nullptr ? successor->prev : back_) = &node;
        ++size_;
    }

    void erase(Node& node) noexcept
    {
        (node.prev != nullptr ? node.prev->next : front_) = node.next;
        (node.next != nullptr ? node.next->prev : back_) = node.prev;
        node.prev = node.next = nullptr;
        --size_;
    }

private:
    Node* front_ = nullptr;
    Node* back_ = nullptr;
    std::size_t size_ = 0;
};

} // namespace core
} // namespace resil

#endif // RESIL_CORE_POOL_STATE_HPP
