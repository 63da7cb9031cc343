// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/bulkhead.hpp>
#include <resil/retry.hpp>

#include "support/tokens.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/system_executor.hpp>
#include <boost/asio/thread_pool.hpp>

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <future>
#include <memory>
#include <thread>

// Executors by their own types, where `contract_test` has them behind `any_io_executor`.

namespace contract {
namespace {

namespace asio = boost::asio;
using resil::error_code;

/// Makes a call on an executor; `here` says, from within the handler, whether it is there.
template <class Executor, class Here>
void check_executor(Executor const& ex, Here here)
{
    auto const p = make_pipeline<six_layers>();
    std::promise<bool> there;
    auto kept = std::make_unique<int>(7); // a handler that can only be moved

    p.async_call(succeeding<six_layers>(),
                 asio::bind_executor(ex, [&, k = std::move(kept)](error_code ec, int v) {
                     there.set_value(here() && !ec && v == *k);
                 }));

    CHECK(there.get_future().get());
}

TEST_CASE("a call on a thread pool completes on the pool", "[contract][executor]")
{
    asio::thread_pool pool(2);
    auto const ex = pool.get_executor();

    check_executor(ex, [&] { return ex.running_in_this_thread(); });
}

TEST_CASE("a call on a strand of a thread pool completes on the strand", "[contract][executor]")
{
    asio::thread_pool pool(2);
    auto const strand = asio::make_strand(pool);

    check_executor(strand, [&] { return strand.running_in_this_thread(); });
}

TEST_CASE("a call on a type-erased strand completes on the strand", "[contract][executor]")
{
    asio::thread_pool pool(2);
    auto const strand = asio::make_strand(pool);

    check_executor(asio::any_io_executor(strand),
                   [&] { return strand.running_in_this_thread(); });
}

TEST_CASE("a handler of the system's executor is called there", "[contract][executor]")
{
    asio::thread_pool pool(1);
    auto const p = make_pipeline<six_layers>();
    std::promise<bool> there;

    p.async_call(pool, succeeding<six_layers>(),
                 asio::bind_executor(asio::system_executor(), [&](error_code ec, int v) {
                     there.set_value(!ec && v == 7);
                 }));

    CHECK(there.get_future().get());
}

TEST_CASE("a thousand calls on a thread pool complete once each", "[contract][executor]")
{
    asio::thread_pool pool(4);
    auto const p = make_pipeline<six_layers>();
    std::atomic<int> calls = 0;

    for (int i = 0; i < 1000; ++i) {
        p.async_call(pool, succeeding<six_layers>(), [&](error_code, int) { ++calls; });
    }
    pool.join();

    CHECK(calls == 1000);
}

TEST_CASE("a call that repeats without a pause lets others have their turn",
          "[contract][executor]")
{
    asio::thread_pool pool(1);
    resil::retry const restless{{.max_attempts = 10'000,
                                 .backoff = resil::backoff::fixed(resil::duration::zero()),
                                 .idempotency = resil::idempotency::safe}};
    std::atomic<int> attempts = 0;
    int attempts_at_turn = 0;
    auto const fails_at_once = [&](resil::attempt const&, auto token) {
        ++attempts;
        return asio::async_initiate<decltype(token), void(error_code)>(
            [](auto handler) { std::move(handler)(asio::error::eof); }, token);
    };

    asio::post(pool, [&] {
        restless.async_call(pool, fails_at_once, [](error_code) {});
        asio::post(pool, [&] { attempts_at_turn = attempts; });
    });
    pool.join();

    CHECK(attempts == 10'000);
    CHECK(attempts_at_turn < 100);
}

} // namespace
} // namespace contract
