// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_FALLBACK_LAYER_HPP
#define RESIL_DETAIL_FALLBACK_LAYER_HPP

#include <resil/core/saturate.hpp>
#include <resil/detail/call_timer.hpp>
#include <resil/detail/channel.hpp>
#include <resil/detail/layer.hpp>
#include <resil/detail/operation_form.hpp>
#include <resil/detail/operation_state.hpp>
#include <resil/error.hpp>
#include <resil/event.hpp>

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>

#include <cstddef>
#include <exception>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace resil::detail {

template <class Action>
inline constexpr bool is_fallback_operation =
    std::is_invocable_v<Action const&, failure const&, probe_token>;

template <class Action>
inline constexpr bool is_fallback_function = std::is_invocable_v<Action const&, failure const&>;

/// A fallback's operation, bound to the failure that it stands in for.
template <class Action>
struct bound_fallback
{
    Action const* action;
    failure const* cause;

    template <class Token>
    auto operator()(Token&& token)
    {
        return (*action)(*cause, std::forward<Token>(token));
    }
};

template <class Call, class Action>
struct fallback_operation
{
    static constexpr bool is_attempt = false;
    static constexpr bool abandons = false;
    static constexpr bool repeats = false;
    using type = bound_fallback<Action>;

    type& get(Call&) noexcept { return bound; }

    type bound;
};

/// Answers in place of its child when that fails: by a value, a function, or an operation.
template <class Call, std::size_t K>
class fallback_layer : layer_base<Call, K>
{
    using base = layer_base<Call, K>;
    using base::call_;
    using base::parent_;

    using channel_type = typename Call::channel_type;
    using action_type = typename Call::template policy_type<K>::action_type;
    using run_source = fallback_operation<Call, action_type>;

    struct nothing
    {
        void cancel(boost::asio::cancellation_type_t) {}
    };

    template <bool Operation, class Source>
    struct run_of
    {
        using type = operation_state<Call, fallback_layer, Source>;
    };

    template <class Source>
    struct run_of<false, Source>
    {
        using type = nothing;
    };

    static constexpr bool runs = is_fallback_operation<action_type>;

public:
    fallback_layer(Call& call, typename base::parent_type& parent) : base(call, parent) {}

    ~fallback_layer() { disarm(); }

    void start(time_point bound)
    {
        child_.emplace(call_, *this);
        child_->start(bound);
    }

    void cancel(boost::asio::cancellation_type_t type)
    {
        cancelled_ = true;
        if (child_) {
            child_->cancel(type);
        } else if (run_) {
            run_->cancel(type);
        }
    }

    template <class Outcome>
    void finish(Outcome&& outcome)
    {
        if (!child_) {
            return finish_fallback(std::forward<Outcome>(outcome));
        }
        if (call_.judge(this->policy(), outcome).verdict == verdict::success || cancelled(outcome)) {
            return parent_.finish(std::forward<Outcome>(outcome));
        }
        failure const cause = call_.failure_so_far(outcome.code(), outcome.exception());
        if (!handles(cause)) {
            return parent_.finish(std::forward<Outcome>(outcome));
        }
        answer(cause, std::forward<Outcome>(outcome));
    }

private:
    template <class Outcome>
    bool cancelled(Outcome const& outcome) const
    {
        return call_.is_cancelled() && outcome.code() == boost::asio::error::operation_aborted;
    }

    bool handles(failure const& cause)
    {
        try {
            return this->policy().handles(cause);
        } catch (...) {
            note_exception();
            return false;
        }
    }

    template <class Outcome>
    void answer(failure const& cause, Outcome&& outcome)
    {
        if constexpr (runs) {
            tell_used(cause);
            child_.reset();
            call_.forget_failure();
            first_.emplace(cause);
            run_.emplace(call_, *this, run_source{{&this->policy().action(), &*first_}});
            this->fixture().template arm<&fallback_layer::on_expired>(
                core::plus(call_.now(), this->policy().timeout()), *this);
            run_->start(time_point::max());
        } else {
            auto values = values_for(cause);
            if (!values) {
                return parent_.finish(std::forward<Outcome>(outcome));
            }
            tell_used(cause);
            call_.forget_failure();
            std::apply(
                [this](auto&... v) {
                    parent_.finish(answered<channel_type, std::remove_reference_t<decltype(v)>...>(
                        v...));
                },
                *values);
        }
    }

    /// Returns what the fallback gives, or nothing if it threw.
    std::optional<typename channel_type::stored> values_for(failure const& cause)
    {
        try {
            if constexpr (is_fallback_function<action_type>) {
                return call_action(cause);
            } else {
                return succeed(this->policy().action());
            }
        } catch (...) {
            note_exception();
            return std::nullopt;
        }
    }

    auto call_action(failure const& cause)
    {
        if constexpr (std::is_void_v<std::invoke_result_t<action_type const&, failure const&>>) {
            this->policy().action()(cause);
            return channel_type::succeed();
        } else {
            return succeed(this->policy().action()(cause));
        }
    }

    // Several values of the completion signature come as one tuple.
    template <class Value>
    static auto succeed(Value&& value)
    {
        if constexpr (std::is_same_v<std::decay_t<Value>, typename channel_type::values>) {
            return std::apply([](auto&&... v) { return channel_type::succeed(v...); },
                              std::forward<Value>(value));
        } else {
            return channel_type::succeed(std::forward<Value>(value));
        }
    }

    template <class Outcome>
    void finish_fallback(Outcome&& outcome)
    {
        disarm();
        if constexpr (runs) {
            if (threw(outcome)) { // nothing but its exception is kept of it
                return parent_.finish(ended(first_->code()));
            }
        }
        if (!expired_ || outcome.succeeded() || call_.is_cancelled()) {
            return parent_.finish(std::forward<Outcome>(outcome));
        }
        this->end(errc::timed_out, reason::timed_out,
                  expired{call_.name(), errc::timed_out});
    }

    template <class Outcome>
    static bool threw(Outcome const& outcome)
    {
        return !Outcome::from_operation && outcome.code() == errc::operation_threw;
    }

    void on_expired()
    {
        expired_ = !cancelled_;
        call_.stale_clock();
        run_->cancel(boost::asio::cancellation_type::terminal);
    }

    void disarm() noexcept
    {
        if constexpr (runs) {
            this->fixture().disarm();
        }
    }

    void note_exception() noexcept
    {
        call_.keep_exception(std::current_exception());
        call_.because(reason::exception);
    }

    void tell_used(failure const& cause) noexcept
    {
        if constexpr (Call::template observes<fallback_used>()) {
            call_.tell(fallback_used{call_.name(), cause.code(), cause.reason()});
        }
    }

    std::optional<state_at<Call, K + 1>> child_;
    [[no_unique_address]] std::conditional_t<runs, std::optional<failure>, nothing> first_;
    std::optional<typename run_of<runs, run_source>::type> run_;
    bool expired_ = false;
    bool cancelled_ = false;
};

} // namespace resil::detail

#endif // RESIL_DETAIL_FALLBACK_LAYER_HPP
