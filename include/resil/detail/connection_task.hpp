// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_CONNECTION_TASK_HPP
#define RESIL_DETAIL_CONNECTION_TASK_HPP

#include <resil/core/saturate.hpp>
#include <resil/detail/call_timer.hpp>
#include <resil/detail/serial_executor.hpp>
#include <resil/error.hpp>
#include <resil/timer_service.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <chrono>
#include <memory>
#include <new>
#include <utility>

namespace resil::detail {

/**
 * Runs one operation of a connection at a time, on the pool's own behalf, and bounds it in time.
 *
 * When its time is up the operation is cancelled; the task is over when the operation has
 * completed, so that nothing uses the connection any more. Everything runs on the task's own serial executor.
 *
 * `Entry` has `service()`, the timers; and `task_over(ec)`, called exactly once for every `run`,
 * also if the operation's handler was destroyed unrun. The entry must live until then.
 */
template <class Entry>
class connection_task : timer_service::timer
{
public:
    using executor = boost::asio::any_io_executor;

    connection_task(Entry& entry, executor const& ex)
        : timer(told), entry_(entry), serial_(ex, turns_on(ex))
    {
    }

    /// Starts an operation that takes a token.
    template <class Start>
    void run(duration patience, Start start) noexcept
    {
        try {
            boost::asio::post(serial_,
                              starting<Start>{this, claim(*this), patience, std::move(start)});
        } catch (...) {
            // The claim was dropped with the message: the operation never was.
        }
    }

    /// Ends what is running, and all that would be run; `keep` keeps the entry alive meanwhile.
    void stop(std::shared_ptr<void> keep) noexcept
    {
        try {
            boost::asio::post(serial_, stopping{this, std::move(keep)});
        } catch (std::bad_alloc const&) {
            // It ends when its time is up.
        }
    }

private:
    friend class delivery<connection_task>;

    /// The right to report the end of the operation; reports a loss if it is dropped.
    class claim
    {
    public:
        explicit claim(connection_task& task) noexcept : task_(&task) {}
        claim(claim&& other) noexcept
            : task_(std::exchange(other.task_, nullptr)), begun_(other.begun_)
        {
        }
        claim& operator=(claim&&) = delete;

        ~claim()
        {
            if (task_ && begun_) {
                report(boost::asio::error::operation_aborted);
            } else if (task_) {
                task_->entry_.task_over(boost::asio::error::operation_aborted);
            }
        }

        /// The operation is about to be started.
        void begin() noexcept
        {
            begun_ = true;
            task_->operating_ = true;
            task_->expired_ = false;
        }

        void report(error_code ec) { std::exchange(task_, nullptr)->operation_over(ec); }

    private:
        connection_task* task_;
        bool begun_ = false;
    };

    struct handler
    {
        using executor_type = serial_executor<executor>;
        using cancellation_slot_type = boost::asio::cancellation_slot;

        executor_type get_executor() const noexcept { return task->serial_; }
        cancellation_slot_type get_cancellation_slot() const noexcept
        {
            return task->cancel_.slot();
        }
        void operator()(error_code ec) { mine.report(ec); }

        connection_task* task;
        claim mine;
    };

    template <class Start>
    struct starting
    {
        connection_task* task;
        claim mine;
        duration patience;
        Start start;

        void operator()()
        {
            if (task->stopped_) {
                return;
            }
            mine.begin();
            try {
                task->arm(patience);
                start(handler{task, std::move(mine)});
            } catch (...) {
                // The claim was dropped: the operation counts as aborted.
            }
        }
    };

    turnstile_ptr turns_on(executor const& ex) const
    {
        bool const serial = entry_.service().single_threaded() || runs_serially(ex);
        return serial ? turnstile_ptr() : turnstile_ptr(turnstile::make());
    }

    void arm(duration patience)
    {
        time_point const at = core::plus(entry_.service().now(), patience);
        entry_.service().arm(*this, at, serial_.inner());
        timing_ = true;
    }

    void operation_over(error_code ec) noexcept
    {
        operating_ = false;
        cancel_.slot().clear(); // what it would cancel may not exist any more
        bool const cut_short = expired_ && ec == boost::asio::error::operation_aborted;
        ended_with_ = cut_short ? make_error_code(errc::timed_out) : ec;
        if (timing_ && entry_.service().disarm(*this)) {
            timing_ = false;
        }
        settle();
    }

    // The message that the time is up.
    void arrived()
    {
        expired_ = true;
        if (operating_) {
            cancel_.emit(boost::asio::cancellation_type::terminal);
        }
        lost();
    }

    void lost() noexcept
    {
        timing_ = false;
        settle();
    }

    // The last of the two, operation and timer, ends the task.
    void settle() noexcept
    {
        if (!operating_ && !timing_) {
            entry_.task_over(ended_with_);
        }
    }

    static void on_expired(timer& t)
    {
        auto& self = static_cast<connection_task&>(t);
        try {
            send(self, self.serial_);
        } catch (std::bad_alloc const&) {
            self.entry_.service().arm(self, self.entry_.service().now() + try_again_after,
                                      self.serial_.inner());
        }
    }

    static void on_orphaned(timer& t) noexcept { static_cast<connection_task&>(t).lost(); }

    struct stopping
    {
        connection_task* task;
        std::shared_ptr<void> keep;

        void operator()() const
        {
            task->stopped_ = true;
            if (task->operating_) {
                task->cancel_.emit(boost::asio::cancellation_type::terminal);
            }
        }
    };

    static constexpr callbacks told{&on_expired, &on_orphaned};
    static constexpr duration try_again_after = std::chrono::milliseconds(1);

    Entry& entry_;
    serial_executor<executor> serial_;
    boost::asio::cancellation_signal cancel_;
    error_code ended_with_{};
    bool operating_ = false;
    bool timing_ = false;
    bool expired_ = false;
    bool stopped_ = false;
};

} // namespace resil::detail

#endif // RESIL_DETAIL_CONNECTION_TASK_HPP
