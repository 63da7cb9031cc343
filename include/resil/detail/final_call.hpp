// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_DETAIL_FINAL_CALL_HPP
#define RESIL_DETAIL_FINAL_CALL_HPP

#include <resil/detail/associated.hpp>
#include <resil/detail/channel.hpp>
#include <resil/error.hpp>

#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/associated_immediate_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/recycling_allocator.hpp>
#include <boost/asio/system_executor.hpp>

#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace boost::asio::detail {

template <typename T, typename Blocking>
class promise_executor;

} // namespace boost::asio::detail

namespace resil::detail {

/// Whether a call can run on an executor: it has a context that somebody runs.
template <class Executor>
inline constexpr bool runs_calls =
    boost::asio::can_query<Executor const&, boost::asio::execution::context_t>::value;

template <>
inline constexpr bool runs_calls<boost::asio::system_executor> = false;

// The executor of `use_future` only fulfils the promise; its context is the system's.
template <class T, class Blocking>
inline constexpr bool runs_calls<boost::asio::detail::promise_executor<T, Blocking>> = false;

/// The handler of a finished call, with what it is to be called with.
template <class Handler, class Signature>
class final_call
{
public:
    final_call(Handler&& handler, std::optional<failure> f)
        : handler_(std::move(handler)), failure_(std::move(f))
    {
    }

    /// Calls the handler with an outcome that is still where it came from.
    template <class Outcome>
    void complete(Outcome& outcome)
    {
        if (failure_) {
            complete_failed();
        } else if constexpr (Outcome::from_operation) {
            outcome.complete(std::move(handler_));
        }
    }

    /// Takes the outcome along, for a handler that is called later.
    template <class Outcome>
    void keep(Outcome& outcome)
    {
        if constexpr (Outcome::from_operation) {
            if (!failure_) {
                values_.emplace(outcome.store());
            }
        }
    }

    /// Sends the handler to where it is to be called; `Here`: that is the call's own executor.
    template <bool Here, class Executor>
    void send(Executor const& ex, bool posted, bool initiating) &&
    {
        if (Here && !initiating) {
            boost::asio::post(ex, on_executor{std::move(*this)});
        } else if constexpr (Here) {
            auto const immediate = boost::asio::get_associated_immediate_executor(handler_, ex);
            boost::asio::dispatch(immediate, on_executor{std::move(*this)});
        } else if (posted) {
            boost::asio::post(ex, on_foreign<Executor>{std::move(*this), ex});
        } else {
            on_foreign<Executor>{std::move(*this), ex}();
        }
    }

private:
    using channel_type = channel<Signature>;

    struct on_executor
    {
        using allocator_type =
            typename boost::asio::associated_allocator<Handler,
                                                       boost::asio::recycling_allocator<void>>::type;

        final_call last;

        allocator_type get_allocator() const noexcept
        {
            return boost::asio::get_associated_allocator(last.handler_,
                                                         boost::asio::recycling_allocator<void>());
        }

        void operator()() { last.complete_kept(); }
    };

    template <class Executor>
    struct on_foreign
    {
        final_call last;
        Executor ex;

        void operator()()
        {
            auto const handlers = boost::asio::get_associated_executor(last.handler_, ex);
            boost::asio::dispatch(handlers, on_executor{std::move(last)});
        }
    };

    void complete_failed()
    {
        if constexpr (wants_failure<Handler>) {
            std::move(handler_)(std::move(*failure_));
        } else {
            channel_type::complete_failed(std::move(handler_), *failure_);
        }
    }

    void complete_kept()
    {
        if (failure_) {
            complete_failed();
        } else {
            std::apply([&](auto&... v) { std::move(handler_)(std::move(v)...); }, *values_);
        }
    }

    Handler handler_;
    std::optional<failure> failure_;
    std::optional<typename channel_type::stored> values_;
};

} // namespace resil::detail

#endif // RESIL_DETAIL_FINAL_CALL_HPP
