// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_TIMEOUT_LAYER_HPP
#define RESIL_DETAIL_TIMEOUT_LAYER_HPP

#include <resil/core/saturate.hpp>
#include <resil/detail/deadline_layer.hpp>
#include <resil/detail/channel.hpp>
#include <resil/detail/layer.hpp>
#include <resil/error.hpp>
#include <resil/event.hpp>

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>

namespace resil::detail {

/// Ends one step when it takes too long: cancels it, or leaves it behind.
template <class Call, std::size_t K>
class timeout_layer : layer_base<Call, K>
{
    using base = layer_base<Call, K>;
    using base::call_;
    using base::parent_;

    using child_type = state_at<Call, K + 1>;
    static constexpr bool is_innermost = K + 1 == Call::layer_count;

public:
    timeout_layer(Call& call, typename base::parent_type& parent)
        : base(call, parent), child_(call, *this)
    {
    }

    ~timeout_layer() { this->fixture().disarm(); }

    void start(time_point bound)
    {
        if (this->policy().abandons() && !may_abandon()) {
            return;
        }
        time_point const at = core::plus(call_.now(), this->policy().after());
        if (at < bound) {
            this->fixture().template arm<&timeout_layer::on_expired>(at, *this);
            child_.start(at);
        } else {
            child_.start(bound);
        }
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
        if (!expired_ || outcome.succeeded() || call_.is_cancelled()) {
            return parent_.finish(std::forward<Outcome>(outcome));
        }
        call_.because(reason::timed_out);
        if constexpr (Call::observed()) {
            call_.tell(expired{call_.name(), errc::timed_out});
        }
        parent_.finish(ended(errc::timed_out));
    }

private:
    // A caller's cancellation that the operation did not heed stays the reason for its end.
    void on_expired()
    {
        cancelled_ = cancelled_ || call_.is_cancelled();
        expired_ = !cancelled_;
        call_.stale_clock();
        if constexpr (is_innermost && Call::abandons) {
            if (this->policy().abandons()) {
                return child_.leave_behind(cancelled_ ? error_code(boost::asio::error::operation_aborted)
                                                      : error_code(errc::timed_out));
            }
        }
        child_.cancel(boost::asio::cancellation_type::terminal);
    }

    bool may_abandon()
    {
        if constexpr (is_innermost && Call::abandons) {
            call_.set_abandons();
            return true;
        } else {
            call_.keep_exception(std::make_exception_ptr(
                invalid_option("timeout.on_expiry", "expiry::abandon",
                               "expiry::cancel unless the timeout stands next to the operation, "
                               "and the operation can be copied")));
            call_.because(reason::exception);
            parent_.finish(ended(errc::operation_threw));
            return false;
        }
    }

    child_type child_;
    bool expired_ = false;
    bool cancelled_ = false;
};

} // namespace resil::detail

#endif // RESIL_DETAIL_TIMEOUT_LAYER_HPP
