// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/error.hpp>
#include <resil/pipeline.hpp> // self-contained
#include <resil/retry.hpp>
#include <resil/timeout.hpp>

#include "support/world.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <catch2/catch_test_macros.hpp>

#include <exception>
#include <functional>
#include <stdexcept>
#include <utility>
#include <vector>

using namespace support;

namespace {

using repeating = resil::pipeline<resil::retry, resil::timeout>;
using body = std::function<asio::awaitable<int>(resil::attempt const&)>;

repeating thrice()
{
    return repeating{resil::retry{{.max_attempts = 3,
                                   .backoff = resil::backoff::fixed(10ms),
                                   .jitter = resil::jitter::none,
                                   .idempotency = idempotency::safe}},
                     resil::timeout{100ms}};
}

/// What a call of a coroutine ended with.
struct ended
{
    std::exception_ptr exception;
    int value = -1;
    int count = 0;
};

ended run(body f, resil::duration time = 1h)
{
    world w;
    ended got;
    thrice().async_call(std::move(f),
                        asio::bind_executor(w.context, [&](std::exception_ptr e, int v) {
                            got = {e, v, got.count + 1};
                        }));
    w.time.advance(time);
    CHECK(got.count == 1);
    return got;
}

} // namespace

TEST_CASE("a coroutine is repeated when it throws a transient error", "[pipeline][coroutine]")
{
    std::vector<int> numbers;
    auto const got = run([&](resil::attempt const& a) -> asio::awaitable<int> {
        numbers.push_back(a.number());
        if (a.number() < 3) {
            throw boost::system::system_error(net::connection_reset);
        }
        co_return 42;
    });

    CHECK_FALSE(got.exception);
    CHECK(got.value == 42);
    CHECK(numbers == std::vector{1, 2, 3});
}

TEST_CASE("what a coroutine throws for good reaches the handler as it is",
          "[pipeline][coroutine]")
{
    int starts = 0;
    auto const got = run([&](resil::attempt const&) -> asio::awaitable<int> {
        ++starts;
        throw std::range_error("not that far");
        co_return 0;
    });

    CHECK_THROWS_AS(std::rethrow_exception(got.exception), std::range_error);
    CHECK(starts == 1);
}

TEST_CASE("a coroutine's last error is what is left when its attempts are used up",
          "[pipeline][coroutine]")
{
    auto const got = run([](resil::attempt const&) -> asio::awaitable<int> {
        throw boost::system::system_error(net::eof, "reading");
        co_return 0;
    });

    try {
        std::rethrow_exception(got.exception);
    } catch (boost::system::system_error const& e) {
        CHECK(e.code() == net::eof);
    }
}

TEST_CASE("resil's own end of a coroutine is a resil::error that holds the failure",
          "[pipeline][coroutine]")
{
    scripted_operation<int> op;
    op.hangs();
    auto const got = run([&](resil::attempt const& a) -> asio::awaitable<int> {
        co_return co_await op(a, asio::use_awaitable);
    });

    try {
        std::rethrow_exception(got.exception);
    } catch (resil::error const& e) {
        CHECK(e.code() == errc::timed_out);
        CHECK(e.failure().reason() == reason::attempts_exhausted);
        CHECK(e.failure().attempts() == 3);
    }
    CHECK(op.starts() == 3);
    CHECK(op.cancellations().size() == 3);
}

TEST_CASE("a call is awaited in a coroutine, and its failure is thrown",
          "[pipeline][coroutine]")
{
    world w;
    scripted_operation<int> op;
    op.fails(net::eof).succeeds(42).fails(net::access_denied);
    std::vector<int> values;
    error_code thrown;
    asio::co_spawn(
        w.context,
        [&]() -> asio::awaitable<void> {
            values.push_back(co_await thrice().async_call(op, asio::use_awaitable));
            try {
                (void)co_await thrice().async_call(op, asio::use_awaitable);
            } catch (boost::system::system_error const& e) {
                thrown = e.code();
            }
        },
        [](std::exception_ptr e) { CHECK_FALSE(e); });
    w.time.advance(1h);

    CHECK(values == std::vector{42});
    CHECK(thrown == net::access_denied);
}
