// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TIMER_SERVICE_HPP
#define RESIL_TIMER_SERVICE_HPP

#include <resil/error.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/intrusive/list.hpp>
#include <boost/intrusive/set.hpp>
#include <boost/version.hpp>

#if BOOST_VERSION >= 108800
#include <boost/asio/config.hpp>
#endif

#include <atomic>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <new>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace resil {

namespace testing {
struct clock_access;
}

/**
 * Keeps all timers of one execution context, and is the only reader of the clock.
 *
 * Every policy that needs time asks the service of the context that its call runs on:
 * `boost::asio::use_service<resil::timer_service>(context)`. Timers are linked, not copied, so
 * arming allocates nothing; a single Asio timer drives them all and is set again only when an earlier
 * point in time is asked for.
 *
 * A timer never fires early. While at least one is armed the context has work; when none is,
 * `run()` and `join()` return as if the service did not exist.
 *
 * Thread safety: every member may be called from any thread at any time.
 * Cost: arming and disarming are O(log n) under one mutex, without allocation.
 */
class timer_service final : public boost::asio::execution_context::service
{
public:
    using key_type = timer_service;

    /// Identifies the service to its execution context.
    inline static boost::asio::execution_context::id id;

    /**
     * One point in time to be told about; lives in the object that waits.
     *
     * The functions are called without any lock held. A timer must be disarmed, and an expiry
     * that is under way must have arrived, before it is destroyed.
     */
    class timer : public boost::intrusive::set_base_hook<>
    {
    public:
        /// What the service tells the timer's owner.
        struct callbacks
        {
            /// The time has come; called once, on a thread that drives the context.
            void (*expired)(timer&);
            /// The context is being destroyed, and the time will never come.
            void (*orphaned)(timer&) noexcept;
        };

        explicit timer(callbacks const& told) noexcept : told_(&told) {}
        timer(timer const&) = delete;
        timer& operator=(timer const&) = delete;

        /// Returns the point in time for which the timer was last armed.
        time_point at() const noexcept { return at_; }

    private:
        friend class timer_service;

        friend bool operator<(timer const& a, timer const& b) noexcept { return a.at_ < b.at_; }

        callbacks const* told_;
        time_point at_{};
        bool armed_ = false;
    };

    /// Something that waits without a timer and must be told when its context is destroyed.
    class parked : public boost::intrusive::list_base_hook<>
    {
    public:
        explicit parked(void (*orphaned)(parked&) noexcept) noexcept : orphaned_(orphaned) {}
        parked(parked const&) = delete;
        parked& operator=(parked const&) = delete;

    private:
        friend class timer_service;

        void (*orphaned_)(parked&) noexcept;
    };

    /// Made by `use_service`; not for direct use.
    explicit timer_service(boost::asio::execution_context& context)
        : service(context), single_threaded_(hinted_single(context))
    {
    }

    /// Returns the time by this context's clock: steady and real, or virtual under test.
    time_point now() noexcept
    {
        if (virtual_now_) {
            std::lock_guard lock(mutex_);
            ++reads_;
            return *virtual_now_;
        }
        used_.store(true, std::memory_order_relaxed);
        return std::chrono::steady_clock::now();
    }

    /**
     * Lets `expired` be called as soon as `now() >= at`.
     *
     * `ex` belongs to this context; it drives the service where the context is neither an `io_context` nor a
     * `thread_pool`. Arming an armed timer is an error. Throws what an Asio timer throws on its
     * first use (`bad_alloc`); the timer is not armed then.
     */
    template <class Executor>
    void arm(timer& t, time_point at, Executor const& ex)
    {
        std::lock_guard lock(mutex_);
        work_.learn(ex);
        t.at_ = at;
        auto const place = timers_.insert(t);
        t.armed_ = true;
        try {
            balance_work();
            if (!virtual_now_ && !firing_ && (place == timers_.begin() || !driver_pending_)) {
                drive(ex);
            }
        } catch (...) {
            timers_.erase(place);
            t.armed_ = false;
            balance_work();
            throw;
        }
    }

    /// Takes the timer back. Returns false if it was not armed or its expiry is under way.
    bool disarm(timer& t) noexcept
    {
        std::lock_guard lock(mutex_);
        if (!t.armed_) {
            return false;
        }
        timers_.erase(timers_.iterator_to(t));
        t.armed_ = false;
        balance_work();
        return true;
    }

    /// Remembers somebody who waits elsewhere; the context has work until `unpark`.
    template <class Executor>
    void park(parked& p, Executor const& ex)
    {
        std::lock_guard lock(mutex_);
        work_.learn(ex);
        parked_.push_back(p);
        balance_work();
    }

    /// Forgets somebody who waits no longer; does nothing if the context was shut down.
    void unpark(parked& p) noexcept
    {
        std::lock_guard lock(mutex_);
        if (p.is_linked()) {
            parked_.erase(parked_.iterator_to(p));
            balance_work();
        }
    }

    /// Says whether at most one thread at a time runs this context.
    bool single_threaded() const noexcept { return single_threaded_; }

    /// Returns how many timers are armed.
    std::size_t armed() const noexcept
    {
        std::lock_guard lock(mutex_);
        return timers_.size();
    }

private:
    friend struct testing::clock_access;
    template <class Context>
    friend void single_threaded(Context& context);

    using driver_timer =
        boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                          boost::asio::wait_traits<std::chrono::steady_clock>,
                                          boost::asio::any_io_executor>;

    /// Adds to, and takes from, the count of outstanding work of an `io_context` or a `thread_pool`.
    class work_count
    {
    public:
        /// Learns from an executor which context this is; others are counted by the driver alone.
        template <class Executor>
        void learn(Executor const& ex)
        {
            if (known()) {
                return;
            }
            if constexpr (requires { ex.get_inner_executor(); }) {
                learn(ex.get_inner_executor());
            } else if constexpr (std::is_same_v<Executor, io_executor>) {
                io_.emplace(ex);
            } else if constexpr (std::is_same_v<Executor, pool_executor>) {
                pool_.emplace(ex);
            } else if constexpr (std::is_same_v<Executor, boost::asio::any_io_executor>) {
                learn_from_target(ex);
            }
            set(std::exchange(added_, 0));
        }

        bool known() const noexcept { return io_ || pool_; }

        /// Returns what Asio adds while the driver waits: its reactor counts the wait, and, of
        /// every executor but an `io_context`'s own, the wait's handler counts it once more.
        int of_a_wait() const noexcept { return pool_ ? 2 : 1; }

        void set(int wanted) noexcept
        {
            for (; added_ < wanted; ++added_) {
                if (io_) {
                    io_->on_work_started();
                } else if (pool_) {
                    pool_->on_work_started();
                }
            }
            for (; added_ > wanted; --added_) {
                if (io_) {
                    io_->on_work_finished();
                } else if (pool_) {
                    pool_->on_work_finished();
                }
            }
        }

        template <class Executor>
        boost::asio::any_io_executor executor(Executor const& fallback) const
        {
            if (io_) {
                return *io_;
            }
            if (pool_) {
                return *pool_;
            }
            return boost::asio::any_io_executor(fallback);
        }

    private:
        using io_executor = boost::asio::io_context::executor_type;
        using pool_executor = boost::asio::thread_pool::executor_type;

        void learn_from_target(boost::asio::any_io_executor const& ex)
        {
            using boost::asio::strand;
            if (auto const* io = ex.target<io_executor>()) {
                io_.emplace(*io);
            } else if (auto const* pool = ex.target<pool_executor>()) {
                pool_.emplace(*pool);
            } else if (auto const* io_strand = ex.target<strand<io_executor>>()) {
                io_.emplace(io_strand->get_inner_executor());
            } else if (auto const* pool_strand = ex.target<strand<pool_executor>>()) {
                pool_.emplace(pool_strand->get_inner_executor());
            } else if (auto const* any_strand =
                           ex.target<strand<boost::asio::any_io_executor>>()) {
                learn_from_target(any_strand->get_inner_executor());
            }
        }

        std::optional<io_executor> io_;
        std::optional<pool_executor> pool_;
        int added_ = 0;
    };

    struct on_driver
    {
        timer_service* service;

        void operator()(error_code) const { service->fire_due(); }
    };

    static bool hinted_single([[maybe_unused]] boost::asio::execution_context& context)
    {
#if BOOST_VERSION >= 108800
        return boost::asio::config(context).get("scheduler", "concurrency_hint", 0) == 1;
#else
        return false;
#endif
    }

    /// Keeps the sum of our work and the driver's own at one if somebody waits, else at none.
    void balance_work() noexcept
    {
        bool const waiting = !timers_.empty() || !parked_.empty();
        if (!work_.known() && driver_ && driver_pending_ && timers_.empty()) {
            driver_->cancel();
        }
        work_.set(int(waiting) - (driver_pending_ ? work_.of_a_wait() : 0));
    }

    template <class Executor>
    void drive(Executor const& ex)
    {
        time_point const earliest = timers_.begin()->at_;
        if (driver_pending_ && driver_->expiry() <= earliest) {
            return;
        }
        if (!driver_) {
            driver_.emplace(work_.executor(ex));
        }
        driver_->expires_at(earliest);
        wait_for_driver();
    }

    // Setting the expiry cancelled the wait before; its handler finds nothing due and ends.
    void wait_for_driver()
    {
        driver_->async_wait(on_driver{this});
        ++waits_;
        driver_pending_ = true;
        balance_work();
    }

    void fire_due()
    {
        {
            std::lock_guard lock(mutex_);
            if (--waits_ > 0) {
                return;
            }
            driver_pending_ = false;
            firing_ = true;
            balance_work();
        }
        resume_driving resume{*this};
        time_point const due = std::chrono::steady_clock::now();
        while (timer* t = take_due(due)) {
            tell_expired(*t);
        }
    }

    struct resume_driving
    {
        timer_service& service;

        ~resume_driving()
        {
            std::lock_guard lock(service.mutex_);
            service.firing_ = false;
            if (!service.timers_.empty()) {
                service.driver_->expires_at(service.timers_.begin()->at_);
                try {
                    service.wait_for_driver();
                } catch (std::bad_alloc const&) {
                    // The next `arm` finds that nothing is pending, and drives again.
                }
            }
        }
    };

    timer* take_due(time_point due) noexcept
    {
        std::lock_guard lock(mutex_);
        if (timers_.empty() || timers_.begin()->at_ > due) {
            return nullptr;
        }
        timer& t = *timers_.begin();
        timers_.erase(timers_.begin());
        t.armed_ = false;
        balance_work();
        return &t;
    }

    static void tell_expired(timer& t) { t.told_->expired(t); }

    void shutdown() override
    {
        while (timer* t = take_due(time_point::max())) {
            t->told_->orphaned(*t);
        }
        while (parked* p = take_parked()) {
            p->orphaned_(*p);
        }
        driver_.reset();
    }

    parked* take_parked() noexcept
    {
        std::lock_guard lock(mutex_);
        if (parked_.empty()) {
            return nullptr;
        }
        parked& p = parked_.front();
        parked_.pop_front();
        return &p;
    }

    mutable std::mutex mutex_;
    boost::intrusive::multiset<timer> timers_;
    boost::intrusive::list<parked> parked_;
    std::optional<driver_timer> driver_;
    work_count work_;
    std::optional<time_point> virtual_now_;
    std::size_t reads_ = 0;
    int waits_ = 0;
    bool driver_pending_ = false;
    bool firing_ = false;
    std::atomic<bool> used_{false};
    bool single_threaded_;
};

/**
 * States that at most one thread at a time runs `context`, so that calls on it need no strand.
 *
 * Say it once, before the first call. Boost 1.88 and newer tell it by themselves for contexts made with a concurrency hint
 * of 1. Running the context from two threads at a time after this is undefined.
 */
template <class Context>
void single_threaded(Context& context)
{
    boost::asio::use_service<timer_service>(context).single_threaded_ = true;
}

} // namespace resil

#endif // RESIL_TIMER_SERVICE_HPP
