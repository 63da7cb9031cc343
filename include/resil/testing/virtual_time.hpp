// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTING_VIRTUAL_TIME_HPP
#define RESIL_TESTING_VIRTUAL_TIME_HPP

#include <resil/error.hpp>
#include <resil/timer_service.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <chrono>
#include <cstddef>
#include <stdexcept>

/// Tools for tests: virtual time, scripted operations, and schedules that are drawn from a seed.
namespace resil::testing {

/// Reaches into the clock of a timer service; for the classes of this folder.
struct clock_access
{
    /// Stops the real clock; throws `std::logic_error` if it was read, or a timer armed, before.
    static void stop(timer_service& service, time_point start)
    {
        if (service.used_ || service.virtual_now_ || service.armed() != 0) {
            throw std::logic_error("resil: virtual time must be installed once, before the first "
                                   "call on the context; this context has already been used");
        }
        service.virtual_now_ = start;
        service.wheel_.begin(start);
    }

    /// Returns the virtual time. Throws nothing but what a mutex throws, as all of these.
    static time_point current(timer_service const& service)
    {
        std::lock_guard lock(service.mutex_);
        return *service.virtual_now_;
    }

    /// Returns how often the clock was read. Throws what a mutex throws.
    static std::size_t reads(timer_service const& service)
    {
        std::lock_guard lock(service.mutex_);
        return service.reads_;
    }

    /// Sets the virtual time, and fires nothing. Throws what a mutex throws.
    static void set(timer_service& service, time_point now)
    {
        std::lock_guard lock(service.mutex_);
        service.virtual_now_ = now;
    }

    /// Lets the earliest timer expire if it is due at `until`, at its own point in time. Throws what its owner throws.
    static bool fire_next(timer_service& service, time_point until)
    {
        timer_service::timer* const due = service.take_earliest(until);
        if (!due) {
            return false;
        }
        if (due->at() > current(service)) {
            set(service, due->at());
        }
        timer_service::tell_expired(*due);
        return true;
    }

    /// Returns when the earliest timer is due, or `time_point::max()`. Throws what a mutex throws.
    static time_point next(timer_service& service)
    {
        std::lock_guard lock(service.mutex_);
        core::wheel_timer const* const first = service.wheel_.earliest();
        return first ? first->at() : time_point::max();
    }
};

/**
 * Makes time stand still on an `io_context`, and pass by hand: tests of hours run in microseconds.
 *
 * Every policy on the context sees this time. Asio's own timers know nothing of it.
 *
 * Lifetimes: the context must outlive it, and has virtual time for good.
 * Thread safety: none; from one thread only.
 * Exceptions: making one after the context's first call throws `std::logic_error`. What handlers throw passes through
 * the functions that run them.
 * Cost: each timer on the way takes a turn of the context.
 *
 * Example:
 *
 *     asio::io_context context;
 *     resil::testing::virtual_time time(context); // before the context's first call
 *     resil::testing::scripted_operation<int> search;
 *     search.hangs();
 *     resil::pipeline const client{resil::deadline{800ms}};
 *     resil::error_code ec;
 *
 *     client.async_call(context, search, [&](resil::error_code e, int) { ec = e; });
 *     time.advance(799ms);
 *     CHECK_FALSE(ec);
 *     time.advance(1ms);
 */
class virtual_time
{
public:
    /// Stops the clock of `context` at `start`.
    explicit virtual_time(boost::asio::io_context& context,
                          time_point start = time_point(std::chrono::hours(1)))
        : context_(context), service_(boost::asio::use_service<timer_service>(context))
    {
        clock_access::stop(service_, start);
    }

    /// Returns the virtual time.
    time_point now() const { return clock_access::current(service_); }

    /// Runs what is ready now; returns how many handlers ran.
    std::size_t run_ready()
    {
        context_.restart();
        return context_.poll();
    }

    /// Lets time pass: every timer on the way expires at its own time, and what follows runs then.
    void advance(duration by) { advance_to(now() + by); }

    /// Lets time pass until `target`.
    void advance_to(time_point target)
    {
        run_ready();
        while (fire_next(target)) {
            run_ready();
        }
        if (target > now()) {
            clock_access::set(service_, target);
        }
    }

    /// Lets time pass to the next timer; returns false if none is armed.
    bool advance_to_next()
    {
        run_ready();
        time_point const next = clock_access::next(service_);
        if (next == time_point::max()) {
            return false;
        }
        advance_to(next);
        return true;
    }

    /// Returns how often the clock was read.
    std::size_t reads() const { return clock_access::reads(service_); }

    /// Returns how many timers are armed.
    std::size_t armed() const { return service_.armed(); }

private:
    // Timers expire inside of the context, as they do when an Asio timer drives them.
    bool fire_next(time_point until)
    {
        bool fired = false;
        boost::asio::post(context_, [&] { fired = clock_access::fire_next(service_, until); });
        run_ready();
        return fired;
    }

    boost::asio::io_context& context_;
    timer_service& service_;
};

} // namespace resil::testing

#endif // RESIL_TESTING_VIRTUAL_TIME_HPP
