// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_SERVICE_STOP_NOTICE_HPP
#define RESIL_SERVICE_STOP_NOTICE_HPP

#include <resil/core/saturate.hpp>
#include <resil/detail/coroutine_warnings.hpp>
#include <resil/detail/occasion.hpp>
#include <resil/error.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <atomic>
#include <memory>
#include <utility>

RESIL_DETAIL_COROUTINES_BEGIN

namespace resil::service {

class shutdown;

/**
 * Tells background work that the process is about to end: it takes no new work, and comes to an end.
 *
 * A handle: copies tell the same.
 *
 * Executor: waiting completes on the handler's executor, by default the shutdown's.
 * Lifetimes: may outlive the shutdown that it came from. The execution context must outlive it.
 * Thread safety: safe, shared objects too.
 * Exceptions: copying throws nothing.
 * Cost: to ask is an atomic read.
 *
 * Example:
 *
 *     asio::awaitable<void> refresh(resil::service::stop_notice stopping)
 *     {
 *         while (!stopping.requested()) {
 *             refresh_once();
 *             co_await stopping.pause(30s); // ends early
 *         }
 *     }
 */
class stop_notice
{
    struct state
    {
        auto asked() const
        {
            return [this] { return requested.load(std::memory_order_acquire); };
        }

        explicit state(boost::asio::any_io_executor const& ex) : told(ex) {}

        std::atomic<bool> requested = false;
        resil::detail::occasion told;
    };

public:
    /// Says whether work should come to an end. Throws nothing.
    bool requested() const noexcept { return state_->requested.load(std::memory_order_acquire); }

    /**
     * Waits until `requested()`.
     *
     * Completion signature: `void(error_code)`.
     * Cancellation: all three types; `operation_aborted`.
     * Errors: none but that.
     * Exceptions: `bad_alloc`; then nothing has begun.
     * Cost: two allocations.
     *
     * Example:
     *
     *     co_await stopping.async_wait(asio::use_awaitable);
     *     say_goodbye();
     */
    template <class Token>
    auto async_wait(Token&& token) const
    {
        return state_->told.async_wait(state_->asked(), time_point::max(), std::forward<Token>(token));
    }

    /**
     * Waits until `time` has passed, or `requested()`.
     *
     * Cancellation: all three types.
     * Errors: none.
     * Exceptions: `operation_aborted` if it was cancelled; `bad_alloc`.
     * Cost: two allocations, and that of its frame.
     */
    boost::asio::awaitable<void> pause(duration time) const
    {
        auto const kept = state_;
        auto const until = core::plus(kept->told.clock().now(), time);
        auto const token = boost::asio::as_tuple(boost::asio::use_awaitable);
        auto const [ec] = co_await kept->told.async_wait(kept->asked(), until, token);
        if (ec && ec != errc::timed_out) {
            throw boost::system::system_error(ec);
        }
    }

private:
    friend class shutdown;

    explicit stop_notice(boost::asio::any_io_executor const& ex) : state_(std::make_shared<state>(ex)) {}

    void request() const
    {
        state_->requested.store(true, std::memory_order_release);
        state_->told.happen();
    }

    std::shared_ptr<state> state_;
};

} // namespace resil::service

RESIL_DETAIL_COROUTINES_END

#endif // RESIL_SERVICE_STOP_NOTICE_HPP
