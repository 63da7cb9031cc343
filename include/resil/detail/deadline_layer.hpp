// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_DEADLINE_LAYER_HPP
#define RESIL_DETAIL_DEADLINE_LAYER_HPP

#include <resil/core/saturate.hpp>
#include <resil/detail/expiring_layer.hpp>
#include <resil/detail/policy_list.hpp>

#include <boost/asio/cancellation_type.hpp>

#include <algorithm>
#include <cstddef>

namespace resil::detail {

/// Ends the call when its time is up: cancels what runs, and says so if that did not succeed.
template <class Call, std::size_t K>
class deadline_layer : public expiring_layer<deadline_layer<Call, K>, Call, K>
{
    using base = expiring_layer<deadline_layer, Call, K>;
    friend base;

public:
    using base::base;

    void start(time_point bound)
    {
        time_point const now = this->call_.now();
        time_point const at = std::min(bound, core::plus(now, this->policy().after()));
        if (at <= now) {
            return expire();
        }
        if (at != time_point::max()) {
            this->arm(at);
        }
        this->child_.start(at);
    }

private:
    void on_expired()
    {
        this->note_expired();
        this->child_.cancel(boost::asio::cancellation_type::terminal);
    }

    void expire() { this->finish_expired(reason::deadline_exceeded, errc::deadline_exceeded); }
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
