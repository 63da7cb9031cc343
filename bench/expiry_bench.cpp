// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Timeouts that fire: an operation that completes only when it is cancelled, bounded to 100 us.
// Read the processor time; the rest is waiting. Names are case/place/lanes.

#include <resil/timer_service.hpp>

#include "support/floors.hpp"
#include "support/pipelines.hpp"
#include "support/world.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/cancel_after.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace {

using namespace bench;

constexpr int calls = 4096;

/// Waits in its cancellation slot, and nowhere else.
class endless
{
public:
    explicit endless(posted op) : initiation_{op} {}

    template <class Token>
    auto operator()(Token&& token) const
    {
        return asio::async_initiate<Token, void(error_code)>(initiation_, token);
    }

private:
    template <class Handler>
    struct on_cancel
    {
        posted op;
        Handler handler;

        void operator()(asio::cancellation_type)
        {
            op.with(asio::error::operation_aborted)(std::move(handler));
        }
    };

    struct initiation
    {
        using executor_type = posted::executor_type;

        posted op;

        executor_type get_executor() const noexcept { return op.get_executor(); }

        template <class Handler>
        void operator()(Handler&& handler) const
        {
            using waiting = on_cancel<std::decay_t<Handler>>;
            auto slot = asio::get_associated_cancellation_slot(handler);
            slot.template emplace<waiting>(waiting{op, std::forward<Handler>(handler)});
        }
    };

    initiation initiation_;
};

/// What a timeout cannot do without: a timer that expires, and a post.
asio::awaitable<void> timer_and_post(posted op, int left)
{
    asio::steady_timer timer(co_await asio::this_coro::executor);
    while (left-- > 0) {
        timer.expires_after(100us);
        co_await timer.async_wait(asio::use_awaitable);
        co_await op(asio::use_awaitable);
    }
}

template <class Call>
void add_awaited(char const* name, Call call)
{
    auto const run = [call](benchmark::State& state) {
        auto const lane = [&call](posted op, int left) -> asio::awaitable<void> {
            while (left-- > 0) {
                co_await call(endless(op));
            }
        };
        measure_lanes(state, place::single, lane, 1, calls);
    };
    benchmark::RegisterBenchmark(name, run)->Arg(64);
}

BENCH_REGISTER
{
    register_floors();
    benchmark::RegisterBenchmark("timer_and_post", [](benchmark::State& state) {
        measure_lanes(state, place::single, timer_and_post, 1, calls);
    })->Arg(64);
    add_awaited("cancel_after", [](endless op) {
        return op(asio::cancel_after(100us, asio::as_tuple(asio::use_awaitable)));
    });
    add_awaited("timeout", [](endless op) {
        return resil::timeout{100us}.async_call(op, asio::as_tuple(asio::use_awaitable));
    });
    add_awaited("full_stack", [stack = resil::pipeline{
                                   answer_nothing(), whole_call, resil::retry{},
                                   resil::circuit_breaker{{.minimum_calls = 1'000'000'000}},
                                   wide_bulkhead(), resil::timeout{100us}}](endless op) {
        return stack.async_call(op, asio::as_tuple(asio::use_awaitable));
    });
}

} // namespace
