// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_TIMEOUT_LAYER_HPP
#define RESIL_DETAIL_TIMEOUT_LAYER_HPP

#include <resil/core/saturate.hpp>
#include <resil/detail/expiring_layer.hpp>

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>

#include <cstddef>
#include <exception>

namespace resil::detail {

/// Ends one step when it takes too long: cancels it, or leaves it behind.
template <class Call, std::size_t K>
class timeout_layer : public expiring_layer<timeout_layer<Call, K>, Call, K>
{
    using base = expiring_layer<timeout_layer, Call, K>;
    friend base;

    static constexpr bool may_abandon = K + 1 == Call::layer_count && Call::abandons;

public:
    using base::base;

    void start(time_point bound)
    {
        if (this->policy().abandons()) {
            if constexpr (may_abandon) {
                this->call_.set_abandons();
            } else {
                return refuse();
            }
        }
        time_point const at = core::plus(this->call_.now(), this->policy().after());
        if (at < bound) {
            this->arm(at);
            this->child_.start(at);
        } else {
            this->child_.start(bound);
        }
    }

private:
    void on_expired()
    {
        this->note_expired();
        if constexpr (may_abandon) {
            if (this->policy().abandons()) {
                return this->child_.leave_behind(this->was_cancelled()
                                                     ? error_code(boost::asio::error::operation_aborted)
                                                     : error_code(errc::timed_out));
            }
        }
        this->child_.cancel(boost::asio::cancellation_type::terminal);
    }

    void expire() { this->finish_expired(reason::timed_out, errc::timed_out); }

    void refuse()
    {
        this->call_.keep_exception(std::make_exception_ptr(
            invalid_option("timeout.on_expiry", "expiry::abandon",
                           "expiry::cancel unless the timeout stands next to the operation, and "
                           "the operation can be copied")));
        this->call_.because(reason::exception);
        this->parent_.finish(ended(errc::operation_threw));
    }
};

} // namespace resil::detail

#endif // RESIL_DETAIL_TIMEOUT_LAYER_HPP
