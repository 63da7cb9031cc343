// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "support/tokens.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <exception>
#include <utility>

namespace contract {
namespace {

namespace asio = boost::asio;
using resil::error_code;

/// Runs a coroutine to its end on a context of its own.
template <class Coroutine>
void run(Coroutine coroutine)
{
    asio::io_context context;
    bool ended = false;
    asio::co_spawn(context, std::move(coroutine), [&](std::exception_ptr e) {
        ended = true;
        CHECK(!e);
    });
    context.run();
    CHECK(ended);
}

TEMPLATE_LIST_TEST_CASE("use_awaitable gives the value", "[contract][token]", token_pipelines)
{
    run([]() -> asio::awaitable<void> {
        auto const p = make_pipeline<TestType>();

        int const value = co_await p.async_call(succeeding<TestType>(), asio::use_awaitable);

        CHECK(value == 7);
    });
}

TEMPLATE_LIST_TEST_CASE("use_awaitable throws the error", "[contract][token]", token_pipelines)
{
    run([]() -> asio::awaitable<void> {
        auto const p = make_pipeline<TestType>();
        error_code thrown;
        int value = 0;

        try {
            value = co_await p.async_call(failing(), asio::use_awaitable);
        } catch (boost::system::system_error const& e) {
            thrown = e.code();
        }

        CHECK(value == (falls_back<TestType> ? 9 : 0));
        CHECK(bool(thrown) != falls_back<TestType>);
    });
}

TEMPLATE_LIST_TEST_CASE("as_tuple(use_awaitable) gives error and value", "[contract][token]",
                        token_pipelines)
{
    run([]() -> asio::awaitable<void> {
        auto const p = make_pipeline<TestType>();

        auto const [ec, value] =
            co_await p.async_call(succeeding<TestType>(), asio::as_tuple(asio::use_awaitable));

        CHECK(!ec);
        CHECK(value == 7);
    });
}

TEMPLATE_LIST_TEST_CASE("redirect_error stores the error", "[contract][token]", token_pipelines)
{
    run([]() -> asio::awaitable<void> {
        auto const p = make_pipeline<TestType>();
        error_code ec;

        co_await p.async_call(failing(), asio::redirect_error(asio::use_awaitable, ec));

        CHECK(bool(ec) != falls_back<TestType>);
    });
}

TEMPLATE_LIST_TEST_CASE("deferred is awaited, or started later", "[contract][token]",
                        token_pipelines)
{
    run([]() -> asio::awaitable<void> {
        auto const p = make_pipeline<TestType>();

        int const value = co_await p.async_call(succeeding<TestType>(), asio::deferred);
        auto later = p.async_call(succeeding<TestType>(), asio::deferred);
        int const again = co_await std::move(later)(asio::use_awaitable);

        CHECK(value == 7);
        CHECK(again == 7);
    });
}

TEMPLATE_LIST_TEST_CASE("detached runs the call and drops its outcome", "[contract][token]",
                        token_pipelines)
{
    asio::io_context context;
    auto const p = make_pipeline<TestType>();
    auto const op = succeeding<TestType>();

    p.async_call(context, op, asio::detached);
    context.run();

    CHECK(op.starts() == (repeats<TestType> ? 2 : 1));
    CHECK(op.in_flight() == 0);
}

TEMPLATE_LIST_TEST_CASE("a coroutine is an operation", "[contract][token]", token_pipelines)
{
    run([]() -> asio::awaitable<void> {
        auto const p = make_pipeline<TestType>();
        int starts = 0;
        auto const op = [&](resil::attempt const&) -> asio::awaitable<int> {
            if (++starts == 1 && repeats<TestType>) {
                throw boost::system::system_error(asio::error::eof);
            }
            co_return 7;
        };

        int const value = co_await p.async_call(op, asio::use_awaitable);

        CHECK(value == 7);
        CHECK(starts == (repeats<TestType> ? 2 : 1));
    });
}

} // namespace
} // namespace contract
