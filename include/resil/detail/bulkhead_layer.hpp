// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_BULKHEAD_LAYER_HPP
#define RESIL_DETAIL_BULKHEAD_LAYER_HPP

#include <resil/core/bulkhead_machine.hpp>
#include <resil/core/saturate.hpp>
#include <resil/detail/call_timer.hpp>
#include <resil/detail/channel.hpp>
#include <resil/detail/layer.hpp>
#include <resil/error.hpp>
#include <resil/event.hpp>
#include <resil/timer_service.hpp>

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace resil::detail {

/// A place in a bulkhead's queue, and how its call is told that it got a permit.
struct bulkhead_seat : core::bulkhead_waiter
{
    /// Sends the news; called under the bulkhead's lock, so that the call's context cannot be
    /// destroyed between the decision and the message. Throws if there is no memory for it.
    void (*grant)(bulkhead_seat&) = nullptr;
};

/// What a waiting call keeps until the permit that is on its way has arrived.
template <class Call>
class bulkhead_fixture : public bulkhead_seat, public timer_service::parked
{
public:
    explicit bulkhead_fixture(Call& call) noexcept
        : parked(&bulkhead_fixture::on_orphaned), timer(call), call_(call)
    {
        this->grant = [](bulkhead_seat& seat) {
            auto& self = static_cast<bulkhead_fixture&>(seat);
            send(self, self.call_.executor());
        };
    }

    /// Starts waiting: `layer` is told by `on_granted`, or asked to `withdraw` its seat.
    template <class Layer>
    void wait(Layer& layer)
    {
        layer_ = &layer;
        granted_ = [](void* l) { static_cast<Layer*>(l)->on_granted(); };
        withdraw_ = [](void* l, bulkhead_seat& seat) {
            return static_cast<Layer*>(l)->withdraw(seat);
        };
        waiting_ = true;
        call_.hold();
        call_.service().park(*this, call_.inner_executor());
    }

    bool is_waiting() const noexcept { return waiting_; }

    /// Stops waiting; true if the seat was given up, false if a permit is on its way to it.
    bool give_up() noexcept
    {
        timer.disarm();
        waiting_ = false;
        if (withdraw_(layer_, *this)) {
            call_.service().unpark(*this);
            call_.unhold();
            return true;
        }
        ++stale_;
        return false;
    }

    void arrived()
    {
        call_.service().unpark(*this);
        call_.unhold();
        if (stale_ > 0) {
            --stale_;
            return call_.settle();
        }
        timer.disarm();
        waiting_ = false;
        call_.enter([this] { granted_(layer_); });
    }

    void lost() noexcept
    {
        call_.service().unpark(*this);
        call_.unhold();
        call_.settle_lost();
    }

    call_timer<Call> timer;

private:
    // A seat that is no longer in the queue has a message on its way, which tells the rest.
    static void on_orphaned(parked& p) noexcept
    {
        auto& self = static_cast<bulkhead_fixture&>(p);
        if (self.waiting_ && self.withdraw_(self.layer_, self)) {
            self.waiting_ = false;
            self.lost();
        }
    }

    Call& call_;
    void* layer_ = nullptr;
    void (*granted_)(void*) = nullptr;
    bool (*withdraw_)(void*, bulkhead_seat&) = nullptr;
    int stale_ = 0;
    bool waiting_ = false;
};

/// Starts its child once it has a permit, and gives the permit back as soon as the child is done.
template <class Call, std::size_t K>
class bulkhead_layer : layer_base<Call, K>
{
    using base = layer_base<Call, K>;
    using base::call_;
    using base::parent_;

public:
    bulkhead_layer(Call& call, typename base::parent_type& parent)
        : base(call, parent), child_(call, *this)
    {
    }

    ~bulkhead_layer() { release(); }

    void start(time_point bound)
    {
        bound_ = bound;
        switch (this->policy().enter(this->fixture())) {
        case core::bulkhead_entry::admitted: holds_ = true; return child_.start(bound);
        case core::bulkhead_entry::queued: return wait();
        case core::bulkhead_entry::full: return reject(reason::bulkhead_full);
        }
    }

    void cancel(boost::asio::cancellation_type_t type)
    {
        if (!this->fixture().is_waiting()) {
            return child_.cancel(type);
        }
        release();
        parent_.finish(ended(boost::asio::error::operation_aborted));
    }

    template <class Outcome>
    void finish(Outcome&& outcome)
    {
        release();
        parent_.finish(std::forward<Outcome>(outcome));
    }

    void on_granted()
    {
        holds_ = true;
        call_.stale_clock();
        child_.start(bound_);
    }

    bool withdraw(bulkhead_seat& seat) noexcept { return this->policy().abandon(seat); }

private:
    void wait()
    {
        this->fixture().wait(*this);
        call_.start_clock();
        time_point const latest = core::plus(call_.now(), this->policy().max_wait());
        this->fixture().timer.template arm<&bulkhead_layer::on_wait_over>(
            std::min(latest, bound_), *this);
    }

    // At the bound nothing is started any more, and needs no permit: what stands inside either is the
    // deadline that set the bound, or waits to be cancelled by whoever did.
    void on_wait_over()
    {
        call_.stale_clock();
        release();
        if (call_.now() < bound_) {
            return reject(reason::bulkhead_wait);
        }
        child_.start(bound_);
    }

    void release() noexcept
    {
        bool const granted_too_late = this->fixture().is_waiting() && !this->fixture().give_up();
        if (std::exchange(holds_, false) || granted_too_late) {
            this->policy().leave();
        }
    }

    void reject(reason why)
    {
        this->end(errc::bulkhead_full, why,
                  rejected{call_.name(), this->policy().name(), errc::bulkhead_full, why});
    }

    state_at<Call, K + 1> child_;
    time_point bound_{};
    bool holds_ = false;
};

} // namespace resil::detail

#endif // RESIL_DETAIL_BULKHEAD_LAYER_HPP
