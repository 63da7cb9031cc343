// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_SERVICE_IN_FLIGHT_HPP
#define RESIL_SERVICE_IN_FLIGHT_HPP

#include <resil/detail/occasion.hpp>
#include <resil/error.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

/// What surrounds the policies in a process that others depend on.
namespace resil::service {

/**
 * Counts the work that is in flight, and lets a shutdown wait for its end.
 *
 * For work that no server counts: messages taken from a queue, jobs that a request left behind. Work enters the gate and
 * holds a pass; once the gate is closed nothing enters, and who waits is told when the last pass is gone.
 *
 * A handle: copies are the same gate.
 * Executor: waiting completes on the handler's executor, by default the gate's.
 * Lifetimes: passes may outlive the handles. The execution context must outlive it.
 * Thread safety: safe, shared objects too.
 * Exceptions: making one throws `bad_alloc`.
 * Cost: to enter and to leave is an atomic operation each; no allocation.
 *
 * Example:
 *
 *     auto const pass = jobs.enter();
 *     if (!pass) {
 *         refused = true; // the process is about to end
 *         return;
 *     }
 *     work(); // a shutdown waits until the pass is gone
 */
class in_flight
{
    struct state
    {
        explicit state(boost::asio::any_io_executor const& ex) : idle(ex) {}

        static constexpr std::uint64_t closed = std::uint64_t{1} << 63;

        bool enter() noexcept
        {
            std::uint64_t now = count.load(std::memory_order_relaxed);
            do {
                if ((now & closed) != 0) {
                    return false;
                }
            } while (!count.compare_exchange_weak(now, now + 1, std::memory_order_acq_rel, std::memory_order_relaxed));
            return true;
        }

        void leave() { tell(count.fetch_sub(1, std::memory_order_acq_rel) - 1); }

        void close() { tell(count.fetch_or(closed, std::memory_order_acq_rel) | closed); }

        void tell(std::uint64_t now)
        {
            if (now == closed) {
                idle.happen();
            }
        }

        std::atomic<std::uint64_t> count = 0; // the highest bit: nothing enters
        resil::detail::occasion idle;
    };

public:
    /// Holds work in flight; the work has ended when it is destroyed.
    class pass
    {
    public:
        /// Takes over the work of another.
        pass(pass&&) noexcept = default;
        pass& operator=(pass&&) = delete;

        /// Ends the work.
        ~pass()
        {
            if (gate_) {
                gate_->leave();
            }
        }

    private:
        friend class in_flight;

        explicit pass(std::shared_ptr<state> gate) noexcept : gate_(std::move(gate)) {}

        std::shared_ptr<state> gate_;
    };

    /// Makes an open gate, on an executor. Throws `bad_alloc`.
    explicit in_flight(boost::asio::any_io_executor const& ex) : state_(std::make_shared<state>(ex)) {}

    /// Lets work in; no pass if the gate is closed. Throws nothing.
    std::optional<pass> enter() const noexcept
    {
        if (!state_->enter()) {
            return std::nullopt;
        }
        return pass(state_);
    }

    /// Lets nothing in from now on. Throws `bad_alloc`.
    void close() const { state_->close(); }

    /// Says whether nothing is let in. Throws nothing.
    bool is_closed() const noexcept { return (state_->count.load(std::memory_order_acquire) & state::closed) != 0; }

    /// Returns how much work is in flight. Throws nothing.
    std::size_t count() const noexcept
    {
        return static_cast<std::size_t>(state_->count.load(std::memory_order_acquire) & ~state::closed);
    }

    /**
     * Waits until the gate is closed and nothing is in flight, or a point in time.
     *
     * Completion signature: `void(error_code)`.
     * Cancellation: all three types; `operation_aborted`.
     * Errors: `errc::timed_out` at `until`.
     * Exceptions: `bad_alloc`; then nothing has begun.
     * Cost: two allocations.
     *
     * Example:
     *
     *     jobs.close();
     *     jobs.async_wait_idle(clock.now() + 10s, [&](resil::error_code ec) { idle = !ec; });
     */
    template <class Token>
    auto async_wait_idle(time_point until, Token&& token) const
    {
        auto const idle = [s = state_.get()] { return s->count.load(std::memory_order_acquire) == state::closed; };
        return state_->idle.async_wait(idle, until, std::forward<Token>(token));
    }

private:
    std::shared_ptr<state> state_;
};

} // namespace resil::service

#endif // RESIL_SERVICE_IN_FLIGHT_HPP
