// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_POOL_SLOT_HPP
#define RESIL_CORE_POOL_SLOT_HPP

#include <resil/core/pool_state.hpp>
#include <resil/error.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace resil::core {

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

/// How many values `pool_slot_state` has.
inline constexpr std::size_t pool_slot_states = 7;

/// Returns the name of a state, as it is spelt in the enumeration.
constexpr std::string_view to_string(pool_slot_state state) noexcept
{
    switch (state) {
    case pool_slot_state::vacant: return "vacant";
    case pool_slot_state::opening: return "opening";
    case pool_slot_state::idle: return "idle";
    case pool_slot_state::pinging: return "pinging";
    case pool_slot_state::leased: return "leased";
    case pool_slot_state::resetting: return "resetting";
    case pool_slot_state::closing: return "closing";
    }
    return "unknown";
}

/// What the caller has to do for a slot, and to report.
enum class pool_task
{
    open,  ///< Connect; report `opened` or `open_failed`.
    ping,  ///< Ping, for `patience` at most; report `pinged`.
    reset, ///< Reset; report `reset_done`.
    close, ///< Close politely, within `close_timeout`; report `closed`.
    cut,   ///< Close without a word; report `closed`.
};

/// Returns the name of a task, as it is spelt in the enumeration.
constexpr std::string_view to_string(pool_task task) noexcept
{
    switch (task) {
    case pool_task::open: return "open";
    case pool_task::ping: return "ping";
    case pool_task::reset: return "reset";
    case pool_task::close: return "close";
    case pool_task::cut: return "cut";
    }
    return "unknown";
}

/// What became of an acquire, or of a warm-up.
enum class pool_entry
{
    granted,  ///< It has a connection: `waiter.slot`. Or enough of them are there.
    queued,   ///< It waits; `take_actions` will give it a connection or a failure.
    rejected, ///< It failed: `waiter.why`.
};

/// Returns the name of an entry, as it is spelt in the enumeration.
constexpr std::string_view to_string(pool_entry entry) noexcept
{
    switch (entry) {
    case pool_entry::granted: return "granted";
    case pool_entry::queued: return "queued";
    case pool_entry::rejected: return "rejected";
    }
    return "unknown";
}

/// In which condition a connection comes back.
enum class pool_return
{
    clean,        ///< Ready for the next user.
    dirty,        ///< It has to be reset first.
    broken,       ///< In the middle of something; of no use, and no sign of anything more.
    disconnected, ///< The peer is gone, and perhaps for others too.
};

/// Returns the name of a condition, as it is spelt in the enumeration.
constexpr std::string_view to_string(pool_return how) noexcept
{
    switch (how) {
    case pool_return::clean: return "clean";
    case pool_return::dirty: return "dirty";
    case pool_return::broken: return "broken";
    case pool_return::disconnected: return "disconnected";
    }
    return "unknown";
}

/**
 * A connection's place in the pool; it lives beside the connection, so that moving it about
 * allocates nothing. The machine alone writes it.
 *
 * `id`, `task`, `patience` and `why` may be read without the lock while the task is not
 * reported.
 */
struct pool_slot
{
    pool_slot* prev = nullptr;
    pool_slot* next = nullptr;
    pool_slot* next_task = nullptr;
    pool_slot_state state = pool_slot_state::vacant;
    pool_task task = pool_task::open;
    duration patience{};               ///< How long the ping may take.
    pool_close why = pool_close::idle; ///< Why it is closed.
    std::uint64_t id = 0;              ///< Which connection it is: 1 is the first one opened.
    std::uint64_t generation = 0;      ///< In which it was last known to be alive.
    std::uint64_t asked_in = 0;        ///< The generation in which its ping began.
    std::uint64_t wave = 0;            ///< Of the connect; see `pool_gate`.
    std::uint64_t uses = 0;            ///< How often it was lent.
    std::uint64_t last_use = 0;        ///< Which loan is its last; zero for none.
    time_point since{};                ///< When its state began.
    time_point expires_at{};           ///< When it is too old.
    time_point idle_since{};           ///< When it was last used.
    time_point alive_at{};             ///< When it was last known to be alive.
    duration keepalive{};              ///< How long it may go without proof; zero for ever.
    bool unasked = false;              ///< Its ping is a keepalive: nobody waits for it.
};

/// An acquire's place in the queue; it lives in the acquire's own state. Not moved while
/// `queued`. The machine alone writes it.
struct pool_waiter
{
    pool_waiter* prev = nullptr;
    pool_waiter* next = nullptr;
    bool queued = false;
    time_point deadline = time_point::max();
    pool_slot* slot = nullptr;             ///< What it got.
    pool_failure why = pool_failure::none; ///< Why it got nothing.
    /// With `connect_failed`, its cause; with any other failure, the last connect's error, if
    /// none was good after it.
    error_code error{};
    duration waited{};            ///< How long it was in the queue, once it is out.
    time_point arrived{};         ///< When it was queued.
    std::uint64_t ticket = 0;     ///< Its place in the order of arrival; zero for none.
    pool_waiter* child = nullptr; ///< For `pool_deadlines`, like the next two.
    pool_waiter* left = nullptr;
    pool_waiter* right = nullptr;
};

/// A wish for so many connections to be there; it lives in the warm-up's own state. Not moved
/// while `queued`. Its owner sets `wanted` and `deadline`, the machine the rest.
struct pool_warm_up
{
    pool_warm_up* prev = nullptr;
    pool_warm_up* next = nullptr;
    bool queued = false;
    std::size_t wanted = 1; ///< How many; those that are lent, pinged and reset count.
    time_point deadline = time_point::max();
    pool_failure why = pool_failure::none; ///< Why they are not there; `none` if they are.
    error_code error{};                    ///< As a waiter's.
};

/// A queue of nodes with `next`.
template <class Node>
class pool_chain
{
public:
    bool empty() const noexcept { return first_ == nullptr; }

    void push(Node& node) noexcept
    {
        node.next = nullptr;
        (first_ != nullptr ? last_->next : first_) = &node;
        last_ = &node;
    }

    Node* pop() noexcept
    {
        Node* const node = first_;
        if (node != nullptr) {
            first_ = std::exchange(node->next, nullptr);
        }
        return node;
    }

private:
    Node* first_ = nullptr;
    Node* last_ = nullptr; // of no meaning without a first
};

/**
 * What the caller has to do after an event: tasks of slots, and waiters and warm-ups to be
 * completed.
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
    pool_waiter* next_waiter() noexcept { return waiters_.pop(); }

    /// Takes the next warm-up that is over, or null.
    pool_warm_up* next_warm_up() noexcept { return warm_ups_.pop(); }

    /// Says whether connections have become suspect.
    bool suspected() const noexcept { return suspected_; }

    /// Says whether connections have been declared dead.
    bool invalidated() const noexcept { return invalidated_; }

    /// Says whether there is nothing to do.
    bool empty() const noexcept
    {
        return slots_ == nullptr && waiters_.empty() && warm_ups_.empty() && !suspected_ &&
               !invalidated_;
    }

    /// Adds a task.
    void add(pool_slot& slot) noexcept { slot.next_task = std::exchange(slots_, &slot); }

    /// Adds a waiter behind the others.
    void add(pool_waiter& waiter) noexcept { waiters_.push(waiter); }

    /// Adds a warm-up behind the others.
    void add(pool_warm_up& warm_up) noexcept { warm_ups_.push(warm_up); }

    /// Adds that connections have become suspect.
    void add_suspicion() noexcept { suspected_ = true; }

    /// Adds that connections have been declared dead.
    void add_invalidation() noexcept { invalidated_ = true; }

private:
    pool_slot* slots_ = nullptr;
    pool_chain<pool_waiter> waiters_{};
    pool_chain<pool_warm_up> warm_ups_{};
    bool suspected_ = false;
    bool invalidated_ = false;
};

} // namespace resil::core

#endif // RESIL_CORE_POOL_SLOT_HPP
