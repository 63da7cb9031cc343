// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_CALL_TIMER_HPP
#define RESIL_DETAIL_CALL_TIMER_HPP

#include <resil/timer_service.hpp>

#include <boost/asio/post.hpp>

#include <chrono>
#include <new>
#include <utility>

namespace resil::detail {

/// The message that this thread is sending: what is dropped meanwhile was never sent.
class sending
{
public:
    explicit sending(void const* target) noexcept
        : target_(target), outer_(std::exchange(current_, this))
    {
    }

    sending(sending const&) = delete;
    sending& operator=(sending const&) = delete;
    ~sending() { current_ = outer_; }

    /// Notes that the message to a target was dropped; false if it is not being sent.
    static bool drop(void const* target) noexcept
    {
        bool const ours = current_ && current_->target_ == target;
        return ours && (current_->dropped_ = true);
    }

    bool dropped() const noexcept { return dropped_; }

private:
    inline static thread_local sending* current_ = nullptr;

    void const* target_;
    sending* outer_;
    bool dropped_ = false;
};

/**
 * Carries a message to a part of a call through the call's executor.
 *
 * `Target` has `arrived()`, and `lost()` for a message that was destroyed unrun. The call has counted
 * the message before it was sent, so its memory lasts until one of the two.
 */
template <class Target>
class delivery
{
public:
    explicit delivery(Target& t) noexcept : target_(&t) {}
    delivery(delivery&& other) noexcept : target_(std::exchange(other.target_, nullptr)) {}
    delivery& operator=(delivery&&) = delete;

    ~delivery()
    {
        if (target_ && !sending::drop(target_)) {
            target_->lost();
        }
    }

    void operator()() { std::exchange(target_, nullptr)->arrived(); }

private:
    Target* target_;
};

/// Sends a message. If this throws `bad_alloc`, neither `arrived` nor `lost` is called.
template <class Target, class Executor>
void send(Target& target, Executor const& ex)
{
    sending const scope(&target);
    boost::asio::post(ex, delivery<Target>(target));
    if (scope.dropped()) { // a strand of a context that is being destroyed takes nothing more
        throw std::bad_alloc();
    }
}

/**
 * The timer of one layer of a call.
 *
 * It belongs to the call, not to the layer's state, because an expiry may be under way when the
 * state is destroyed: such an expiry is counted as stale, and ignored when it arrives.
 */
template <class Call>
class call_timer : public timer_service::timer
{
public:
    explicit call_timer(Call& call) noexcept : timer(told), call_(call) {}

    /// Lets `(layer.*Expired)()` be called at `at`.
    template <auto Expired, class Layer>
    void arm(time_point at, Layer& layer)
    {
        expect<Expired>(layer);
        unexpect_on_throw guard{this};
        call_.service().arm(*this, at, call_.inner_executor());
        guard.self = nullptr;
    }

    /// Lets `(layer.*Due)()` be called from the call's executor, as soon as it gets there.
    template <auto Due, class Layer>
    void post(Layer& layer)
    {
        expect<Due>(layer);
        unexpect_on_throw guard{this};
        send(*this, call_.executor());
        guard.self = nullptr;
    }

    void disarm() noexcept
    {
        if (!std::exchange(armed_, false)) {
            return;
        }
        if (call_.service().disarm(*this)) {
            call_.unhold();
        } else {
            ++stale_;
        }
    }

    void arrived()
    {
        call_.unhold();
        if (stale_ > 0) {
            --stale_;
            call_.settle();
            return;
        }
        armed_ = false;
        call_.enter([this] { expired_(layer_); });
    }

    void lost() noexcept
    {
        call_.unhold();
        if (stale_ > 0) {
            --stale_;
        } else {
            armed_ = false;
        }
        call_.settle_lost();
    }

private:
    struct unexpect_on_throw
    {
        call_timer* self;

        ~unexpect_on_throw()
        {
            if (self) {
                self->armed_ = false;
                self->call_.unhold();
            }
        }
    };

    template <auto Function, class Layer>
    void expect(Layer& layer) noexcept
    {
        call_.hold();
        armed_ = true;
        layer_ = &layer;
        expired_ = [](void* l) { (static_cast<Layer*>(l)->*Function)(); };
    }

    static void on_expired(timer& t)
    {
        auto& self = static_cast<call_timer&>(t);
        if (self.call_.runs_on_driver()) {
            self.arrived();
            return;
        }
        try {
            send(self, self.call_.executor());
        } catch (std::bad_alloc const&) {
            self.try_again();
        }
    }

    // Without memory for the message the expiry comes a little later; nothing is lost.
    void try_again()
    {
        auto const soon = call_.service().now() + std::chrono::milliseconds(1);
        call_.service().arm(*this, soon, call_.inner_executor());
    }

    static void on_orphaned(timer& t) noexcept { static_cast<call_timer&>(t).lost(); }

    static constexpr callbacks told{&on_expired, &on_orphaned};

    Call& call_;
    void* layer_ = nullptr;
    void (*expired_)(void*) = nullptr;
    int stale_ = 0;
    bool armed_ = false;
};

} // namespace resil::detail

#endif // RESIL_DETAIL_CALL_TIMER_HPP
