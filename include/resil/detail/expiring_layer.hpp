// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_EXPIRING_LAYER_HPP
#define RESIL_DETAIL_EXPIRING_LAYER_HPP

#include <resil/detail/call_timer.hpp>
#include <resil/detail/channel.hpp>
#include <resil/detail/layer.hpp>
#include <resil/error.hpp>
#include <resil/event.hpp>

#include <boost/asio/cancellation_type.hpp>

#include <cstddef>
#include <utility>

namespace resil::detail {

/// The traits of a layer that waits for a point in time while its child runs.
struct timed_layer : plain_layer
{
    static constexpr bool timed = true;

    template <class Call>
    using fixture = call_timer<Call>;
};

/**
 * What a deadline and a timeout have in common: a point in time after which failure means expiry.
 *
 * `Layer` is the derived class; it has `on_expired()`, which cancels the child, and `expire()`,
 * which ends the layer.
 */
template <class Layer, class Call, std::size_t K>
class expiring_layer : protected layer_base<Call, K>
{
    using base = layer_base<Call, K>;

public:
    expiring_layer(Call& call, typename base::parent_type& parent)
        : base(call, parent), child_(call, static_cast<Layer&>(*this))
    {
    }

    void cancel(boost::asio::cancellation_type_t type)
    {
        cancelled_ = true;
        child_.cancel(type);
    }

    template <class Outcome>
    void finish(Outcome&& outcome)
    {
        this->fixture().disarm();
        if (expired_ && !outcome.succeeded() && !call_.is_cancelled()) {
            return static_cast<Layer&>(*this).expire();
        }
        parent_.finish(std::forward<Outcome>(outcome));
    }

protected:
    using base::call_;
    using base::parent_;

    ~expiring_layer() { this->fixture().disarm(); }

    void arm(time_point at)
    {
        this->fixture().template arm<&Layer::on_expired>(at, static_cast<Layer&>(*this));
    }

    // A caller's cancellation that the operation did not heed stays the reason for its end.
    void note_expired() noexcept
    {
        cancelled_ = cancelled_ || call_.is_cancelled();
        expired_ = !cancelled_;
        call_.stale_clock();
    }

    bool was_cancelled() const noexcept { return cancelled_; }

    void finish_expired(reason why, errc code)
    {
        this->end(code, why, expired{call_.name(), code});
    }

    state_at<Call, K + 1> child_;

private:
    bool expired_ = false;
    bool cancelled_ = false;
};

} // namespace resil::detail

#endif // RESIL_DETAIL_EXPIRING_LAYER_HPP
