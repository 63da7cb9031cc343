// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_DEADLINE_LAYER_HPP
#define RESIL_DETAIL_DEADLINE_LAYER_HPP

#include <resil/core/saturate.hpp>
#include <resil/detail/call_timer.hpp>
#include <resil/detail/channel.hpp>
#include <resil/detail/layer.hpp>
#include <resil/detail/policy_list.hpp>
#include <resil/error.hpp>
#include <resil/event.hpp>

#include <boost/asio/cancellation_type.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace resil::detail {

/// Ends the call when its time is up: cancels what runs, and says so if that did not succeed.
template <class Call, std::size_t K>
class deadline_layer : layer_base<Call, K>
{
    using base = layer_base<Call, K>;
    using base::call_;
    using base::parent_;

public:
    deadline_layer(Call& call, typename base::parent_type& parent)
        : base(call, parent), child_(call, *this)
    {
    }

    ~deadline_layer() { this->fixture().disarm(); }

    void start(time_point bound)
    {
        time_point const at = std::min(bound, core::plus(call_.now(), this->policy().after()));
        if (at <= call_.now()) {
            return expire();
        }
        if (at != time_point::max()) {
            this->fixture().template arm<&deadline_layer::on_expired>(at, *this);
        }
        child_.start(at);
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
            return expire();
        }
        parent_.finish(std::forward<Outcome>(outcome));
    }

private:
    // A caller's cancellation that the operation did not heed stays the reason for its end.
    void on_expired()
    {
        expired_ = !cancelled_;
        call_.stale_clock();
        child_.cancel(boost::asio::cancellation_type::terminal);
    }

    void expire()
    {
        call_.because(reason::deadline_exceeded);
        if constexpr (Call::observed()) {
            call_.tell(expired{call_.name(), errc::deadline_exceeded});
        }
        parent_.finish(ended(errc::deadline_exceeded));
    }

    state_at<Call, K + 1> child_;
    bool expired_ = false;
    bool cancelled_ = false;
};

/// The traits of a layer that waits for a point in time while its child runs.
struct timed_layer : plain_layer
{
    template <class Call>
    using fixture = call_timer<Call>;
};

template <>
struct layer_of<deadline_of_call> : timed_layer
{
    static constexpr bool bounds = true;

    template <class Call, std::size_t K>
    using state = deadline_layer<Call, K>;
};

} // namespace resil::detail

#endif // RESIL_DETAIL_DEADLINE_LAYER_HPP
