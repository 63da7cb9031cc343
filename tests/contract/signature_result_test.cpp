// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/pipeline.hpp>
#include <resil/result.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <catch2/catch_test_macros.hpp>

#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>

// What becomes of each completion signature under `as_result`.

namespace contract {
namespace {

namespace asio = boost::asio;
using resil::as_result;
using resil::error_code;

/// A value that cannot be made from nothing.
struct page
{
    explicit page(int s) : size(s) {}

    int size;
};

/// Returns an operation that completes with the arguments given, posted.
template <class Signature, class... Args>
auto completes(Args... args)
{
    return [... a = std::move(args)](auto token) mutable {
        auto initiation = [... b = std::move(a)](auto handler) mutable {
            auto const ex = asio::get_associated_executor(handler);
            asio::post(ex, [h = std::move(handler), ... c = std::move(b)]() mutable {
                std::move(h)(std::move(c)...);
            });
        };
        return asio::async_initiate<decltype(token), Signature>(std::move(initiation), token);
    };
}

/// Makes one call under a deadline, and returns its result.
template <class Result, class Op>
Result result_of(Op op)
{
    asio::io_context context;
    std::unique_ptr<Result> result;
    resil::deadline{}.async_call(context, std::move(op), as_result([&](Result r) {
                                     CHECK(!result);
                                     result = std::make_unique<Result>(std::move(r));
                                 }));
    context.run();
    REQUIRE(result);
    return std::move(*result);
}

TEST_CASE("as_result turns no value into void", "[contract][signature][result]")
{
    using result = resil::result<void>;

    CHECK(result_of<result>(completes<void(error_code)>(error_code())).has_value());
    auto const failed = result_of<result>(completes<void(error_code)>(asio::error::eof));
    CHECK(failed.error().code() == asio::error::eof);
}

TEST_CASE("as_result turns several values into a tuple", "[contract][signature][result]")
{
    using result = resil::result<std::tuple<int, std::string>>;
    using signature = void(error_code, int, std::string const&);

    auto const r = result_of<result>(completes<signature>(error_code(), 7, std::string("seven")));

    CHECK(r.value() == std::tuple(7, std::string("seven")));
}

TEST_CASE("as_result needs no default constructor", "[contract][signature][result]")
{
    using result = resil::result<page>;
    using signature = void(error_code, page);

    CHECK(result_of<result>(completes<signature>(error_code(), page(3))).value().size == 3);
    auto const failed = result_of<result>(completes<signature>(asio::error::eof, page(3)));
    CHECK(failed.error().code() == asio::error::eof);
}

TEST_CASE("as_result moves what can only be moved", "[contract][signature][result]")
{
    using result = resil::result<std::unique_ptr<int>>;
    using signature = void(error_code const&, std::unique_ptr<int>);

    auto const r = result_of<result>(completes<signature>(error_code(), std::make_unique<int>(7)));

    CHECK(*r.value() == 7);
}

TEST_CASE("as_result finds the code in an exception", "[contract][signature][result]")
{
    using result = resil::result<int>;
    using signature = void(std::exception_ptr, int);
    auto const known = std::make_exception_ptr(boost::system::system_error(asio::error::eof));
    auto const unknown = std::make_exception_ptr(std::runtime_error("?"));

    CHECK(result_of<result>(completes<signature>(std::exception_ptr(), 7)).value() == 7);
    auto const failed = result_of<result>(completes<signature>(known, 0));
    CHECK(failed.error().code() == asio::error::eof);
    auto const threw = result_of<result>(completes<signature>(unknown, 0));
    CHECK(threw.error().code() == resil::errc::operation_threw);
    CHECK(threw.error().exception() == unknown);
}

TEST_CASE("a signature can be stated", "[contract][signature]")
{
    asio::io_context context;
    int got = 0;
    auto const op = [](auto token) {
        return asio::async_initiate<decltype(token), void(error_code, int)>(
            [](auto handler) {
                auto const ex = asio::get_associated_executor(handler);
                asio::post(ex, [h = std::move(handler)]() mutable { h(error_code(), 7); });
            },
            token);
    };

    resil::deadline{}.async_call<void(error_code, int)>(context, op,
                                                        [&](error_code, int v) { got += v; });
    resil::deadline{}.async_call<void(error_code, int)>(context, resil::call{}, op,
                                                        [&](error_code, int v) { got += v; });
    context.run();

    CHECK(got == 14);
}

} // namespace
} // namespace contract
