// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_POOL_WAIT_HPP
#define RESIL_DETAIL_POOL_WAIT_HPP

#include <resil/core/pool_state.hpp>
#include <resil/detail/associated.hpp>
#include <resil/detail/call_memory.hpp>
#include <resil/detail/call_timer.hpp>
#include <resil/detail/final_call.hpp>
#include <resil/detail/narrow_executor.hpp>
#include <resil/error.hpp>
#include <resil/timer_service.hpp>

#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/associated_immediate_executor.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/recycling_allocator.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <new>
#include <utility>

namespace resil::detail {

/// Where a handler's wait belongs: its own executor, or the pool's if its own runs nothing.
template <class Handler, class PoolExecutor>
auto waiting_executor(Handler const& handler, PoolExecutor const& pool)
{
    using own = typename boost::asio::associated_executor<Handler, PoolExecutor>::type;
    if constexpr (runs_calls<own>) {
        return narrowed(boost::asio::get_associated_executor(handler, pool));
    } else {
        return narrowed(pool);
    }
}

template <class Handler>
using handler_allocator =
    typename boost::asio::associated_allocator<Handler,
                                               boost::asio::recycling_allocator<void>>::type;

/// An answer on its way to its handler.
template <class Handler, class Answer>
struct pool_reply
{
    using allocator_type = handler_allocator<Handler>;

    Handler handler;
    Answer answer;

    allocator_type get_allocator() const noexcept
    {
        return boost::asio::get_associated_allocator(handler,
                                                     boost::asio::recycling_allocator<void>());
    }

    void operator()() { std::move(answer).complete(std::move(handler)); }
};

/// Completes an operation whose answer is there at once, but not inside of its initiation,
/// unless the handler's immediate executor says that this is right.
template <class Handler, class Answer, class PoolExecutor>
void reply_at_once(Handler&& handler, Answer&& answer, PoolExecutor const& pool)
{
    auto const ex = waiting_executor(handler, pool);
    using own = typename boost::asio::associated_executor<Handler, PoolExecutor>::type;
    if constexpr (runs_calls<own>) {
        auto const immediate = boost::asio::get_associated_immediate_executor(handler, ex);
        boost::asio::dispatch(
            immediate, pool_reply<Handler, Answer>{std::move(handler), std::move(answer)});
    } else {
        boost::asio::post(ex, [h = std::move(handler), a = std::move(answer)]() mutable {
            auto const foreign = boost::asio::get_associated_executor(h);
            boost::asio::dispatch(foreign,
                                  pool_reply<Handler, Answer>{std::move(h), std::move(a)});
        });
    }
}

/**
 * Waits for a pool's answer, up to a point in time, and can be cancelled at every moment.
 *
 * `Question` has
 *     `pool()`              what is asked, as a shared pointer;
 *     `ask(wait, now)`      under the lock; false if it is answered already;
 *     `deadline()`          then, until when to wait;
 *     `withdraw(why, now)`  under the lock; true if it waited, and now does not;
 *     `answer()`            what to complete the handler with, once answered;
 *     `drop()`              in place of `answer`, if there is nobody to tell.
 *
 * Three things can happen at once, on three threads: the pool answers, the time is up, and the
 * caller cancels. The pool's lock decides which comes first. What is left is to wait until the
 * timer is settled and the message has arrived: the second of the two completes the handler.
 */
template <class Question, class Handler>
class pool_wait final : timer_service::timer
{
    using pool_type = typename Question::pool_type;
    using executor_type =
        decltype(waiting_executor(std::declval<Handler const&>(),
                                  std::declval<typename pool_type::executor_type const&>()));
    using slot_type = typename boost::asio::associated_cancellation_slot<Handler>::type;
    using allocator = typename call_allocator_for<pool_wait, handler_allocator<Handler>>::type;

public:
    /// Asks; completes at once if there is nothing to wait for.
    static void start(Question question, Handler handler)
    {
        auto const pool = question.pool();
        pool_wait* const self = make(std::move(question), std::move(handler));
        self->connect_slot();
        if (!self->ask(*pool)) {
            self->complete_at_once(pool->executor());
        }
    }

    /// Sends the news that the answer is there; under the pool's lock.
    void deliver() { send(*this, executor_); }

private:
    friend class delivery<pool_wait>;

    pool_wait(Question&& question, Handler&& handler)
        : timer(told),
          handler_(std::move(handler)),
          question_(std::move(question)),
          executor_(waiting_executor(handler_, question_.pool()->executor())),
          service_(timer_service::of(
              boost::asio::query(executor_, boost::asio::execution::context))),
          slot_(boost::asio::get_associated_cancellation_slot(handler_))
    {
    }

    static pool_wait* make(Question&& question, Handler&& handler)
    {
        allocator memory(boost::asio::get_associated_allocator(
            handler, boost::asio::recycling_allocator<void>()));
        pool_wait* const place = std::allocator_traits<allocator>::allocate(memory, 1);
        try {
            return new (place) pool_wait(std::move(question), std::move(handler));
        } catch (...) {
            std::allocator_traits<allocator>::deallocate(memory, place, 1);
            throw;
        }
    }

    void destroy() noexcept
    {
        question_.drop();
        allocator memory(boost::asio::get_associated_allocator(
            handler_, boost::asio::recycling_allocator<void>()));
        this->~pool_wait();
        std::allocator_traits<allocator>::deallocate(memory, this, 1);
    }

    // The slot comes first: once the question is asked another thread may complete the handler.
    void connect_slot()
    {
        try {
            if (slot_.is_connected()) {
                slot_.template emplace<canceller>(this);
            }
        } catch (...) {
            destroy();
            throw;
        }
    }

    /// Says whether it waits; then it may be gone already.
    bool ask(pool_type& pool)
    {
        bool waits = false;
        bool no_memory = false;
        pool.locked([&](time_point now) {
            waits = question_.ask(*this, now);
            try {
                if (waits) {
                    service_.arm(*this, question_.deadline(), executor_);
                }
            } catch (std::bad_alloc const&) {
                question_.withdraw(pool_failure::cancelled, now);
                no_memory = true;
            }
        });
        if (no_memory) {
            slot_.clear();
            destroy();
            throw std::bad_alloc();
        }
        return waits;
    }

    void complete_at_once(typename pool_type::executor_type const& ex)
    {
        auto [handler, answer] = release();
        reply_at_once(std::move(handler), std::move(answer), ex);
    }

    struct canceller
    {
        pool_wait* self;

        explicit canceller(pool_wait* s) noexcept : self(s) {}

        void operator()(boost::asio::cancellation_type_t) const
        {
            self->withdraw(pool_failure::cancelled);
        }
    };

    // Stops waiting, if it still waits, and sends the news; without memory for that, the timer
    // tries again a little later. Returns whether it is so.
    bool withdraw(pool_failure why) noexcept
    {
        auto const pool = question_.pool(); // the message may be faster than the end of this
        bool no_memory = false;
        pool->locked([&](time_point now) {
            if (!untold_ && !question_.withdraw(why, now)) {
                return;
            }
            try {
                deliver();
                untold_ = false;
            } catch (std::bad_alloc const&) {
                untold_ = no_memory = true;
                if (service_.disarm(*this)) {
                    arm_again();
                }
            }
        });
        return no_memory;
    }

    void arm_again()
    {
        auto const soon = service_.now() + std::chrono::milliseconds(1);
        service_.arm(*this, soon, executor_);
    }

    // ----- the message has arrived, or was destroyed ----------------------------------------

    void arrived()
    {
        if (is_settled()) {
            finish();
        }
    }

    void lost() noexcept
    {
        if (is_settled()) {
            destroy();
        }
    }

    /// Says whether the timer is settled; if not, its expiry is under way, and sees to the rest.
    bool is_settled() noexcept
    {
        return parts_.load(std::memory_order_acquire) == 0 || service_.disarm(*this) ||
               parts_.fetch_sub(1, std::memory_order_acq_rel) == 1;
    }

    void finish()
    {
        auto [handler, answer] = release();
        using own =
            typename boost::asio::associated_executor<Handler,
                                                      typename pool_type::executor_type>::type;
        if constexpr (runs_calls<own>) {
            std::move(answer).complete(std::move(handler));
        } else {
            auto const foreign = boost::asio::get_associated_executor(handler);
            boost::asio::dispatch(foreign, pool_reply<Handler, typename Question::answer_type>{
                                               std::move(handler), std::move(answer)});
        }
    }

    /// Frees the memory before the handler runs.
    std::pair<Handler, typename Question::answer_type> release()
    {
        slot_.clear();
        std::pair<Handler, typename Question::answer_type> last(std::move(handler_),
                                                                question_.answer());
        allocator memory(boost::asio::get_associated_allocator(
            last.first, boost::asio::recycling_allocator<void>()));
        this->~pool_wait();
        std::allocator_traits<allocator>::deallocate(memory, this, 1);
        return last;
    }

    // ----- the time is up -------------------------------------------------------------------

    static void on_expired(timer& t)
    {
        auto& self = static_cast<pool_wait&>(t);
        if (self.withdraw(pool_failure::timed_out)) {
            return self.arm_again();
        }
        if (self.parts_.fetch_sub(1, std::memory_order_acq_rel) != 1) {
            return; // the message sees to the rest
        }
        try {
            self.deliver();
        } catch (std::bad_alloc const&) {
            self.parts_.store(1, std::memory_order_release);
            self.arm_again();
        }
    }

    static void on_orphaned(timer& t) noexcept
    {
        auto& self = static_cast<pool_wait&>(t);
        bool waited = false;
        auto const pool = self.question_.pool();
        pool->locked([&](time_point now) {
            waited = self.untold_ || self.question_.withdraw(pool_failure::cancelled, now);
        });
        if (waited || self.parts_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            self.destroy();
        }
    }

    static constexpr callbacks told{&on_expired, &on_orphaned};

    Handler handler_;
    Question question_;
    executor_type executor_;
    timer_service& service_;
    slot_type slot_;
    bool untold_ = false; // withdrawn, but there was no memory for the message; under the lock
    std::atomic<int> parts_{2}; // the timer and the message, as far as they are not settled
};

} // namespace resil::detail

#endif // RESIL_DETAIL_POOL_WAIT_HPP
