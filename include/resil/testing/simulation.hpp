// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTING_SIMULATION_HPP
#define RESIL_TESTING_SIMULATION_HPP

#include <resil/core/random.hpp>
#include <resil/detail/serial_executor.hpp>
#include <resil/error.hpp>
#include <resil/testing/virtual_time.hpp>
#include <resil/timer_service.hpp>

#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

namespace resil::testing {

/// In which order a simulation runs what is ready.
enum class ready_order
{
    shuffled, ///< Any ready function may be the next one; the seed decides. The default.
    fifo,     ///< First come, first served, as an `io_context` run by one thread does.
};

/**
 * Runs one thread without a reactor: an execution context whose schedule is drawn from a seed.
 *
 * Functions that are ready run in an order that the seed decides, so a hundred thousand
 * schedules can be explored in a second, and any of them replayed. Time is virtual and passes
 * only when it is told to. The context may be destroyed at any moment, with calls in flight.
 *
 * It has neither sockets nor Asio's timers: operations under test use `post`, and what policies
 * need.
 *
 * Thread safety: none; everything happens on the thread that steps.
 * Exceptions: what the functions that it runs throw passes through; making work ready may throw `bad_alloc`.
 * Cost: a step allocates nothing once functions of its size have been run.
 *
 * Example:
 *
 *     resil::testing::simulation world(seed);
 *     resil::bulkhead const gate{{.max_concurrent = 2, .max_queued = 10}};
 *     resil::testing::scripted_operation<> work;
 *     work.succeeds().after(1ms).fails(asio::error::eof).succeeds();
 *     bool held = true;
 *     int ended = 0;
 *     world.on_step([&] { held = held && gate.snapshot().in_use <= 2; });
 *     for (int i = 0; i < 5; ++i) {
 *         gate.async_call(world, work, [&](resil::error_code) { ++ended; });
 *     }
 *     return world.run(1'000) < 1'000 && held && ended == 5; // at rest, and nothing was lost
 */
class simulation : public boost::asio::execution_context
{
    struct function
    {
        function* next;
        void (*end)(function*, simulation&, bool run);
    };

public:
    class executor_type;

    /// Stops the clock at `start`.
    explicit simulation(std::uint64_t seed, ready_order order = ready_order::shuffled,
                        time_point start = time_point(std::chrono::hours(1)))
        : service_(boost::asio::use_service<timer_service>(*this)), draw_(seed), order_(order)
    {
        clock_access::stop(service_, start);
    }

    simulation(simulation const&) = delete;
    simulation& operator=(simulation const&) = delete;

    /// Destroys everything that is in flight, uncalled: first the services, then what is ready.
    ~simulation()
    {
        shutdown();
        drop_ready();
        destroy();
        drop_ready();
        for (function* f : recycled_) {
            while (f) {
                ::operator delete(std::exchange(f, f->next));
            }
        }
    }

    /// Returns the executor.
    executor_type get_executor() noexcept;

    /// Returns the virtual time.
    time_point now() const { return clock_access::current(service_); }

    /// Returns when the earliest timer is due, or `time_point::max()` if none is armed.
    time_point next() const { return clock_access::next(service_); }

    /// Returns how many timers are armed.
    std::size_t armed() const noexcept { return service_.armed(); }

    /// Returns how many functions are ready.
    std::size_t ready() const noexcept { return ready_.size() - first_; }

    /// Returns how many events there were: functions that ran, and timers that expired.
    std::uint64_t steps() const noexcept { return steps_; }

    /// Says whether the caller was called by this context.
    bool running_here() const noexcept { return running_; }

    /// Lets `hook` be called after every event: the place to check what must always hold.
    void on_step(std::function<void()> hook) { hook_ = std::move(hook); }

    /// Runs one ready function; returns false if there is none.
    bool step()
    {
        if (ready() == 0) {
            return false;
        }
        function* const f = take();
        event([&] { f->end(f, *this, true); });
        return true;
    }

    /// Lets time pass to the earliest timer, and that timer expire; returns false if none is
    /// armed.
    bool advance_to_next()
    {
        if (armed() == 0) {
            return false;
        }
        event([&] { clock_access::fire_next(service_, time_point::max()); });
        return true;
    }

    /// Lets time pass without running anything, as on a machine that is busy elsewhere. Timers
    /// that become due expire late, one with each `advance_to_next`.
    void stall_until(time_point target)
    {
        if (target > now()) {
            clock_access::set(service_, target);
        }
    }

    /// Runs what is ready, and lets time pass whenever nothing is, up to a number of events.
    /// Returns how many there were: fewer than `max_steps` if everything came to rest.
    std::size_t run(std::size_t max_steps)
    {
        std::size_t done = 0;
        while (done < max_steps && (step() || advance_to_next())) {
            ++done;
        }
        return done;
    }

private:
    static constexpr std::size_t unit = 64;
    static constexpr std::size_t recycled_sizes = 8; ///< Up to 512 bytes.

    template <class Function>
    struct function_of : function
    {
        explicit function_of(Function f)
            : function{nullptr, &function_of::end_it}, held(std::move(f))
        {
        }

        // The memory is given back first, so that what follows can have it.
        static void end_it(function* base, simulation& owner, bool run)
        {
            auto* const self = static_cast<function_of*>(base);
            Function f(std::move(self->held));
            self->~function_of();
            owner.deallocate<sizeof(function_of)>(self);
            if (run) {
                std::move(f)();
            }
        }

        Function held;
    };

    template <class Function>
    void enqueue(Function&& f)
    {
        using stored = function_of<std::decay_t<Function>>;
        static_assert(alignof(stored) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);
        ready_.reserve(ready_.size() + 1);
        void* const memory = allocate<sizeof(stored)>();
        try {
            ready_.push_back(::new (memory) stored(std::forward<Function>(f)));
        } catch (...) {
            deallocate<sizeof(stored)>(memory);
            throw;
        }
    }

    template <std::size_t Size>
    void* allocate()
    {
        constexpr std::size_t place = (Size - 1) / unit;
        if constexpr (place >= recycled_sizes) {
            return ::operator new(Size);
        } else if (recycled_[place]) {
            return std::exchange(recycled_[place], recycled_[place]->next);
        } else {
            return ::operator new((place + 1) * unit);
        }
    }

    template <std::size_t Size>
    void deallocate(void* memory) noexcept
    {
        constexpr std::size_t place = (Size - 1) / unit;
        if constexpr (place >= recycled_sizes) {
            ::operator delete(memory);
        } else {
            recycled_[place] = ::new (memory) function{recycled_[place], nullptr};
        }
    }

    function* take()
    {
        if (order_ == ready_order::shuffled && ready() > 1) {
            auto const drawn = static_cast<std::size_t>(draw_.next() % ready());
            std::swap(ready_[first_], ready_[first_ + drawn]);
        }
        function* const taken = ready_[first_++];
        if (first_ == ready_.size()) {
            ready_.clear();
            first_ = 0;
        } else if (first_ >= 64) {
            ready_.erase(ready_.begin(), ready_.begin() + 64);
            first_ -= 64;
        }
        return taken;
    }

    template <class Event>
    void event(Event what)
    {
        struct scope
        {
            bool& running;

            ~scope() { running = false; }
        };
        ++steps_;
        {
            scope const leave{running_ = true};
            what();
        }
        if (hook_) {
            hook_();
        }
    }

    // What is destroyed may make something else ready.
    void drop_ready() noexcept
    {
        while (ready() != 0) {
            function* const f = take();
            f->end(f, *this, false);
        }
    }

    timer_service& service_;
    core::generator draw_;
    ready_order order_;
    std::vector<function*> ready_{};
    std::size_t first_ = 0;
    std::array<function*, recycled_sizes> recycled_{};
    std::uint64_t steps_ = 0;
    bool running_ = false;
    std::function<void()> hook_{};
};

/**
 * Submits functions to a simulation; a plain executor, as that of an `io_context` is.
 *
 * Copies are cheap. It is valid as long as its simulation.
 *
 * Exceptions: `execute` throws what the function throws, if it runs it, and `bad_alloc` otherwise.
 */
class simulation::executor_type
{
    using blocking_t = boost::asio::execution::blocking_t;

public:
    /// Submits to a simulation.
    explicit executor_type(simulation& context) noexcept : context_(&context) {}

    /// Makes a function ready; runs it at once if the executor may block and runs the caller.
    template <class Function>
    void execute(Function&& f) const
    {
        if (!never_blocks_ && context_->running_here()) {
            std::decay_t<Function> here(std::forward<Function>(f));
            std::move(here)();
        } else {
            context_->enqueue(std::forward<Function>(f));
        }
    }

    /// Does nothing: a simulation does not count work, but Asio's strands ask for this.
    void on_work_started() const noexcept {}

    /// Does nothing, as `on_work_started`.
    void on_work_finished() const noexcept {}

    /// Returns the simulation.
    simulation& query(boost::asio::execution::context_t) const noexcept { return *context_; }

    /// Says whether it may run a function within `execute`.
    blocking_t query(blocking_t) const noexcept
    {
        return never_blocks_ ? blocking_t(blocking_t::never) : blocking_t(blocking_t::possibly);
    }

    /// Returns one that never runs a function within `execute`.
    executor_type require(blocking_t::never_t) const noexcept { return {*context_, true}; }

    /// Returns one that may run a function within `execute`.
    executor_type require(blocking_t::possibly_t) const noexcept { return {*context_, false}; }

    /// Says whether two submit to the same simulation, in the same way.
    friend bool operator==(executor_type const&, executor_type const&) noexcept = default;

private:
    executor_type(simulation& context, bool never_blocks) noexcept
        : context_(&context), never_blocks_(never_blocks)
    {
    }

    simulation* context_;
    bool never_blocks_ = false;
};

inline simulation::executor_type simulation::get_executor() noexcept
{
    return executor_type(*this);
}

} // namespace resil::testing

template <>
inline constexpr bool
    resil::detail::is_plain_executor<resil::testing::simulation::executor_type> = true;

#endif // RESIL_TESTING_SIMULATION_HPP
