// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/bulkhead.hpp>
#include <resil/circuit_breaker.hpp>
#include <resil/deadline.hpp>
#include <resil/fallback.hpp>
#include <resil/pipeline.hpp>
#include <resil/retry.hpp>
#include <resil/timeout.hpp>

#include "support/world.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/post.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>

using namespace support;

namespace {

using signature = void(error_code);

/// Completes on the next turn of the loop.
struct next_turn
{
    asio::io_context* context;

    struct initiation
    {
        asio::io_context* context;

        template <class Handler>
        void operator()(Handler&& handler) const
        {
            asio::post(*context, [h = std::forward<Handler>(handler)]() mutable {
                std::move(h)(error_code());
            });
        }
    };

    template <class Token>
    auto operator()(Token&& token) const
    {
        return asio::async_initiate<Token, signature>(initiation{context}, token);
    }
};

struct plain_handler
{
    using executor_type = asio::io_context::executor_type;

    executor_type executor;

    executor_type get_executor() const noexcept { return executor; }
    void operator()(error_code) {}
};

template <class Policy>
using call_of =
    resil::detail::call_state<plain_handler, next_turn, signature, resil::detail::no_executor,
                              decltype(std::declval<Policy const&>().policies()), false>;

using six_layers =
    resil::pipeline<resil::fallback<void (*)(resil::failure const&)>, resil::deadline,
                    resil::retry, resil::circuit_breaker, resil::bulkhead, resil::timeout>;

// What a call takes in flight, all layers, its handler and its operation together. These are what
// they are today: whoever makes a call larger shall know it.
static_assert(sizeof(call_of<resil::pipeline<>>) <= 424);
static_assert(sizeof(call_of<resil::standard_pipeline>) <= 768);
static_assert(sizeof(call_of<six_layers>) <= 992);

/// Counts the handlers that a context runs for something that is started from within it; not for
/// the first time, when the timer that drives all others is set.
template <class Start>
std::size_t turns_of(Start start)
{
    asio::io_context context;
    auto const run = [&] {
        context.restart();
        asio::post(context, [&] { start(context); });
        return context.poll() - 1;
    };
    run();
    return run();
}

} // namespace

TEST_CASE("a call takes no more turns of the loop than its operation", "[cost]")
{
    resil::pipeline const six{resil::fallback{[](resil::failure const&) {}},
                              resil::deadline{1h},
                              resil::retry{},
                              resil::circuit_breaker{},
                              resil::bulkhead{},
                              resil::timeout{1min}};
    auto const handler = [](asio::io_context& context) {
        return plain_handler{context.get_executor()};
    };

    std::size_t const bare =
        turns_of([&](asio::io_context& c) { next_turn{&c}(handler(c)); });
    std::size_t const protected_ =
        turns_of([&](asio::io_context& c) { six.async_call(next_turn{&c}, handler(c)); });

    CHECK(bare == 1);
    CHECK(protected_ == bare);
}

TEST_CASE("a rejected call takes a single turn of the loop", "[cost]")
{
    resil::circuit_breaker const open;
    open.force_open();

    CHECK(turns_of([&](asio::io_context& c) {
              open.async_call(next_turn{&c}, plain_handler{c.get_executor()});
          }) == 1);
}
