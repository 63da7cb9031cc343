// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_CIRCUIT_BREAKER_LAYER_HPP
#define RESIL_DETAIL_CIRCUIT_BREAKER_LAYER_HPP

#include <resil/core/circuit_machine.hpp>
#include <resil/detail/channel.hpp>
#include <resil/detail/layer.hpp>
#include <resil/error.hpp>
#include <resil/event.hpp>

#include <boost/asio/cancellation_type.hpp>

#include <cstddef>
#include <optional>
#include <utility>

namespace resil::detail {

/// Asks the breaker before each start of its child, and tells it afterwards how that went.
template <class Call, std::size_t K>
class circuit_breaker_layer : layer_base<Call, K>
{
    using base = layer_base<Call, K>;
    using base::call_;
    using base::parent_;

public:
    circuit_breaker_layer(Call& call, typename base::parent_type& parent)
        : base(call, parent), child_(call, *this)
    {
    }

    ~circuit_breaker_layer()
    {
        if (permit_) {
            this->policy().abandon(*permit_);
        }
    }

    void start(time_point bound)
    {
        core::circuit_admission const admission = this->policy().admit(call_.now());
        if (!admission.admitted) {
            return reject(admission);
        }
        permit_ = admission.permit;
        admitted_at_ = call_.now();
        child_.start(bound);
    }

    void cancel(boost::asio::cancellation_type_t type) { child_.cancel(type); }

    template <class Outcome>
    void finish(Outcome&& outcome)
    {
        judgement const judged = call_.judge(this->policy(), outcome);
        auto const permit = *std::exchange(permit_, std::nullopt);
        this->policy().record(permit, judged, call_.now() - admitted_at_, call_.now());
        parent_.finish(std::forward<Outcome>(outcome));
    }

private:
    void reject(core::circuit_admission const& admission)
    {
        call_.because(admission.why);
        if (admission.retry_after > duration::zero()) { // nobody knows for how long it is forced
            call_.retry_after(admission.retry_after);
        }
        if constexpr (Call::observed()) {
            call_.tell(rejected{call_.name(), this->policy().name(), errc::circuit_open,
                                admission.why});
        }
        parent_.finish(ended(errc::circuit_open));
    }

    state_at<Call, K + 1> child_;
    std::optional<core::circuit_permit> permit_;
    time_point admitted_at_{};
};

} // namespace resil::detail

#endif // RESIL_DETAIL_CIRCUIT_BREAKER_LAYER_HPP
