// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_BULKHEAD_HPP
#define RESIL_BULKHEAD_HPP

#include <resil/config.hpp>
#include <resil/core/bulkhead_gate.hpp>
#include <resil/core/bulkhead_machine.hpp>
#include <resil/core/bulkhead_options.hpp>
#include <resil/detail/bulkhead_layer.hpp>
#include <resil/detail/initiate.hpp>
#include <resil/detail/policy_description.hpp>
#include <resil/error.hpp>

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace resil {

namespace detail {

/// What the copies of a bulkhead share. The mutex guards the machine; most attempts pass the gate without it.
struct shared_bulkhead
{
    RESIL_DECL explicit shared_bulkhead(bulkhead_options o);

    /// Sends the news; without memory for it the waiter stays at the head of the queue.
    RESIL_DECL bool grant(core::bulkhead_waiter* waiter) noexcept;

    RESIL_DECL void pump() noexcept;

    bulkhead_options const options;
    std::mutex mutex;
    core::bulkhead_machine machine;
    core::bulkhead_gate gate;
};

/// For a scope, locks the machine and calls in its permits; then wakes whoever can be let in.
class bulkhead_lock
{
public:
    explicit bulkhead_lock(shared_bulkhead& shared) : shared_(shared), lock_(shared.mutex)
    {
        shared_.gate.shut(shared_.machine);
    }

    ~bulkhead_lock()
    {
        shared_.pump();
        shared_.gate.open(shared_.machine);
    }

    bulkhead_lock(bulkhead_lock const&) = delete;
    bulkhead_lock& operator=(bulkhead_lock const&) = delete;

private:
    shared_bulkhead& shared_;
    std::lock_guard<std::mutex> lock_;
};

} // namespace detail

/**
 * Limits how much runs at once, and lets a bounded number wait for a bounded time.
 *
 * An attempt that finds a free permit starts at once. Otherwise it waits in a queue, first come first served; a permit
 * that is given back goes to the head of the queue in the same step. An attempt that finds the queue full, or has
 * waited too long, is rejected with `errc::bulkhead_full`. The permit is given back when the attempt ends, and is not
 * held during a retry's delay.
 *
 * A handle: copies share the permits, among any pipelines, contexts and threads.
 *
 * Completion signature: unchanged.
 * Executor: an attempt that waited starts on its own call's executor.
 * Cancellation: a waiting attempt leaves the queue at once; a running one gets it passed on.
 * Errors: `errc::bulkhead_full`, with `reason::bulkhead_full` or `reason::bulkhead_wait`.
 * Lifetimes: a context may be destroyed with attempts waiting; they leave the queue.
 * Thread safety: safe, shared objects too. While permits are free and nobody waits, one is taken and given back by one
 * atomic operation each; else a mutex is held for some tens of nanoseconds.
 * Exceptions: making one throws `invalid_option` and `bad_alloc`; describing one, `bad_alloc`; the others what locking
 * a mutex throws.
 * Cost: no allocation, queued or not, but for the message to an attempt that waited.
 *
 * Example:
 *
 *     resil::bulkhead const images{{.name = "images", .max_concurrent = 2}};
 *
 *     asio::awaitable<page> render()
 *     {
 *         co_return co_await images.async_call(
 *             [](resil::attempt const&, auto token) { return fetch("/image", std::move(token)); },
 *             asio::use_awaitable);
 *     }
 */
class bulkhead : public detail::calls<bulkhead>
{
public:
    /// Throws `invalid_option` if an option is out of range.
    explicit bulkhead(bulkhead_options options = {})
        : shared_((options.validate(), std::make_shared<detail::shared_bulkhead>(std::move(options))))
    {
    }

    /// Returns the name given in the options.
    std::string_view name() const noexcept { return shared_->options.name; }

    /// Returns the options as they were given.
    bulkhead_options const& options() const noexcept { return shared_->options; }

    /// Returns how long an attempt may wait.
    duration max_wait() const noexcept { return shared_->options.max_wait; }

    /// Returns the numbers of this moment.
    bulkhead_snapshot snapshot() const
    {
        std::lock_guard lock(shared_->mutex);
        return shared_->gate.snapshot(shared_->machine);
    }

    /**
     * Changes the number of permits (>= 1), and hands new ones to those who wait.
     *
     * Fewer permits: running attempts finish, and nobody is admitted until enough of them have. Throws
     * `invalid_option`.
     */
    void resize(std::size_t max_concurrent) const
    {
        bulkhead_options(
            {.max_concurrent = max_concurrent, .max_queued = shared_->options.max_queued})
            .validate();
        detail::bulkhead_lock const lock(*shared_);
        shared_->machine.resize(max_concurrent);
    }

    /// Asks for a permit, or for a place in the queue; for layers.
    core::bulkhead_entry enter(core::bulkhead_waiter& seat) const
    {
        if (shared_->gate.try_enter()) {
            return core::bulkhead_entry::admitted;
        }
        detail::bulkhead_lock const lock(*shared_);
        shared_->pump(); // somebody may wait who could not be woken
        return shared_->machine.enter(seat);
    }

    /// Gives a permit back that is held, and hands it to the next.
    void leave() const noexcept
    {
        if (!shared_->gate.leave()) {
            detail::bulkhead_lock const lock(*shared_);
        }
    }

    /// Leaves the queue; false if a permit is on its way already.
    bool abandon(core::bulkhead_waiter& seat) const noexcept
    {
        detail::bulkhead_lock const lock(*shared_);
        return shared_->machine.abandon(seat);
    }

    /// Identifies the shared permits, for finding a bulkhead that stands twice in a pipeline.
    void const* identity() const noexcept { return shared_.get(); }

    /// Says what this policy is, for the rules of order and for printing.
    auto description() const
    {
        auto const& o = options();
        return detail::policy_description{
            .kind = detail::policy_kind::bulkhead,
            .text = "bulkhead(" + (o.name.empty() ? "" : o.name + ", ") +
                    core::text(o.max_concurrent) + " at once, " + core::text(o.max_queued) +
                    " waiting)",
            .identity = identity()};
    }

    /// Returns this policy as the only one of a call.
    auto policies() const { return detail::own_policies<bulkhead>(*this); }

private:
    std::shared_ptr<detail::shared_bulkhead> shared_;
};

namespace detail {

template <>
struct layer_of<bulkhead> : plain_layer
{
    static constexpr bool timed = false;

    template <class Call, std::size_t K>
    using state = bulkhead_layer<Call, K>;

    template <class Call>
    using fixture = bulkhead_fixture<Call>;
};

} // namespace detail
} // namespace resil

#ifndef RESIL_SEPARATE_COMPILATION
#include <resil/bulkhead.ipp>
#endif

#endif // RESIL_BULKHEAD_HPP
