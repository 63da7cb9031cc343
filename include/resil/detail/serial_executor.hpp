// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_SERIAL_EXECUTOR_HPP
#define RESIL_DETAIL_SERIAL_EXECUTOR_HPP

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/recycling_allocator.hpp>
#include <boost/asio/require.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>
#include <utility>

namespace resil::detail {

/// A function that waits for its turn; found behind the allocation that holds it.
struct turn
{
    turn* next = nullptr;
    void (*end)(turn*, bool run);
};

template <class Function>
struct turn_of : turn
{
    using allocator = boost::asio::recycling_allocator<turn_of>;

    explicit turn_of(Function f) : turn{nullptr, &turn_of::end_it}, function(std::move(f)) {}

    static turn* make(Function f)
    {
        allocator memory;
        turn_of* const place = memory.allocate(1);
        return ::new (place) turn_of(std::move(f));
    }

    static void end_it(turn* base, bool run)
    {
        auto* const self = static_cast<turn_of*>(base);
        Function f(std::move(self->function));
        self->~turn_of();
        allocator().deallocate(self, 1);
        if (run) {
            std::move(f)();
        }
    }

    Function function;
};

/**
 * Lets the functions of one call run one at a time, in order, on any thread.
 *
 * What `asio::strand` is to any number of objects, this is to one call: its memory is recycled with the
 * call's, and a call that needs none carries a null pointer.
 */
class turnstile
{
public:
    static turnstile* make()
    {
        boost::asio::recycling_allocator<turnstile> memory;
        return ::new (memory.allocate(1)) turnstile;
    }

    void add_ref() noexcept { refs_.fetch_add(1, std::memory_order_relaxed); }

    void release() noexcept
    {
        if (refs_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            drop_all();
            this->~turnstile();
            boost::asio::recycling_allocator<turnstile>().deallocate(this, 1);
        }
    }

    bool running_here() const noexcept
    {
        return owner_.load(std::memory_order_relaxed) == std::this_thread::get_id();
    }

    /// Queues a function; returns true if the caller must see to it that `run` is called.
    bool enter(turn* t) noexcept
    {
        std::lock_guard lock(mutex_);
        (last_ ? last_->next : first_) = t;
        last_ = t;
        return !std::exchange(busy_, true);
    }

    /// Notes, for the length of a scope, that this thread hands a `run` to an executor, which might
    /// run it at once.
    class submission
    {
    public:
        explicit submission(turnstile& t) noexcept : turns_(t)
        {
            turns_.submitter_.store(std::this_thread::get_id(), std::memory_order_relaxed);
        }

        submission(submission const&) = delete;
        submission& operator=(submission const&) = delete;

        // By now another thread may be submitting the next run.
        ~submission()
        {
            auto self = std::this_thread::get_id();
            turns_.submitter_.compare_exchange_strong(self, std::thread::id(),
                                                      std::memory_order_relaxed);
        }

    private:
        turnstile& turns_;
    };

    /**
     * Runs what waits, until nothing does; `again` is called if a function throws.
     *
     * Within the frame of whoever submitted it, only one function is run, and `again` called for the rest: what
     * that function posts must not run before it has returned to its caller.
     */
    template <class Again>
    void run(Again again)
    {
        auto const here = std::this_thread::get_id();
        bool const inlined = submitter_.load(std::memory_order_relaxed) == here;
        owner_.store(here, std::memory_order_relaxed);
        while (turn* t = take()) {
            pass_on<Again> rest{this, again};
            t->end(t, true);
            if (inlined) {
                return;
            }
            rest.self = nullptr;
        }
    }

    /// Destroys what waits; nobody will call `run` again.
    void drop_all() noexcept
    {
        while (turn* t = take()) {
            t->end(t, false);
        }
    }

private:
    /// Sees to it that those are run who wait behind a function that was the last, or threw.
    template <class Again>
    struct pass_on
    {
        turnstile* self;
        Again& again;

        ~pass_on()
        {
            if (!self || !self->more()) {
                return;
            }
            try {
                again();
            } catch (...) {
                self->drop_all();
            }
        }
    };

    turnstile() = default;

    // Who finds nothing left gives up the turn, and every sign of having it, in one step: another
    // thread may have it at once.
    turn* take() noexcept
    {
        std::lock_guard lock(mutex_);
        turn* const t = first_;
        if (!t) {
            owner_.store(std::thread::id(), std::memory_order_relaxed);
            busy_ = false;
            return nullptr;
        }
        first_ = t->next;
        if (!first_) {
            last_ = nullptr;
        }
        return t;
    }

    bool more() noexcept
    {
        std::lock_guard lock(mutex_);
        owner_.store(std::thread::id(), std::memory_order_relaxed);
        busy_ = first_ != nullptr;
        return busy_;
    }

    std::mutex mutex_;
    turn* first_ = nullptr;
    turn* last_ = nullptr;
    bool busy_ = false;
    std::atomic<std::thread::id> owner_{};
    std::atomic<std::thread::id> submitter_{};
    std::atomic<int> refs_{1};
};

class turnstile_ptr
{
public:
    turnstile_ptr() = default;
    explicit turnstile_ptr(turnstile* owned) noexcept : held_(owned) {}

    turnstile_ptr(turnstile_ptr const& other) noexcept : held_(other.held_)
    {
        if (held_) {
            held_->add_ref();
        }
    }

    turnstile_ptr(turnstile_ptr&& other) noexcept : held_(std::exchange(other.held_, nullptr)) {}

    turnstile_ptr& operator=(turnstile_ptr other) noexcept
    {
        std::swap(held_, other.held_);
        return *this;
    }

    ~turnstile_ptr()
    {
        if (held_) {
            held_->release();
        }
    }

    turnstile* operator->() const noexcept { return held_; }
    explicit operator bool() const noexcept { return held_ != nullptr; }
    friend bool operator==(turnstile_ptr const&, turnstile_ptr const&) = default;

private:
    turnstile* held_ = nullptr;
};

/**
 * An executor that never runs two functions of a call at once.
 *
 * Wraps the executor that a call runs on. With a turnstile it behaves as a strand of its own; without
 * one the inner executor is serial already, and every operation goes straight to it.
 */
template <class Inner>
class serial_executor
{
public:
    using inner_executor_type = Inner;

    // Two arguments, always: with one, copying would ask whether this converts to `Inner`.
    serial_executor(Inner inner, turnstile_ptr turns) noexcept
        : inner_(std::move(inner)), turns_(std::move(turns))
    {
    }

    Inner const& inner() const noexcept { return inner_; }

    /// Says whether functions are queued by us, as opposed to by the inner executor.
    bool queues() const noexcept { return bool(turns_); }

    template <class Function>
    void execute(Function&& f) const
    {
        if (!turns_) {
            inner_.execute(std::forward<Function>(f));
        } else if (may_block() && turns_->running_here()) {
            std::decay_t<Function> here(std::forward<Function>(f));
            std::move(here)();
        } else {
            enqueue(turn_of<std::decay_t<Function>>::make(std::forward<Function>(f)));
        }
    }

    template <class Property>
        requires boost::asio::can_query<Inner const&, Property>::value
    auto query(Property const& p) const
        noexcept(boost::asio::is_nothrow_query<Inner const&, Property>::value)
            -> typename boost::asio::query_result<Inner const&, Property>::type
    {
        return boost::asio::query(inner_, p);
    }

    template <class Property>
        requires(boost::asio::can_require<Inner const&, Property>::value &&
                 !std::is_convertible_v<Property, boost::asio::execution::blocking_t::always_t>)
    auto require(Property const& p) const
        -> serial_executor<std::decay_t<typename boost::asio::require_result<Inner const&, Property>::type>>
    {
        using required = std::decay_t<typename boost::asio::require_result<Inner const&, Property>::type>;
        return serial_executor<required>(boost::asio::require(inner_, p), turns_);
    }

    template <class Property>
        requires(boost::asio::can_prefer<Inner const&, Property>::value &&
                 !std::is_convertible_v<Property, boost::asio::execution::blocking_t::always_t>)
    auto prefer(Property const& p) const
        -> serial_executor<std::decay_t<typename boost::asio::prefer_result<Inner const&, Property>::type>>
    {
        using preferred = std::decay_t<typename boost::asio::prefer_result<Inner const&, Property>::type>;
        return serial_executor<preferred>(boost::asio::prefer(inner_, p), turns_);
    }

    friend bool operator==(serial_executor const& a, serial_executor const& b) noexcept
    {
        return a.inner_ == b.inner_ && a.turns_ == b.turns_;
    }

    friend bool operator!=(serial_executor const& a, serial_executor const& b) noexcept
    {
        return !(a == b);
    }

private:
    /// Drives the turnstile on the inner executor; dropped unrun, it drops what waits.
    class driver
    {
    public:
        driver(Inner inner, turnstile_ptr turns) noexcept
            : inner_(std::move(inner)), turns_(std::move(turns))
        {
        }

        driver(driver&&) noexcept = default;
        driver& operator=(driver&&) = delete;

        ~driver()
        {
            if (turns_) {
                turns_->drop_all();
            }
        }

        void operator()()
        {
            turnstile_ptr const turns = std::move(turns_);
            turns->run([&] { never_blocking().execute(driver(inner_, turns)); });
        }

    private:
        decltype(auto) never_blocking() const
        {
            namespace execution = boost::asio::execution;
            if constexpr (boost::asio::can_require<Inner const&, execution::blocking_t::never_t>::value) {
                return boost::asio::require(inner_, execution::blocking.never);
            } else {
                return (inner_);
            }
        }

        Inner inner_;
        turnstile_ptr turns_;
    };

    void enqueue(turn* t) const
    {
        turnstile* const gate = turns_.operator->();
        if (gate && gate->enter(t)) {           // never null here, but GCC 12 does not see that
            turnstile_ptr const turns = turns_; // what runs at once may destroy this executor
            turnstile::submission const scope(*gate);
            inner_.execute(driver(inner_, turns));
        }
    }

    bool may_block() const noexcept
    {
        namespace execution = boost::asio::execution;
        if constexpr (boost::asio::can_query<Inner const&, execution::blocking_t>::value) {
            return boost::asio::query(inner_, execution::blocking) != execution::blocking.never;
        } else {
            return false;
        }
    }

    Inner inner_;
    turnstile_ptr turns_;
};

template <class Executor>
inline constexpr bool is_strand = false;

template <class Inner>
inline constexpr bool is_strand<boost::asio::strand<Inner>> = true;

template <class Inner>
inline constexpr bool is_strand<serial_executor<Inner>> = true;

/// Says whether an executor is known to run one function at a time, whatever its context.
template <class Executor>
bool runs_serially(Executor const& ex) noexcept
{
    if constexpr (is_strand<Executor>) {
        return true;
    } else if constexpr (std::is_same_v<Executor, boost::asio::any_io_executor>) {
        using boost::asio::strand;
        return ex.template target<strand<boost::asio::io_context::executor_type>>() ||
               ex.template target<strand<boost::asio::any_io_executor>>() ||
               ex.template target<strand<boost::asio::thread_pool::executor_type>>();
    } else {
        return false;
    }
}

/// Says whether a type of executors is that of a context itself.
template <class Executor>
inline constexpr bool is_plain_executor =
    std::is_same_v<Executor, boost::asio::io_context::executor_type>;

/// Says whether an executor is that of a context itself: what runs on the context runs on it.
template <class Executor>
bool is_plain(Executor const& ex) noexcept
{
    if constexpr (std::is_same_v<Executor, boost::asio::any_io_executor>) {
        return ex.template target<boost::asio::io_context::executor_type>() != nullptr;
    } else {
        return is_plain_executor<Executor>;
    }
}

} // namespace resil::detail

#endif // RESIL_DETAIL_SERIAL_EXECUTOR_HPP
