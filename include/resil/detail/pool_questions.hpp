// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_POOL_QUESTIONS_HPP
#define RESIL_DETAIL_POOL_QUESTIONS_HPP

#include <resil/attempt.hpp>
#include <resil/core/pool_event.hpp>
#include <resil/core/pool_machine.hpp>
#include <resil/core/pool_options.hpp>
#include <resil/core/pool_state.hpp>
#include <resil/core/saturate.hpp>
#include <resil/detail/associated.hpp>
#include <resil/detail/pool_place.hpp>
#include <resil/detail/pool_seats.hpp>
#include <resil/detail/pool_wait.hpp>
#include <resil/detail/shared_pool.hpp>
#include <resil/error.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/error.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>

namespace resil::detail {

/// Returns the error that tells of a failure.
inline error_code error_of(pool_failure why, error_code connect_error) noexcept
{
    switch (why) {
    case pool_failure::none: return {};
    case pool_failure::timed_out: return errc::pool_timed_out;
    case pool_failure::cancelled: return boost::asio::error::operation_aborted;
    case pool_failure::queue_full: return errc::pool_queue_full;
    case pool_failure::draining: return errc::pool_draining;
    case pool_failure::unavailable: return errc::pool_unavailable;
    case pool_failure::connect_failed: return connect_error;
    case pool_failure::too_many: return boost::asio::error::invalid_argument;
    }
    return errc::pool_unavailable;
}

/// What a wait completes with: an error, and a value.
template <class Value>
struct pool_answer
{
    error_code code;
    error_code connect_error; ///< Of the pool's latest failed connect.
    Value value;

    template <class Handler>
    void complete(Handler&& handler) &&
    {
        if constexpr (wants_failure<std::decay_t<Handler>>) {
            if (code) {
                return std::move(handler)(failure({.code = code, .last_error = connect_error}));
            }
        }
        std::move(handler)(code, std::move(value));
    }
};

/// The answer to whom nothing has gone wrong: no more than has to be moved about.
template <class Value>
struct pool_success
{
    Value value;

    template <class Handler>
    void complete(Handler&& handler) &&
    {
        std::move(handler)(error_code(), std::move(value));
    }
};

/// What all questions to a pool have in common.
template <class Connector>
class pool_question
{
public:
    using pool_type = shared_pool<Connector>;

    explicit pool_question(std::shared_ptr<pool_type> pool) : pool_(std::move(pool)) {}

    std::shared_ptr<pool_type> const& pool() const noexcept { return pool_; }

    /// Returns until when to wait, once asked.
    time_point deadline() const noexcept { return deadline_; }

    void drop() noexcept {}

protected:
    core::pool_machine& machine() const noexcept { return pool_->machine(); }

    time_point deadline_{};

private:
    std::shared_ptr<pool_type> pool_;
};

/// Asks for a connection.
template <class Connector, class Lease>
class acquire_question : public pool_question<Connector>
{
    using base = pool_question<Connector>;
    using place = pool_place<Connector>;

public:
    using answer_type = pool_answer<Lease>;

    acquire_question(std::shared_ptr<typename base::pool_type> pool, time_point bound,
                     std::source_location where)
        : base(std::move(pool)), bound_(bound), where_(where)
    {
    }

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
        duration const patience = this->pool()->options().acquire_timeout;
        this->deadline_ = std::min(bound_, core::plus(now, patience));
        auto const entry = this->machine().acquire(seat_, now, this->deadline_);
        note_loan();
        return entry == core::pool_entry::queued;
    }

    bool withdraw(pool_failure why, time_point now) noexcept
    {
        return this->machine().abandon(seat_, why, now);
    }

    answer_type answer() noexcept
    {
        auto const code = error_of(seat_.why, seat_.error);
        if (code) {
            this->pool()->tell({.kind = pool_event_kind::acquire_failed,
                                .error = code,
                                .failure = seat_.why,
                                .age = seat_.waited});
        }
        return {code, seat_.error, take_lease()};
    }

    void drop() noexcept { take_lease(); }

private:
    struct seat : pool_seat
    {
        void* wait = nullptr;
        acquire_question* question = nullptr;
    };

    Lease take_lease() noexcept
    {
        return Lease(static_cast<place*>(std::exchange(seat_.slot, nullptr)));
    }

    void note_loan() noexcept
    {
        if (seat_.slot != nullptr) {
            static_cast<place*>(seat_.slot)
                ->note_loan(this->pool()->service().recent(), where_);
        }
    }

    time_point bound_;
    std::source_location where_;
    seat seat_{};
};

/// Asks for a number of connections to be there.
template <class Connector>
class warm_up_question : public pool_question<Connector>
{
    using base = pool_question<Connector>;

public:
    using answer_type = pool_answer<std::size_t>;

    warm_up_question(std::shared_ptr<typename base::pool_type> pool, std::size_t wanted,
                     duration patience)
        : base(std::move(pool)), patience_(patience)
    {
        seat_.wanted = wanted;
    }

    template <class Wait>
    bool ask(Wait& wait, time_point now) noexcept
    {
        seat_.wait = &wait;
        seat_.deliver = [](warm_up_seat& s) {
            static_cast<Wait*>(static_cast<seat&>(s).wait)->deliver();
        };
        this->deadline_ = seat_.deadline = core::plus(now, patience_);
        return this->machine().warm_up(seat_, now) == core::pool_entry::queued;
    }

    bool withdraw(pool_failure why, time_point now) noexcept
    {
        return this->machine().abandon(seat_, why, now);
    }

    answer_type answer() noexcept
    {
        auto const seen = this->pool()->snapshot();
        return {error_of(seat_.why, seat_.error), seat_.error,
                seen.idle + seen.pinging + seen.in_use + seen.resetting};
    }

private:
    struct seat : warm_up_seat
    {
        void* wait = nullptr;
    };

    duration patience_;
    seat seat_{};
};

/// Asks for the end of a pool.
template <class Connector, class Report>
class drain_question : public pool_question<Connector>
{
    using base = pool_question<Connector>;

public:
    using answer_type = pool_answer<Report>;

    drain_question(std::shared_ptr<typename base::pool_type> pool, duration patience)
        : base(std::move(pool)), patience_(patience), closed_before_(closed())
    {
    }

    template <class Wait>
    bool ask(Wait& wait, time_point now) noexcept
    {
        seat_.wait = &wait;
        seat_.deliver = [](drain_seat& s) {
            static_cast<Wait*>(static_cast<seat&>(s).wait)->deliver();
        };
        this->deadline_ = core::plus(now, patience_);
        if (this->pool()->drain(this->pool()->options().drain_waiters, now)) {
            return false;
        }
        this->pool()->await_drained(seat_);
        return true;
    }

    // When its time is up a drain takes what it can get.
    bool withdraw(pool_failure why, time_point now) noexcept
    {
        if (!this->pool()->forget(seat_)) {
            return false;
        }
        why_ = why;
        if (why == pool_failure::timed_out) {
            this->pool()->drain(drain_waiters::fail, now);
            forced_ = this->pool()->force();
        }
        return true;
    }

    answer_type answer()
    {
        Report report;
        report.drained = closed() - closed_before_;
        report.forced = forced_;
        if (why_ != pool_failure::none) {
            report.leaked = this->pool()->lent_to();
        }
        bool const complete = why_ == pool_failure::timed_out && report.leaked.empty();
        return {complete ? error_code() : error_of(why_, {}), {}, std::move(report)};
    }

private:
    struct seat : drain_seat
    {
        void* wait = nullptr;
    };

    std::size_t closed() const noexcept
    {
        std::size_t sum = 0;
        for (auto const count : this->pool()->snapshot().closed) {
            sum += count;
        }
        return sum;
    }

    duration patience_;
    std::size_t closed_before_;
    std::size_t forced_ = 0;
    pool_failure why_ = pool_failure::none;
    seat seat_{};
};

/// Starts an acquire. It holds no count on the pool, which would cost as much as the loan: some
/// copy of the pool must be there when the acquire starts.
template <class Connector, class Lease>
class initiate_acquire
{
public:
    using executor_type = boost::asio::any_io_executor;

    explicit initiate_acquire(std::shared_ptr<shared_pool<Connector>> const& pool) noexcept
        : pool_(pool.get())
    {
    }

    executor_type get_executor() const noexcept { return pool_->executor(); }

    template <class Handler>
    void operator()(Handler&& handler, std::optional<time_point> outer,
                    std::source_location where) const
    {
        using handler_type = std::decay_t<Handler>;
        using question = acquire_question<Connector, Lease>;
        time_point bound = outer.value_or(time_point::max());
        if constexpr (has_outer_attempt<handler_type>) {
            bound = std::min(
                bound, associated_attempt<handler_type, no_attempt>::get(handler)->deadline());
        }
        auto* const lent = is_over(bound) ? nullptr : pool_->try_take(where, true);
        if (lent != nullptr) {
            return reply_at_once(handler_type(std::forward<Handler>(handler)),
                                 pool_success<Lease>{Lease(lent)}, pool_->executor());
        }
        pool_wait<question, handler_type>::start(
            question(pool_->shared_from_this(), bound, where),
            handler_type(std::forward<Handler>(handler)));
    }

private:
    bool is_over(time_point bound) const noexcept
    {
        return bound != time_point::max() && pool_->service().recent() >= bound;
    }

    shared_pool<Connector>* pool_;
};

/// Starts any other question; `Make` makes it from the pool and how long to wait.
template <class Connector, class Question>
class initiate_question
{
public:
    using executor_type = boost::asio::any_io_executor;

    explicit initiate_question(std::shared_ptr<shared_pool<Connector>> pool)
        : pool_(std::move(pool))
    {
    }

    executor_type get_executor() const noexcept { return pool_->executor(); }

    template <class Handler, class Make>
    void operator()(Handler&& handler, duration patience, Make make) const
    {
        using handler_type = std::decay_t<Handler>;
        pool_wait<Question, handler_type>::start(make(pool_, patience),
                                                 handler_type(std::forward<Handler>(handler)));
    }

private:
    std::shared_ptr<shared_pool<Connector>> pool_;
};

} // namespace resil::detail

#endif // RESIL_DETAIL_POOL_QUESTIONS_HPP
