// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_OPERATION_STATE_HPP
#define RESIL_DETAIL_OPERATION_STATE_HPP

#include <resil/attempt.hpp>
#include <resil/detail/channel.hpp>
#include <resil/detail/entropy.hpp>
#include <resil/detail/operation_form.hpp>
#include <resil/detail/operation_handler.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/recycling_allocator.hpp>

#include <exception>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace resil::detail {

/// Returns the executor for a coroutine: the inner one, which costs less, where that is as safe.
template <class Wanted, class Executor>
Wanted spawn_executor(Executor const& ex)
{
    if constexpr (requires { ex.inner(); }) {
        if (!ex.queues()) {
            if constexpr (requires { ex.inner().to_any(); }) {
                return Wanted(ex.inner().to_any());
            } else {
                return Wanted(ex.inner());
            }
        }
    }
    if constexpr (std::is_convertible_v<Executor, Wanted>) {
        return Wanted(ex);
    } else {
        throw invalid_option("resil: a coroutine whose executor is not any_io_executor runs on a "
                             "context of several threads: call it on a strand");
    }
}

/// Starts an operation, in whichever form it was given; one that is not repeated is used up.
template <bool Repeats, class Op, class Handler>
void launch(Op& op, attempt const& about, Handler handler)
{
    constexpr auto form = form_of<Op>();
    if constexpr (form == operation_form::attempt_and_token) {
        op(about, std::move(handler));
    } else if constexpr (form == operation_form::token && Repeats) {
        op(std::move(handler));
    } else if constexpr (form == operation_form::token) {
        std::move(op)(std::move(handler));
    } else {
        auto coroutine = op(about);
        auto ex = spawn_executor<typename decltype(coroutine)::executor_type>(handler.get_executor());
        boost::asio::co_spawn(std::move(ex), std::move(coroutine), std::move(handler));
    }
}

/// The operation that a call was made for; every start of it is an attempt.
template <class Call>
struct own_operation
{
    static constexpr bool is_attempt = true;
    static constexpr bool abandons = Call::abandons;
    static constexpr bool repeats = Call::needs::repeats;
    using type = typename Call::operation_type;

    static type& get(Call& call) noexcept { return call.operation(); }
};

/**
 * The innermost state of a call: one start of an operation, from its initiation to its end.
 *
 * `Source` says which operation; see `own_operation`.
 */
template <class Call, class Parent, class Source>
class operation_state
{
public:
    using executor_type = typename Call::executor_type;
    using inner_allocator_type = typename Call::allocator_type;
    static constexpr bool may_be_left_behind = Source::abandons;
    using operation_allocator_type =
        std::conditional_t<Source::abandons, operation_allocator<char, inner_allocator_type>,
                           inner_allocator_type>;
    using started = started_operation<operation_state>;
    using handler = operation_handler<operation_state, typename Call::signature>;

    operation_state(Call& call, Parent& parent, Source source = Source())
        : call_(call), parent_(parent), source_(std::move(source))
    {
    }

    operation_state(operation_state const&) = delete;
    operation_state& operator=(operation_state const&) = delete;

    void start(time_point bound)
    {
        if (call_.is_cancelled()) {
            return parent_.finish(ended(boost::asio::error::operation_aborted));
        }
        time_point at{};
        if constexpr (Call::timed) {
            at = call_.now();
            if (at >= bound) { // on a busy machine: whoever set the bound is about to cancel us
                too_late_ = true;
                return;
            }
        }
        int const number = Source::is_attempt ? call_.next_attempt() : call_.attempts();
        if constexpr (Source::is_attempt) {
            call_.tell_attempt_started();
            if (call_.is_cancelled()) { // by the observer
                return finish_without_answer(ended(boost::asio::error::operation_aborted));
            }
        }
        begin_start(number, at, bound);
        call_.hold();
        started_->busy = true;
        try {
            launch_operation();
        } catch (...) {
            if (started_->dropped) {
                return threw(std::current_exception());
            }
        }
        started_->busy = false;
        if (started_->dropped) {
            return operation_dropped();
        }
        if (started_->cancelled != boost::asio::cancellation_type::none) {
            cancel(started_->cancelled);
        }
    }

    // What is not started yet, or was refused, finds out by itself.
    void cancel(boost::asio::cancellation_type_t type)
    {
        if (too_late_) { // no attempt was started, so none ends
            return parent_.finish(ended(boost::asio::error::operation_aborted));
        }
        if (!started_ || completed_) {
            return;
        }
        bool dropped = false;
        try {
            dropped = started_->cancel(type);
        } catch (...) {
            if (started_->dropped) {
                return threw(std::current_exception());
            }
        }
        if (dropped) {
            operation_dropped();
        }
    }

    /// Ends this step now and lets the operation run on by itself; see `expiry::abandon`.
    void leave_behind(error_code ec)
    {
        call_.unhold();
        call_.stale_clock();
        call_.begin_outcome();
        if constexpr (Source::abandons) {
            static_cast<orphan&>(*started_).key = call_.made_key();
        }
        started_->owner = nullptr;
        started_ = nullptr;
        finish_without_answer(ended(ec));
    }

private:
    friend handler;
    friend started;

    /// An operation that may outlive its call, with all that it needs.
    struct orphan final : started, call_view
    {
        using operation_type = typename Source::type;
        using tracked_executor = std::decay_t<decltype(boost::asio::prefer(
            std::declval<executor_type const&>(),
            boost::asio::execution::outstanding_work.tracked))>;
        using allocator = boost::asio::recycling_allocator<orphan>;

        orphan(operation_state& state, int number, time_point at, time_point bound)
            : started(state, executor_copy, *this, number, at, bound),
              executor_copy(state.call_.executor()), operation(state.source_.get(state.call_)),
              work(boost::asio::prefer(executor_copy,
                                       boost::asio::execution::outstanding_work.tracked)),
              repeated(state.call_.repeats())
        {
            this->free = [](started* self) noexcept {
                auto& whole = static_cast<orphan&>(*self);
                allocator memory;
                whole.~orphan();
                memory.deallocate(&whole, 1);
            };
        }

        std::string_view idempotency_key() override
        {
            if (key.empty()) {
                key = this->owner ? this->owner->call_.idempotency_key() : random_key().view();
            }
            return key;
        }

        std::string_view made_key() const noexcept override
        {
            return key.empty() && this->owner ? this->owner->call_.made_key() : key;
        }

        bool repeats() const noexcept override { return repeated; }

        executor_type executor_copy;
        operation_type operation;
        std::string key;
        tracked_executor work;
        bool repeated;
    };

public:
    /// Frees the memory of an operation that completed, or that was never started.
    ~operation_state()
    {
        if constexpr (Source::abandons) {
            if (started_ && started_->free) {
                started_->free(started_);
                return;
            }
        }
        if (started_) {
            started_->~started_operation();
        }
    }

private:
    void begin_start(int number, time_point at, time_point bound)
    {
        if constexpr (Source::abandons) {
            if (call_.abandons_now()) {
                typename orphan::allocator memory;
                orphan* const place = memory.allocate(1);
                try {
                    started_ = ::new (place) orphan(*this, number, at, bound);
                } catch (...) {
                    memory.deallocate(place, 1);
                    throw;
                }
                return;
            }
        }
        started_ = ::new (&place_) started(*this, call_.executor(), call_, number, at, bound);
    }

    void launch_operation()
    {
        if constexpr (Source::abandons) {
            if (started_->free) {
                auto& op = static_cast<orphan&>(*started_).operation;
                return launch<true>(op, started_->about, handler(*started_));
            }
        }
        launch<Source::repeats>(source_.get(call_), started_->about, handler(*started_));
    }

    operation_allocator_type allocator_for_operation() const noexcept
    {
        return operation_allocator_type(call_.allocator());
    }

    // An operation that throws but keeps its handler is still running: it is waited for.
    void threw(std::exception_ptr e)
    {
        call_.unhold();
        call_.stale_clock();
        call_.begin_outcome();
        call_.keep_exception(std::move(e));
        call_.because(reason::exception);
        finish_without_answer(ended(errc::operation_threw));
    }

    void finish_without_answer(ended outcome)
    {
        if constexpr (Source::is_attempt) {
            call_.tell_attempt_ended(outcome);
        }
        parent_.finish(outcome);
    }

    void operation_dropped() noexcept
    {
        call_.unhold();
        call_.abandon();
    }

    template <class... Args>
    void operation_done(Args&... args)
    {
        completed_ = true;
        call_.unhold();
        call_.stale_clock();
        call_.enter([&] { finish_with(answered<typename Call::channel_type, Args...>(args...)); });
    }

    template <class Outcome>
    void finish_with(Outcome&& outcome)
    {
        bool const cancelled = call_.is_cancelled() ||
                               started_->cancelled != boost::asio::cancellation_type::none;
        if constexpr (Source::is_attempt) {
            call_.note_outcome(outcome, started_->about.was_not_sent(), cancelled);
            call_.tell_attempt_ended(outcome);
        }
        if (cancelled && !outcome.succeeded()) {
            parent_.finish(ended(boost::asio::error::operation_aborted));
        } else {
            parent_.finish(std::forward<Outcome>(outcome));
        }
    }

    Call& call_;
    Parent& parent_;
    [[no_unique_address]] Source source_;
    started* started_ = nullptr;
    bool completed_ = false; ///< It must not be told to cancel any more.
    bool too_late_ = false; ///< It was to start at its bound or later, and did not.
    alignas(started) unsigned char place_[sizeof(started)];
};

} // namespace resil::detail

#endif // RESIL_DETAIL_OPERATION_STATE_HPP
