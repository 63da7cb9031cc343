// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/result.hpp>

#include "support/tokens.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <exception>
#include <tuple>
#include <utility>

namespace contract {
namespace {

namespace asio = boost::asio;
using resil::as_result;

// Without a fallback, so that the failure is seen.
using result_pipelines = std::tuple<resil::pipeline<>, resil::standard_pipeline>;

template <class Pipeline>
void check_failure(resil::result<int> const& r)
{
    REQUIRE(!r);
    CHECK(r.error().code() == asio::error::access_denied);
    CHECK(r.error().attempts() == 1);
    CHECK(r.error().last_error() == asio::error::access_denied);
    CHECK(r.error().reason() ==
          (repeats<Pipeline> ? resil::reason::permanent : resil::reason::none));
}

/// Makes two calls with a token around a callback: one succeeds, one fails.
template <class Pipeline, class Adapt>
void check_token(Adapt adapt)
{
    asio::io_context context;
    auto const p = make_pipeline<Pipeline>();
    int calls = 0;

    p.async_call(context, succeeding<Pipeline>(), adapt(context, [&](resil::result<int> r) {
        ++calls;
        CHECK(r.value() == 7);
    }));
    p.async_call(context, failing(), adapt(context, [&](resil::result<int> r) {
        ++calls;
        check_failure<Pipeline>(r);
    }));
    context.run();

    CHECK(calls == 2);
}

TEMPLATE_LIST_TEST_CASE("as_result of a callback", "[contract][token][result]", result_pipelines)
{
    check_token<TestType>([](auto&, auto f) { return as_result(std::move(f)); });
}

TEMPLATE_LIST_TEST_CASE("as_result inside of bind_executor", "[contract][token][result]",
                        result_pipelines)
{
    check_token<TestType>([](auto& context, auto f) {
        return asio::bind_executor(context.get_executor(), as_result(std::move(f)));
    });
}

TEMPLATE_LIST_TEST_CASE("as_result around bind_executor", "[contract][token][result]",
                        result_pipelines)
{
    check_token<TestType>([](auto& context, auto f) {
        return as_result(asio::bind_executor(context.get_executor(), std::move(f)));
    });
}

TEMPLATE_LIST_TEST_CASE("as_result around as_tuple", "[contract][token][result]", result_pipelines)
{
    check_token<TestType>([](auto&, auto f) {
        return as_result(
            asio::as_tuple([f](std::tuple<resil::result<int>> t) mutable { f(std::get<0>(t)); }));
    });
}

TEMPLATE_LIST_TEST_CASE("as_result of use_awaitable and of deferred never throws",
                        "[contract][token][result]", result_pipelines)
{
    asio::io_context context;
    bool ended = false;
    auto const coroutine = [&]() -> asio::awaitable<void> {
        auto const p = make_pipeline<TestType>();
        auto const awaited = co_await p.async_call(failing(), as_result(asio::use_awaitable));
        auto const deferred = co_await p.async_call(failing(), as_result(asio::deferred));
        auto const good =
            co_await p.async_call(succeeding<TestType>(), as_result(asio::use_awaitable));

        check_failure<TestType>(awaited);
        check_failure<TestType>(deferred);
        CHECK(good.value() == 7);
        ended = true;
    };

    asio::co_spawn(context, coroutine, [](std::exception_ptr e) { CHECK(!e); });
    context.run();

    CHECK(ended);
}

TEST_CASE("as_result of use_future gives a future of a result", "[contract][token][result]")
{
    asio::io_context context;
    auto const p = make_pipeline<resil::standard_pipeline>();

    auto future = p.async_call(context, failing(), as_result(asio::use_future));
    context.run();

    check_failure<resil::standard_pipeline>(future.get());
}

} // namespace
} // namespace contract
