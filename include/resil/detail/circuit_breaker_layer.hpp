// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_CIRCUIT_BREAKER_LAYER_HPP
#define RESIL_DETAIL_CIRCUIT_BREAKER_LAYER_HPP

#include <resil/core/circuit_machine.hpp>
#include <resil/detail/channel.hpp>
#include <resil/detail/layer.hpp>
#include <resil/error.hpp>
#include <resil/event.hpp>
#include <resil/verdict.hpp>

#include <boost/asio/cancellation_type.hpp>

#include <cstddef>
#include <optional>
#include <utility>

namespace resil::detail {

/// A breaker that can do without the time as long as nothing goes wrong.
template <class Policy>
concept spares_clock = requires(Policy const& policy, core::circuit_permit permit) {
    policy.admit_untimed();
    policy.record_success(permit, time_point());
};

/// Asks the breaker before each start of its child, and tells it afterwards how that went. Reads
/// the clock only where the breaker needs the time.
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
        if (!admit_untimed()) {
            call_.start_clock();
            admitted_at_ = call_.now();
            core::circuit_admission const admission = this->policy().admit(*admitted_at_);
            if (!admission.admitted) {
                return reject(admission);
            }
            permit_ = admission.permit;
        }
        child_.start(bound);
    }

    void cancel(boost::asio::cancellation_type_t type) { child_.cancel(type); }

    template <class Outcome>
    void finish(Outcome&& outcome)
    {
        judgement const judged = call_.judge(this->policy(), outcome);
        auto const permit = *std::exchange(permit_, std::nullopt);
        if (judged.verdict != verdict::success || !record_untimed(permit)) {
            record(permit, judged);
        }
        parent_.finish(std::forward<Outcome>(outcome));
    }

private:
    using policy_type = typename Call::template policy_type<K>;

    bool admit_untimed()
    {
        if constexpr (spares_clock<policy_type>) {
            permit_ = this->policy().admit_untimed();
        }
        return permit_.has_value();
    }

    bool record_untimed(core::circuit_permit permit)
    {
        if constexpr (spares_clock<policy_type>) {
            return this->policy().record_success(permit,
                                                 admitted_at_.value_or(time_point::min()));
        }
        return false;
    }

    // Who was admitted without a look at the clock did not have to know how long it takes.
    void record(core::circuit_permit permit, judgement const& judged)
    {
        call_.start_clock();
        time_point const now = call_.now();
        this->policy().record(permit, judged, now - admitted_at_.value_or(now), now);
    }

    void reject(core::circuit_admission const& admission)
    {
        if (admission.retry_after > duration::zero()) { // nobody knows for how long it is forced
            call_.retry_after(admission.retry_after);
        }
        this->end(errc::circuit_open, admission.why,
                  rejected{call_.name(), this->policy().name(), errc::circuit_open,
                           admission.why});
    }

    state_at<Call, K + 1> child_;
    std::optional<core::circuit_permit> permit_;
    std::optional<time_point> admitted_at_;
};

} // namespace resil::detail

#endif // RESIL_DETAIL_CIRCUIT_BREAKER_LAYER_HPP
