// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_OPERATION_HANDLER_HPP
#define RESIL_DETAIL_OPERATION_HANDLER_HPP

#include <resil/attempt.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/recycling_allocator.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace resil::detail {

/**
 * What a running operation's handler points to: one start of the operation.
 *
 * `Owner` is the part of the call that started it; it is null once the operation was abandoned.
 */
template <class Owner>
struct started_operation
{
    using executor_type = typename Owner::executor_type;

    started_operation(Owner& o, executor_type const& ex, call_view& view, int number,
                      time_point started, time_point bound)
        : owner(&o), executor(&ex),
          about(attempt_access::make(view, number, started, bound))
    {
    }

    Owner* owner;
    executor_type const* executor;
    attempt about;
    boost::asio::cancellation_signal signal;
    boost::asio::cancellation_type_t cancelled = boost::asio::cancellation_type::none;
    void (*free)(started_operation*) noexcept = nullptr; ///< Set where it has its own memory.
    bool busy = false;    ///< The operation is being started, or told to cancel.
    bool dropped = false; ///< The handler was destroyed uncalled, while busy.

    void drop() noexcept
    {
        if (!owner) {
            free(this);
        } else if (busy) {
            dropped = true;
        } else {
            owner->operation_dropped();
        }
    }

    /// Passes a cancellation on, or keeps it for later; true if that destroyed the handler.
    bool cancel(boost::asio::cancellation_type_t type)
    {
        cancelled |= type;
        if (busy) {
            return false;
        }
        struct scope
        {
            bool& busy;
            ~scope() { busy = false; }
        } const while_telling{busy};
        busy = true;
        signal.emit(type);
        return dropped;
    }
};

/// The call's own allocator; or, where that may not be used, recycled memory.
template <class T, class Inner>
class operation_allocator
{
public:
    using value_type = T;

    explicit operation_allocator(std::optional<Inner> inner) : inner_(std::move(inner)) {}

    template <class U>
    operation_allocator(operation_allocator<U, Inner> const& other) noexcept : inner_(other.inner_)
    {
    }

    T* allocate(std::size_t n)
    {
        return inner_ ? rebound(*inner_).allocate(n)
                      : boost::asio::recycling_allocator<T>().allocate(n);
    }

    void deallocate(T* p, std::size_t n)
    {
        if (inner_) {
            rebound(*inner_).deallocate(p, n);
        } else {
            boost::asio::recycling_allocator<T>().deallocate(p, n);
        }
    }

    template <class U>
    friend bool operator==(operation_allocator const& a,
                           operation_allocator<U, Inner> const& b) noexcept
    {
        return a.inner_ == b.inner_;
    }

private:
    template <class, class>
    friend class operation_allocator;

    using rebound = typename std::allocator_traits<Inner>::template rebind_alloc<T>;

    std::optional<Inner> inner_;
};

/// The handler that an operation is started with: one pointer wide, and moved like one.
template <class Owner, class Signature>
class operation_handler;

template <class Owner, class... Args>
class operation_handler<Owner, void(Args...)>
{
public:
    using executor_type = typename Owner::executor_type;
    using allocator_type = typename Owner::operation_allocator_type;
    using cancellation_slot_type = boost::asio::cancellation_slot;
    using resil_attempt_type = attempt const*;

    explicit operation_handler(started_operation<Owner>& started) noexcept : started_(&started) {}

    operation_handler(operation_handler&& other) noexcept
        : started_(std::exchange(other.started_, nullptr))
    {
    }

    operation_handler& operator=(operation_handler&& other) noexcept
    {
        operation_handler(std::move(other)).swap(*this);
        return *this;
    }

    ~operation_handler()
    {
        if (started_) {
            started_->drop();
        }
    }

    executor_type get_executor() const noexcept { return *started_->executor; }

    allocator_type get_allocator() const noexcept
    {
        if constexpr (Owner::may_be_left_behind) {
            if (started_->free) {
                return allocator_type(std::nullopt);
            }
        }
        return started_->owner->allocator_for_operation();
    }

    cancellation_slot_type get_cancellation_slot() const noexcept
    {
        return started_->signal.slot();
    }

    attempt const* get_attempt() const noexcept { return &started_->about; }

    void operator()(std::decay_t<Args>... args)
    {
        auto* const started = std::exchange(started_, nullptr);
        if (!started->owner) {
            started->free(started);
        } else if (started->busy) {
            post_completion(*started, std::move(args)...);
        } else {
            started->owner->operation_done(args...);
        }
    }

private:
    void swap(operation_handler& other) noexcept { std::swap(started_, other.started_); }

    // An operation must not complete inside its initiation; one that does is put in order here.
    static void post_completion(started_operation<Owner>& started, std::decay_t<Args>... args)
    {
        auto const ex = *started.executor;
        boost::asio::post(ex, [self = operation_handler(started),
                               kept = std::tuple(std::move(args)...)]() mutable {
            std::apply([&](auto&... a) { std::move(self)(std::move(a)...); }, kept);
        });
    }

    started_operation<Owner>* started_;
};


} // namespace resil::detail

#endif // RESIL_DETAIL_OPERATION_HANDLER_HPP
