// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_TURNSTILE_HPP
#define RESIL_DETAIL_TURNSTILE_HPP

#include <resil/detail/call_memory.hpp>

#include <atomic>
#include <memory>
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
    using allocator = call_allocator<turn_of>;

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
        call_allocator<turnstile> memory;
        return ::new (memory.allocate(1)) turnstile;
    }

    void add_ref() noexcept { refs_.fetch_add(1, std::memory_order_relaxed); }

    void release() noexcept
    {
        if (refs_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            drop_all();
            this->~turnstile();
            call_allocator<turnstile>().deallocate(this, 1);
        }
    }

    bool running_here() const noexcept
    {
        return owner_.load(std::memory_order_relaxed) == this_thread();
    }

    /// Queues a function; returns true if the caller must see to it that `run` is called.
    bool enter(turn* t) noexcept
    {
        turn* newest = newest_.load(std::memory_order_relaxed);
        do {
            t->next = newest;
        } while (!newest_.compare_exchange_weak(newest, t, std::memory_order_acq_rel,
                                                std::memory_order_relaxed));
        return newest == nullptr;
    }

    /// Notes, for the length of a scope, that this thread hands a `run` to an executor, which might
    /// run it at once.
    class submission
    {
    public:
        explicit submission(turnstile& t) noexcept : turns_(t)
        {
            turns_.submitter_.store(this_thread(), std::memory_order_relaxed);
        }

        submission(submission const&) = delete;
        submission& operator=(submission const&) = delete;

        // By now another thread may be submitting the next run.
        ~submission()
        {
            auto self = this_thread();
            turns_.submitter_.compare_exchange_strong(self, nullptr, std::memory_order_relaxed);
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
        auto const here = this_thread();
        bool const inlined = submitter_.load(std::memory_order_relaxed) == here;
        int ran = 0;
        while (turn* t = take()) {
            owner_.store(here, std::memory_order_relaxed);
            pass_on<Again> rest{this, again};
            t->end(t, true);
            if (inlined || ++ran == fair_share) {
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

    // Tells threads apart by what each has one of; <thread> is dearer to compile than all of this.
    using thread_mark = kept_blocks const*;

    static thread_mark this_thread() noexcept { return &kept_blocks::of_this_thread(); }

    /// After so many functions others of the context have their turn.
    static constexpr int fair_share = 16;

    turnstile() = default;

    /// Returns the oldest that waits; who finds none gives up the turn, and every sign of having it,
    /// before another thread can have it.
    turn* take() noexcept
    {
        if (!oldest_ && !collect()) {
            return nullptr;
        }
        turn* const t = oldest_;
        oldest_ = t->next;
        return t;
    }

    /// Says whether anybody waits; if not, gives up the turn, and if so, lets another thread run them.
    bool more() noexcept
    {
        owner_.store(nullptr, std::memory_order_relaxed);
        return oldest_ || collect();
    }

    /// Puts those who came since the last time in the order in which they came.
    bool collect() noexcept
    {
        owner_.store(nullptr, std::memory_order_relaxed);
        turn* newest = &taken_;
        if (!newest_.load(std::memory_order_relaxed) ||
            newest_.compare_exchange_strong(newest, nullptr, std::memory_order_acq_rel,
                                            std::memory_order_relaxed)) {
            return false;
        }
        newest = newest_.exchange(&taken_, std::memory_order_acq_rel);
        while (newest && newest != &taken_) {
            turn* const older = newest->next;
            newest->next = oldest_;
            oldest_ = std::exchange(newest, older);
        }
        return true;
    }

    // A stack of those who came: null if nobody has the turn. Below the oldest lies `taken_` while
    // somebody has it, and alone if nobody has come since.
    std::atomic<turn*> newest_{nullptr};
    turn taken_{nullptr, nullptr};
    turn* oldest_ = nullptr; // of those in order; only for who has the turn
    std::atomic<thread_mark> owner_{nullptr};
    std::atomic<thread_mark> submitter_{nullptr};
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


} // namespace resil::detail

#endif // RESIL_DETAIL_TURNSTILE_HPP
