// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Asio's hint of one thread speaks of who runs a context, not of who starts something on it.

#include <resil/pipeline.hpp>
#include <resil/retry.hpp>
#include <resil/timeout.hpp>

#include "stress/threaded_operation.hpp"
#include "stress/together.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <chrono>
#include <thread>

namespace asio = boost::asio;
using namespace resil;
using namespace std::chrono_literals;

namespace {

constexpr int rounds = 2'000;

/// Eight threads start calls on an executor, which answers and timeouts race for.
template <class Executor>
int calls_completed(Executor ex)
{
    resil::pipeline const calls{retry{{.max_attempts = 2,
                                       .backoff = backoff::fixed(100us),
                                       .idempotency = idempotency::safe}},
                                timeout{{.after = 500us}}};
    std::atomic<int> begun = 0;
    std::atomic<int> completed = 0;
    {
        stress::peer answering(2);
        stress::together([&](int) {
            for (int i = 0; i != rounds; ++i) {
                ++begun;
                calls.async_call(ex, stress::threaded_operation{&answering},
                                 [&](error_code, int) { ++completed; });
                while (begun - completed > 64) {
                    std::this_thread::yield();
                }
            }
        });
        while (completed != begun) {
            std::this_thread::yield();
        }
    }
    return completed;
}

} // namespace

TEST_CASE("calls may be started from any thread on a pool of one thread", "[stress][executor]")
{
    asio::thread_pool context(1);
    CHECK(calls_completed(context.get_executor()) == stress::threads * rounds);
}

TEST_CASE("calls may be started from any thread on a context that one runs, whose executor is type-erased",
          "[stress][executor]")
{
    asio::io_context context(1);
    auto const work = asio::make_work_guard(context);
    std::jthread const runs([&] { context.run(); });
    CHECK(calls_completed(asio::any_io_executor(context.get_executor())) == stress::threads * rounds);
    context.stop();
}
