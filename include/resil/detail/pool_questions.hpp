// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_POOL_QUESTIONS_HPP
#define RESIL_DETAIL_POOL_QUESTIONS_HPP

#include <resil/attempt.hpp>
#include <resil/core/pool_state.hpp>
#include <resil/core/saturate.hpp>
#include <resil/detail/associated.hpp>
#include <resil/detail/pool_wait.hpp>
#include <resil/detail/shared_pool.hpp>
#include <resil/error.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/error.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>

namespace resil::detail {

/// Returns what an acquire completes with that failed in some way.
inline error_code failed_acquire(pool_failure why, error_code connect_error) noexcept
{
    
    switch (why) {
    case pool_failure::none: return {};
    case pool_failure::timed_out: return errc::pool_timed_out;
    case pool_failure::cancelled: return boost::asio::error::operation_aborted;
    case pool_failure::queue_full: return errc::pool_queue_full;
    case pool_failure::draining: return errc::pool_draining;
    case pool_failure::unavailable: return errc::pool_unavailable;
    case pool_failure::connect_failed: return connect_error;
    }
    return errc::pool_unavailable;
}

/// How an acquire ended.
template <class Lease>
struct acquire_answer
{
    error_code code;
    error_code last_connect_error; ///< Of the pool's latest failed connect.
    Lease lent;

    template <class Handler>
    void complete(Handler&& handler) &&
    {
        if constexpr (wants_failure<std::decay_t<Handler>>) {
            if (code) {
                return std::move(handler)(
                    failure({.code = code, .last_error = last_connect_error}));
            }
        }
        std::move(handler)(code, std::move(lent));
    }
};

/// Asks for a connection.
template <class Connector, class Lease>
class acquire_question
{
public:
    using pool_type = shared_pool<Connector>;
    using answer_type = acquire_answer<Lease>;

    acquire_question(std::shared_ptr<pool_type> pool, time_point deadline,
                     std::source_location where)
        : pool_(std::move(pool)), deadline_(deadline), where_(where)
    {
    }

    std::shared_ptr<pool_type> const& pool() const noexcept { return pool_; }

    template <class Wait>
    bool ask(Wait& wait, time_point now) noexcept
    {
        seat_.wait = &wait;
        seat_.question = this;
        seat_.deliver = [](pool_seat& s) {
            auto& mine = static_cast<seat&>(s);
            mine.question->note_loan();
            static_cast<Wait*>(mine.wait)->deliver();
        };
        bool const queued =
            pool_->machine().acquire(seat_, now, deadline_) == core::pool_entry::queued;
        note_loan();
        return queued;
    }

    bool withdraw(pool_failure why, time_point now) noexcept
    {
        return pool_->machine().abandon(seat_, why, now);
    }

    void take_back() noexcept { pool_->machine().handover_failed(seat_); }

    answer_type answer() noexcept
    {
        auto* const lent = static_cast<typename pool_type::place*>(seat_.slot);
        return {failed_acquire(seat_.why, seat_.error), pool_->snapshot().last_connect_error,
                Lease(std::exchange(seat_.slot, nullptr) ? lent : nullptr)};
    }

private:
    struct seat : pool_seat
    {
        void* wait = nullptr;
        acquire_question* question = nullptr;
    };

    void note_loan() noexcept
    {
        if (seat_.slot != nullptr) {
            static_cast<typename pool_type::place*>(seat_.slot)
                ->note_loan(pool_->service().recent(), where_);
        }
    }

    std::shared_ptr<pool_type> pool_;
    time_point deadline_;
    std::source_location where_;
    seat seat_{};
};

/// Starts an acquire.
template <class Connector, class Lease>
class initiate_acquire
{
public:
    using executor_type = boost::asio::any_io_executor;

    explicit initiate_acquire(std::shared_ptr<shared_pool<Connector>> pool)
        : pool_(std::move(pool))
    {
    }

    executor_type get_executor() const noexcept { return pool_->executor(); }

    template <class Handler>
    void operator()(Handler&& handler, std::optional<time_point> outer,
                    std::source_location where) const
    {
        using handler_type = std::decay_t<Handler>;
        using question = acquire_question<Connector, Lease>;
        if (auto* const lent = pool_->try_take(where)) {
            return reply_at_once(handler_type(std::forward<Handler>(handler)),
                                 acquire_answer<Lease>{{}, {}, Lease(lent)}, pool_->executor());
        }
        time_point deadline =
            core::plus(pool_->service().now(), pool_->options().acquire_timeout);
        deadline = std::min(deadline, outer.value_or(deadline));
        if constexpr (has_outer_attempt<handler_type>) {
            auto const* const attempt =
                associated_attempt<handler_type, no_attempt>::get(handler);
            deadline = std::min(deadline, attempt->deadline());
        }
        pool_wait<question, handler_type>::start(question(pool_, deadline, where),
                                                 handler_type(std::forward<Handler>(handler)),
                                                 deadline);
    }

private:
    std::shared_ptr<shared_pool<Connector>> pool_;
};

} // namespace resil::detail

#endif // RESIL_DETAIL_POOL_QUESTIONS_HPP
