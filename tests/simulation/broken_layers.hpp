// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_SIMULATION_BROKEN_LAYERS_HPP
#define RESIL_TESTS_SIMULATION_BROKEN_LAYERS_HPP

#include <resil/core/retry_decision.hpp>
#include <resil/core/saturate.hpp>
#include <resil/detail/call_timer.hpp>
#include <resil/detail/channel.hpp>
#include <resil/detail/layer.hpp>

#include "simulation/broken_policies.hpp"

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>

#include <cstddef>
#include <optional>
#include <utility>

// Doubles of layers, reduced to what matters here, each with a line that can be wrong.
namespace explorer {

using resil::detail::answered;
using resil::detail::call_timer;
using resil::detail::ended;
using resil::detail::layer_base;
using resil::detail::state_at;

template <class Call, std::size_t K>
class broken_retry_layer : layer_base<Call, K>
{
    using base = layer_base<Call, K>;
    using base::call_;
    using base::parent_;

public:
    broken_retry_layer(Call& call, typename base::parent_type& parent) : base(call, parent) {}

    ~broken_retry_layer() { this->fixture().disarm(); }

    void start(time_point bound)
    {
        bound_ = bound;
        attempt();
    }

    void cancel(asio::cancellation_type_t type)
    {
        if (child_) {
            return child_->cancel(type);
        }
        if (this->policy().wrong() == defect::retry_ignores_cancel_in_delay) {
            return;
        }
        this->fixture().disarm();
        parent_.finish(ended(asio::error::operation_aborted));
    }

    template <class Outcome>
    void finish(Outcome&& outcome)
    {
        auto const next = decide(call_.judge(this->policy(), outcome), outcome.code());
        if (!next.repeat || call_.is_cancelled()) {
            return parent_.finish(std::forward<Outcome>(outcome));
        }
        if constexpr (Call::template observes<resil::retry_scheduled>()) {
            call_.tell(
                resil::retry_scheduled{call_.name(), number_, next.delay, outcome.code()});
        }
        child_.reset();
        if (next.delay == duration::zero()) {
            this->fixture().template post<&broken_retry_layer::on_due>(*this);
        } else {
            this->fixture().template arm<&broken_retry_layer::on_due>(call_.now() + next.delay,
                                                                      *this);
        }
    }

private:
    void attempt()
    {
        ++number_;
        child_.emplace(call_, *this);
        child_->start(bound_);
    }

    void on_due()
    {
        call_.stale_clock();
        attempt();
    }

    resil::core::retry_decision decide(resil::judgement judged, error_code ec)
    {
        auto const& policy = this->policy();
        policy.tell_budget(judged.verdict == resil::verdict::success);
        if (policy.wrong() == defect::retry_undercuts_hint) {
            judged.retry_after.reset();
        }
        bool const past = policy.wrong() == defect::retry_sleeps_past_deadline;
        auto const delay = judged.verdict == resil::verdict::success
                               ? duration::zero()
                               : policy.delay(number_, duration::zero(), ec);
        return resil::core::decide(policy.rules(),
                                   {.attempt = number_,
                                    .judged = judged,
                                    .error = ec,
                                    .proved_not_sent = call_.proved_not_sent(),
                                    .key_seen = true,
                                    .now = call_.now(),
                                    .deadline = past ? time_point::max() : bound_,
                                    .delay = delay,
                                    .hint_unit = policy.draw(),
                                    .budget_allows = policy.budget_allows()});
    }

    std::optional<state_at<Call, K + 1>> child_;
    time_point bound_{};
    int number_ = 0;
};

/// A timeout that can forget its timer, its operation, or a success.
struct broken_timeout
{
    duration after;
    defect wrong;
};

/// A timer as it should be, and one that nobody disarms.
template <class Call>
struct broken_timeout_fixture
{
    explicit broken_timeout_fixture(Call& c) : call(c), timer(c), forgotten(c) {}

    void forget(time_point at)
    {
        if (!std::exchange(forgot, true)) {
            forgotten.template arm<&broken_timeout_fixture::nothing>(at, *this);
        }
    }

    void nothing() { call.settle(); }

    Call& call;
    call_timer<Call> timer;
    call_timer<Call> forgotten;
    bool forgot = false;
};

template <class Call, std::size_t K>
class broken_timeout_layer : layer_base<Call, K>
{
    using base = layer_base<Call, K>;
    using base::call_;
    using base::parent_;

public:
    broken_timeout_layer(Call& call, typename base::parent_type& parent)
        : base(call, parent), child_(call, *this)
    {
    }

    ~broken_timeout_layer() { this->fixture().timer.disarm(); }

    void start(time_point bound)
    {
        time_point const at = call_.now() + this->policy().after;
        if (this->policy().wrong == defect::timeout_stays_armed) {
            this->fixture().forget(at);
        }
        if (at < bound) {
            this->fixture().timer.template arm<&broken_timeout_layer::on_expired>(at, *this);
        }
        child_.start(std::min(at, bound));
    }

    void cancel(asio::cancellation_type_t type)
    {
        if (this->policy().wrong != defect::cancel_is_not_passed_on) {
            child_.cancel(type);
        }
    }

    template <class Outcome>
    void finish(Outcome&& outcome)
    {
        this->fixture().timer.disarm();
        bool const keeps =
            outcome.succeeded() && this->policy().wrong != defect::timeout_drops_success;
        if (!expired_ || keeps || call_.is_cancelled()) {
            return parent_.finish(std::forward<Outcome>(outcome));
        }
        parent_.finish(ended(resil::errc::timed_out));
    }

private:
    void on_expired()
    {
        expired_ = true;
        call_.stale_clock();
        if (this->policy().wrong != defect::timeout_forgets_to_cancel) {
            child_.cancel(asio::cancellation_type::terminal);
        }
    }

    state_at<Call, K + 1> child_;
    bool expired_ = false;
};

/// A fallback that can take the caller's cancellation for a failure.
struct broken_fallback
{
    defect wrong;
};

template <class Call, std::size_t K>
class broken_fallback_layer : layer_base<Call, K>
{
    using base = layer_base<Call, K>;
    using base::call_;
    using base::parent_;

public:
    broken_fallback_layer(Call& call, typename base::parent_type& parent)
        : base(call, parent), child_(call, *this)
    {
    }

    void start(time_point bound) { child_.start(bound); }
    void cancel(asio::cancellation_type_t type) { child_.cancel(type); }

    template <class Outcome>
    void finish(Outcome&& outcome)
    {
        bool const passes = call_.is_cancelled() &&
                            this->policy().wrong != defect::fallback_answers_cancellation;
        if (outcome.succeeded() || passes) {
            return parent_.finish(std::forward<Outcome>(outcome));
        }
        error_code ec;
        int value = fallback_value;
        parent_.finish(answered<typename Call::channel_type, error_code, int>(ec, value));
    }

private:
    state_at<Call, K + 1> child_;
};

} // namespace explorer

namespace resil::detail {

template <>
struct layer_of<explorer::broken_retry> : plain_layer
{
    static constexpr bool repeats = true;

    template <class Call, std::size_t K>
    using state = explorer::broken_retry_layer<Call, K>;

    template <class Call>
    using fixture = call_timer<Call>;
};

template <>
struct layer_of<explorer::broken_timeout> : plain_layer
{
    template <class Call, std::size_t K>
    using state = explorer::broken_timeout_layer<Call, K>;

    template <class Call>
    using fixture = explorer::broken_timeout_fixture<Call>;
};

template <>
struct layer_of<explorer::broken_fallback> : plain_layer
{
    static constexpr bool outside = true;

    template <class Call, std::size_t K>
    using state = explorer::broken_fallback_layer<Call, K>;
};

} // namespace resil::detail

#endif // RESIL_TESTS_SIMULATION_BROKEN_LAYERS_HPP
