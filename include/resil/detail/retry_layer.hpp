// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_RETRY_LAYER_HPP
#define RESIL_DETAIL_RETRY_LAYER_HPP

#include <resil/core/retry_decision.hpp>
#include <resil/detail/call_timer.hpp>
#include <resil/detail/channel.hpp>
#include <resil/detail/layer.hpp>
#include <resil/error.hpp>
#include <resil/event.hpp>

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>

#include <cstddef>
#include <optional>
#include <utility>

namespace resil::detail {

/// Starts its child anew, after a delay, as long as the rules say that this is safe and useful.
template <class Call, std::size_t K>
class retry_layer : layer_base<Call, K>
{
    using base = layer_base<Call, K>;
    using base::call_;
    using base::parent_;

public:
    retry_layer(Call& call, typename base::parent_type& parent) : base(call, parent) {}

    ~retry_layer() { this->fixture().disarm(); }

    void start(time_point bound)
    {
        bound_ = bound;
        quiet_ = this->policy().is_quiet() && call_.nested();
        if (!quiet_ && this->policy().rules().max_attempts > 1) {
            call_.will_repeat();
        }
        if (this->policy().rules().idempotency == idempotency::keyed && !make_key()) {
            return parent_.finish(ended(errc::operation_threw));
        }
        attempt();
    }

    void cancel(boost::asio::cancellation_type_t type)
    {
        cancelled_ = true;
        if (child_) {
            return child_->cancel(type);
        }
        this->fixture().disarm();
        parent_.finish(ended(boost::asio::error::operation_aborted));
    }

    template <class Outcome>
    void finish(Outcome&& outcome)
    {
        judgement const judged = call_.judge(this->policy(), outcome);
        if (judged.verdict == verdict::success) {
            this->policy().tell_budget(true);
            return parent_.finish(std::forward<Outcome>(outcome));
        }
        charge_budget(judged.verdict);
        auto const next = is_cancelled() ? core::retry_decision() : decide(judged, outcome.code());
        if (next.repeat) {
            return schedule(next.delay, outcome.code());
        }
        stop(next.why, judged, outcome.code());
        parent_.finish(std::forward<Outcome>(outcome));
    }

private:
    bool is_cancelled() const noexcept { return cancelled_ || call_.is_cancelled(); }

    void attempt()
    {
        ++number_;
        child_.emplace(call_, *this);
        child_->start(bound_);
    }

    bool make_key()
    {
        try {
            call_.idempotency_key();
            return true;
        } catch (...) {
            call_.keep_exception(std::current_exception());
            call_.because(reason::exception);
            return false;
        }
    }

    core::retry_decision decide(judgement const& judged, error_code ec)
    {
        auto const& rules = this->policy().rules();
        core::retry_facts facts{.attempt = number_,
                                .judged = judged,
                                .error = ec,
                                .proved_not_sent = call_.proved_not_sent(),
                                .key_seen = call_.key_reaches_operation(),
                                .nested_quiet = quiet_,
                                .now = {},
                                .deadline = bound_};
        if (core::forbidden(rules, facts) != reason::none) {
            return core::decide(rules, facts);
        }
        call_.start_clock();
        try {
            facts.delay = previous_delay_ = this->policy().delay(number_, previous_delay_, ec);
        } catch (...) {
            call_.keep_exception(std::current_exception());
            return {.why = reason::exception};
        }
        facts.now = call_.now();
        facts.hint_unit = this->policy().draw();
        facts.budget_allows = this->policy().budget_allows();
        return core::decide(rules, facts);
    }

    void charge_budget(verdict v)
    {
        if (may_repeat(v) && !call_.proved_not_sent() && !cancelled_) {
            this->policy().tell_budget(false);
        }
    }

    // gRPC A6 counts failures that could be retried; others say nothing about overload.
    static bool may_repeat(verdict v) noexcept
    {
        return v == verdict::transient || v == verdict::throttled;
    }

    void schedule(duration delay, error_code ec)
    {
        if constexpr (Call::template observes<retry_scheduled>()) {
            call_.tell(retry_scheduled{call_.name(), number_, delay, ec});
        }
        child_.reset();
        if (is_cancelled()) { // by the observer, or the delay function
            return parent_.finish(ended(boost::asio::error::operation_aborted));
        }
        if (delay == duration::zero()) {
            this->fixture().template post<&retry_layer::on_due>(*this);
        } else {
            this->fixture().template arm<&retry_layer::on_due>(core::plus(call_.now(), delay),
                                                               *this);
        }
    }

    void on_due()
    {
        call_.stale_clock();
        attempt();
    }

    void stop(reason why, judgement const& judged, error_code ec)
    {
        if (why == reason::none) {
            return;
        }
        call_.because(why);
        if (judged.retry_after) {
            call_.retry_after(judged.retry_after);
        }
        if constexpr (Call::template observes<retry_abandoned>()) {
            if (why != reason::permanent && why != reason::ignored) {
                call_.tell(retry_abandoned{call_.name(), number_, why, ec});
            }
        }
    }

    std::optional<state_at<Call, K + 1>> child_;
    time_point bound_{};
    duration previous_delay_{0};
    int number_ = 0;
    bool quiet_ = false;
    bool cancelled_ = false;
};

} // namespace resil::detail

#endif // RESIL_DETAIL_RETRY_LAYER_HPP
