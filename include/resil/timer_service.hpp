// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TIMER_SERVICE_HPP
#define RESIL_TIMER_SERVICE_HPP

#include <resil/config.hpp>
#include <resil/core/link.hpp>
#include <resil/core/timer_wheel.hpp>
#include <resil/error.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/version.hpp>

#if BOOST_VERSION >= 108800
#include <boost/asio/config.hpp>
#endif

#include <atomic>
#include <chrono>
#include <cstddef>
#include <ctime>
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
 * `boost::asio::use_service<resil::timer_service>(context)`. Timers are linked into a timing wheel, not copied, so
 * arming allocates nothing; a single Asio timer drives them all and is set again only when an earlier
 * point in time is asked for. That it was set for a timer that has been disarmed costs nothing more.
 *
 * A timer never fires early, and on an idle machine less than a millisecond late. While at least one is armed
 * the context has work; when none is, `run()` and `join()` return as if the service did not exist. After a gap in time,
 * as when a machine was suspended, all that is due fires once, in pieces, between which others have their turn.
 *
 * Thread safety: every member may be called from any thread at any time, unless `resil::single_threaded` said that
 * there is but one; then nothing is locked.
 * Exceptions: arming throws what an Asio timer throws on its first use (`bad_alloc`); `of` may throw it too.
 * Cost: arming and disarming take constant time under one mutex, without allocation.
 *
 * Example:
 *
 *     auto& clock = resil::timer_service::of(context); // virtual, under test
 *     return {.deadline = clock.now() + 2s};
 */
class timer_service final : public boost::asio::execution_context::service
{
public:
    /// What Asio finds the service by.
    using key_type = timer_service;

    /// Identifies the service to its execution context.
    inline static boost::asio::execution_context::id id;

    /**
     * One point in time to be told about; lives in the object that waits.
     *
     * The functions are called without any lock held. A timer must be disarmed, and an expiry
     * that is under way must have arrived, before it is destroyed.
     */
    class timer : private core::wheel_timer
    {
    public:
        /// What the service tells the timer's owner.
        struct callbacks
        {
            /// The time has come; called once, on a thread that drives the context.
            void (*expired)(timer&);
            /// The context is being destroyed, and the time will never come.
            void (*orphaned)(timer&) noexcept;
            /// Upkeep that nobody waits for: the context has no work for its sake.
            bool quiet = false;
        };

        /// Takes who is to be told; the callbacks must outlive the timer.
        explicit timer(callbacks const& told) noexcept : told_(&told) {}
        timer(timer const&) = delete;
        timer& operator=(timer const&) = delete;

        /// Returns the point in time for which the timer was last armed.
        using core::wheel_timer::at;

    private:
        friend class timer_service;

        callbacks const* told_;
    };

    /// Something that has no timer and must be told when its context is destroyed.
    class parked : core::link
    {
    public:
        /// Takes the function that is called at the context's end.
        explicit parked(void (*orphaned)(parked&) noexcept) noexcept : orphaned_(orphaned) {}
        parked(parked const&) = delete;
        parked& operator=(parked const&) = delete;

    private:
        friend class timer_service;

        void (*orphaned_)(parked&) noexcept;
    };

    /// Serves a context; made by `use_service`, not for direct use.
    RESIL_DECL explicit timer_service(boost::asio::execution_context& context);

    /// Ends with its context, after all timers were told.
    ~timer_service() override { destroyed_.fetch_add(1, std::memory_order_release); }

    /**
     * Returns the service of a context, as `use_service` does.
     *
     * Each thread remembers the context that it asked for last: `use_service` takes a lock, which costs as much as
     * the rest of a short call's way in.
     */
    static timer_service& of(boost::asio::execution_context& context)
    {
        struct answer
        {
            boost::asio::execution_context* context;
            timer_service* service;
            unsigned destroyed;
        };
        static thread_local constinit answer last{};
        // Another context may stand where a destroyed one stood.
        unsigned const destroyed = destroyed_.load(std::memory_order_acquire);
        if (last.context != &context || last.destroyed != destroyed) {
            last = {&context, &boost::asio::use_service<timer_service>(context), destroyed};
        }
        return *last.service;
    }

    /// Returns the time by this context's clock: steady and real, or virtual under test.
    time_point now() noexcept
    {
        if (virtual_now_) {
            std::lock_guard lock(mutex_);
            ++reads_;
            return *virtual_now_;
        }
        if (!used_.load(std::memory_order_relaxed)) {
            used_.store(true, std::memory_order_relaxed);
        }
        return std::chrono::steady_clock::now();
    }

    /**
     * Returns the time as it was some milliseconds ago at most: cheaper to read, and never ahead of `now()`.
     *
     * For questions like "has this been idle for half a second?"; not for arming timers.
     */
    time_point recent() noexcept
    {
#if defined(CLOCK_MONOTONIC_COARSE)
        if (!virtual_now_) {
            timespec t{};
            ::clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
            return time_point(std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec));
        }
#endif
        return now();
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
        if (work_.learn(ex)) {
            balance_work();
        }
        bool const driven = driver_pending_ || firing_ || virtual_now_;
        if (wheel_.empty() && !driven) {
            wheel_.begin(std::chrono::steady_clock::now()); // it has stood still meanwhile
        }
        wheel_.add(t, at);
        try {
            begin_waiting(t);
            if (!firing_ && !virtual_now_) {
                drive(core::timer_wheel::due_time(at), ex);
            }
        } catch (...) {
            wheel_.remove(t);
            end_waiting(t);
            throw;
        }
    }

    /// Takes the timer back. Returns false if it was not armed or its expiry is under way.
    bool disarm(timer& t) noexcept
    {
        std::lock_guard lock(mutex_);
        if (!t.is_armed()) {
            return false;
        }
        wheel_.remove(t);
        end_waiting(t);
        return true;
    }

    /// Remembers somebody who waits elsewhere; the context has work until `unpark`.
    template <class Executor>
    void park(parked& p, Executor const& ex)
    {
        std::lock_guard lock(mutex_);
        work_.learn(ex);
        parked_.put_before(p);
        balance_work();
    }

    /// Forgets somebody who waits no longer; does nothing if the context was shut down.
    void unpark(parked& p) noexcept
    {
        std::lock_guard lock(mutex_);
        if (p.is_linked()) {
            p.unlink();
            balance_work();
        }
    }

    /// Lets somebody be told of the context's end, without giving it work, until `dismiss`.
    void attend(parked& p) noexcept
    {
        std::lock_guard lock(mutex_);
        attending_.put_before(p);
    }

    /// Forgets who attended; does nothing if the context was shut down.
    void dismiss(parked& p) noexcept
    {
        std::lock_guard lock(mutex_);
        if (p.is_linked()) {
            p.unlink();
        }
    }

    /// Says whether at most one thread at a time runs this context.
    bool single_threaded() const noexcept { return single_threaded_; }

    /// Returns how many timers are armed.
    RESIL_DECL std::size_t armed() const noexcept;

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
        /// Learns from an executor which context this is, and says whether that was news; contexts of
        /// other kinds are counted by the driver alone.
        template <class Executor>
        bool learn(Executor const& ex)
        {
            if (known()) {
                return false;
            }
            if constexpr (requires { ex.to_any(); }) {
                learn_from_target(untracked(ex.to_any()));
            } else if constexpr (requires { ex.get_inner_executor(); }) {
                learn(ex.get_inner_executor());
            } else {
                learn_from(untracked(ex));
            }
            added_ = known() ? 0 : added_; // until now nothing was really added
            return known();
        }

        bool known() const noexcept { return io_ || pool_; }

        /// Returns what Asio adds while the driver waits: its reactor counts the wait, and, of
        /// every executor but an `io_context`'s own, the wait's handler counts it once more.
        int of_a_wait() const noexcept { return pool_ ? 2 : 1; }

        RESIL_DECL void set(int wanted) noexcept;

        template <class Executor>
        boost::asio::any_io_executor executor(Executor const& fallback) const
        {
            if (io_) {
                return erased(*io_);
            }
            if (pool_) {
                return erased(*pool_);
            }
            if constexpr (requires { fallback.to_any(); }) {
                return untracked(fallback.to_any());
            } else {
                return erased(untracked(fallback));
            }
        }

    private:
        using io_executor = boost::asio::io_context::executor_type;
        using pool_executor = boost::asio::thread_pool::executor_type;

        // A template, so that erasing is compiled where it is used: it is dear.
        template <class Executor>
        static boost::asio::any_io_executor erased(Executor const& ex)
        {
            return boost::asio::any_io_executor(ex);
        }

        /// The executor of a composed operation stands for work, and keeping it would keep that.
        template <class Executor>
        static auto untracked(Executor const& ex)
        {
            return boost::asio::prefer(ex, boost::asio::execution::outstanding_work.untracked);
        }

        template <class Executor>
        void learn_from(Executor const& ex)
        {
            if constexpr (std::is_same_v<Executor, io_executor>) {
                io_.emplace(ex);
            } else if constexpr (std::is_same_v<Executor, pool_executor>) {
                pool_.emplace(ex);
            } else if constexpr (std::is_same_v<Executor, boost::asio::any_io_executor>) {
                learn_from_target(ex);
            }
        }

        RESIL_DECL void learn_from_target(boost::asio::any_io_executor const& ex);

        std::optional<io_executor> io_;
        std::optional<pool_executor> pool_;
        int added_ = 0;
    };

    struct on_driver
    {
        timer_service* service;

        void operator()(error_code) const { service->driver_expired(); }
    };

    struct on_turn
    {
        timer_service* service;

        void operator()() const { service->fire_some(); }
    };

    /// Locks, unless a single thread uses the service.
    class mutex_if_shared
    {
    public:
        explicit mutex_if_shared(bool shared) noexcept : shared_(shared) {}

        void lock()
        {
            if (shared_) {
                mutex_.lock();
            }
        }

        void unlock() noexcept
        {
            if (shared_) {
                mutex_.unlock();
            }
        }

        void unshare() noexcept { shared_ = false; }

    private:
        std::mutex mutex_;
        bool shared_;
    };

    /// What Asio's hint says of a context: by how many threads it is run, and whether others may touch it.
    struct hint
    {
        bool single_threaded = false;
        bool locking = true;
    };

    RESIL_DECL static hint hint_of([[maybe_unused]] boost::asio::execution_context& context);

    RESIL_DECL timer_service(boost::asio::execution_context& context, hint said);

    // What is done when the first begins to wait, or the last has ended; others change nothing.
    void begin_waiting(timer const& t) noexcept
    {
        if (!t.told_->quiet && ++working_ == 1) {
            balance_work();
        }
    }

    void end_waiting(timer const& t) noexcept
    {
        if ((!t.told_->quiet && --working_ == 0) || wheel_.empty()) {
            balance_work();
        }
    }

    /// Keeps the sum of our work and the driver's own at one if somebody waits, else at none.
    RESIL_DECL void balance_work() noexcept;

    /// Lets the driver wake us at `at` at the latest.
    template <class Executor>
    void drive(time_point at, Executor const& ex)
    {
        if (driver_pending_ && driver_->expiry() <= at) {
            return;
        }
        if (!driver_) {
            driver_.emplace(work_.executor(ex));
        }
        wait_for_driver(at);
    }

    // Setting the expiry cancels the wait before; its handler finds that it was not the last.
    RESIL_DECL void wait_for_driver(time_point at);

    RESIL_DECL void driver_expired();

    /// Fires what is due, but only so much that others get their turn.
    RESIL_DECL void fire_some();

    struct next_turn
    {
        timer_service& service;
        time_point due;

        RESIL_DECL ~next_turn();
    };

    RESIL_DECL void go_on_after(time_point due);

    RESIL_DECL timer* take_due(time_point due, int& steps) noexcept;

    RESIL_DECL timer* take_earliest(time_point until) noexcept;

    RESIL_DECL timer* taken(core::wheel_timer* found) noexcept;

    static void tell_expired(timer& t) { t.told_->expired(t); }

    RESIL_DECL void shutdown() override;

    RESIL_DECL parked* take_first(core::link_head& list) noexcept;

    inline static std::atomic<unsigned> destroyed_{0};

    /// A turn takes some tens of microseconds.
    static constexpr int steps_of_a_turn = 256;

    mutable mutex_if_shared mutex_;
    bool single_threaded_;
    core::timer_wheel wheel_;
    std::size_t working_ = 0; // timers armed that are work
    core::link_head parked_;
    core::link_head attending_;
    std::optional<driver_timer> driver_;
    work_count work_;
    std::optional<time_point> virtual_now_;
    std::size_t reads_ = 0;
    int waits_ = 0;
    bool driver_pending_ = false;
    bool firing_ = false;
    std::atomic<bool> used_{false};
};

/**
 * States that at most one thread at a time runs `context`, so that calls on it need no strand.
 *
 * Say it once, before the first call. Running it from two threads is undefined then, and so is starting a call, or using
 * a pool of this context, from another thread while it runs. With Boost 1.88 and newer a concurrency hint of 1 says the
 * first half: calls need no strand, and may be started from anywhere; `BOOST_ASIO_CONCURRENCY_HINT_UNSAFE` says all.
 *
 * Exceptions: what making the context's timer service throws (`bad_alloc`).
 *
 * Example:
 *
 *     auto context = std::make_unique<asio::io_context>(1);
 *     resil::single_threaded(*context); // all calls are started by the thread that runs it
 */
template <class Context>
void single_threaded(Context& context)
{
    auto& service = boost::asio::use_service<timer_service>(context);
    service.single_threaded_ = true;
    service.mutex_.unshare();
}

} // namespace resil

#ifndef RESIL_SEPARATE_COMPILATION
#include <resil/timer_service.ipp>
#endif

#endif // RESIL_TIMER_SERVICE_HPP
