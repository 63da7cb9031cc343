// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// In steady state a call makes no call to the system's allocator, whatever its policies are.

#include <resil/bulkhead.hpp>
#include <resil/circuit_breaker.hpp>
#include <resil/deadline.hpp>
#include <resil/fallback.hpp>
#include <resil/keyed.hpp>
#include <resil/pipeline.hpp>
#include <resil/result.hpp>
#include <resil/retry.hpp>
#include <resil/service/metrics.hpp>
#include <resil/service/policy_metrics.hpp>
#include <resil/timeout.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <catch2/catch_test_macros.hpp>

#include "alloc/counted_memory.hpp"

#include <chrono>
#include <cstddef>
#include <string_view>
#include <utility>

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using resil::error_code;

constexpr int warm_up = 100;
constexpr int measured = 1000;

/// Completes on the next turn of the loop, with the error it was made with.
struct operation
{
    asio::io_context* context;
    error_code ec{};

    template <class Token>
    auto operator()(Token&& token) const
    {
        auto const start = [](auto handler, asio::io_context* where, error_code outcome) {
            asio::post(*where, [h = std::move(handler), outcome]() mutable {
                std::move(h)(outcome);
            });
        };
        return asio::async_initiate<Token, void(error_code)>(start, token, context, ec);
    }
};

/// Makes calls one after the other, and counts the allocations of those after the warm-up.
template <class Policy>
class chain
{
public:
    chain(Policy const& policy, operation op) : policy_(policy), op_(op) {}

    std::size_t run(asio::io_context& context)
    {
        context_ = &context;
        asio::post(context, [this] { next(); });
        context.run();
        return after_ - before_;
    }

private:
    void next()
    {
        if (made_ == warm_up) {
            before_ = allocations_so_far();
        }
        if (made_++ == warm_up + measured) {
            after_ = allocations_so_far();
            return;
        }
        policy_.async_call(op_, asio::bind_executor(*context_, [this](error_code) { next(); }));
    }

    Policy const& policy_;
    operation op_;
    asio::io_context* context_ = nullptr;
    int made_ = 0;
    std::size_t before_ = 0;
    std::size_t after_ = 0;
};

template <class Policy>
std::size_t allocations_of(Policy const& policy, error_code ec = {}, bool one_thread = true)
{
    asio::io_context context(1);
    if (one_thread) {
        resil::single_threaded(context);
    }
    return chain<Policy>(policy, operation{&context, ec}).run(context);
}

template <class Policy>
std::size_t allocations_in_a_coroutine(Policy const& policy)
{
    asio::io_context context(1);
    resil::single_threaded(context);
    std::size_t before = 0;
    std::size_t after = 0;
    auto const make_calls = [&]() -> asio::awaitable<void> {
        for (int made = 0; made < warm_up + measured; ++made) {
            before = made == warm_up ? allocations_so_far() : before;
            co_await policy.async_call(operation{&context}, asio::use_awaitable);
        }
        after = allocations_so_far();
    };
    asio::co_spawn(context, make_calls, asio::detached);
    context.run();
    return after - before;
}

auto full_stack()
{
    return resil::pipeline{resil::fallback{[](resil::failure const&) {}},
                           resil::deadline{800ms},
                           resil::retry{},
                           resil::circuit_breaker{},
                           resil::bulkhead{},
                           resil::timeout{250ms}};
}

} // namespace

TEST_CASE("no policy allocates for a call that succeeds", "[alloc]")
{
    CHECK(allocations_of(resil::pipeline{}) == 0);
    CHECK(allocations_of(resil::deadline{1s}) == 0);
    CHECK(allocations_of(resil::timeout{1s}) == 0);
    CHECK(allocations_of(resil::retry{}) == 0);
    CHECK(allocations_of(resil::circuit_breaker{}) == 0);
    CHECK(allocations_of(resil::bulkhead{}) == 0);
}

TEST_CASE("the full stack allocates nothing for a call that succeeds", "[alloc]")
{
    CHECK(allocations_of(full_stack()) == 0);
}

TEST_CASE("the full stack allocates nothing where a call has its own turnstile", "[alloc]")
{
    CHECK(allocations_of(full_stack(), {}, false) == 0);
}

TEST_CASE("the full stack allocates nothing for a call that is awaited", "[alloc]")
{
    CHECK(allocations_in_a_coroutine(full_stack()) == 0);
}

TEST_CASE("metrics of calls and attempts allocate nothing", "[alloc][metrics]")
{
    resil::service::metrics const all;
    resil::service::policy_metrics const policies{all};
    auto const measured = resil::observe{policies.observer("GET /product", "catalogue")};

    CHECK(allocations_of(resil::pipeline{measured}) == 0);
    CHECK(allocations_of(resil::pipeline{measured, resil::retry{}}, asio::error::access_denied) == 0);
}

TEST_CASE("a policy that is known by its key is found without allocating", "[alloc][keyed]")
{
    asio::io_context context;
    resil::keyed<resil::circuit_breaker> const breakers(context.get_executor(),
                                                        [](std::string_view) { return resil::circuit_breaker(); });
    breakers.at("a host whose name is longer than a short string");
    std::size_t const before = allocations_so_far();
    for (int i = 0; i != measured; ++i) {
        breakers.at("a host whose name is longer than a short string");
    }
    CHECK(allocations_so_far() == before);
}

TEST_CASE("repeating a call allocates nothing", "[alloc]")
{
    resil::retry const repeated{{.max_attempts = 3,
                                 .backoff = resil::backoff::fixed(0ms),
                                 .idempotency = resil::idempotency::safe}};

    CHECK(allocations_of(repeated, asio::error::connection_reset) == 0);
}

TEST_CASE("a rejection by an open circuit allocates nothing", "[alloc]")
{
    resil::circuit_breaker const breaker;
    breaker.force_open();

    CHECK(allocations_of(breaker) == 0);
}

TEST_CASE("a fallback's answer to a rejection allocates nothing", "[alloc]")
{
    resil::circuit_breaker const breaker;
    breaker.force_open();

    CHECK(allocations_of(resil::pipeline{resil::fallback{[](resil::failure const&) {}}, breaker}) ==
          0);
}
