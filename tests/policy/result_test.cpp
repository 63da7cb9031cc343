// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/error.hpp>
#include <resil/result.hpp> // self-contained
#include <resil/retry.hpp>

#include "support/world.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>

#include <catch2/catch_test_macros.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>

using namespace support;

static_assert(std::is_nothrow_move_constructible_v<resil::result<int>>);
static_assert(std::is_copy_constructible_v<resil::result<int>>);

namespace {

resil::retry const once{{.max_attempts = 1}};

/// An operation that resil does not run.
template <class Signature, class Token, class... Args>
auto async_complete(asio::io_context& context, Token&& token, Args... args)
{
    return asio::async_initiate<Token, Signature>(
        [&context](auto handler, auto... a) {
            asio::post(context, [h = std::move(handler), ... a = std::move(a)]() mutable {
                std::move(h)(std::move(a)...);
            });
        },
        token, std::move(args)...);
}

} // namespace

TEST_CASE("a result holds a value, or the whole failure", "[result]")
{
    resil::result<int> const good(42);
    resil::result<int> const bad(resil::failure({.code = net::eof, .attempts = 3}));

    CHECK(good.value() == 42);
    CHECK(bad.error().code() == net::eof);
    CHECK(bad.error().attempts() == 3);
    CHECK_FALSE(bad);
}

TEST_CASE("the value that a result does not hold is thrown as resil::error", "[result]")
{
    resil::result<int> const bad(
        resil::failure({.code = errc::timed_out, .reason = reason::timed_out}));

    try {
        (void)bad.value();
        FAIL("did not throw");
    } catch (resil::error const& e) {
        CHECK(e.code() == errc::timed_out);
        CHECK(e.failure().reason() == reason::timed_out);
    }
}

TEST_CASE("the failure that a result does not hold is a mistake of the program", "[result]")
{
    resil::result<int> const good(42);

    CHECK_THROWS_AS(good.error(), std::logic_error);
}

TEST_CASE("one value is a result of it, none is a result of void, several are one of a tuple",
          "[result]")
{
    world w;
    scripted_operation<int, std::string> pair;
    pair.succeeds(7, "seven").fails(net::eof);

    CHECK(w.call<int>(once, scripted_operation<int>().succeeds(3)).value() == 3);
    CHECK(w.call<void>(once, scripted_operation<>().succeeds()).ok());
    CHECK(w.call<std::tuple<int, std::string>>(once, pair).value() ==
          std::tuple(7, std::string("seven")));
    CHECK(w.call<std::tuple<int, std::string>>(once, pair).code() == net::eof);
}

TEST_CASE("values that came with an error are dropped", "[result]")
{
    world w;
    auto const call = w.call(once, scripted_operation<int>().completes(net::eof, 7));

    CHECK(call.code() == net::eof);
}

TEST_CASE("as_result is found through binders", "[result]")
{
    world w;
    std::optional<resil::failure> got;
    auto token = asio::bind_allocator(
        std::allocator<int>(),
        asio::bind_executor(w.context,
                            resil::as_result([&](resil::result<int> r) { got = r.error(); })));

    resil::retry{{.max_attempts = 1}}.async_call(scripted_operation<int>().fails(net::eof),
                                                 token);
    w.time.run_ready();

    CHECK(got->code() == net::eof);
    CHECK(got->reason() == reason::attempts_exhausted);
    CHECK(got->attempts() == 1);
}

TEST_CASE("as_result of an operation that resil does not run holds the code alone", "[result]")
{
    asio::io_context context;
    std::optional<resil::failure> got;
    async_complete<void(error_code, int)>(
        context, resil::as_result([&](resil::result<int> r) { got = r.error(); }),
        error_code(net::eof), 7);
    context.run();

    CHECK(got->code() == net::eof);
    CHECK(got->last_error() == net::eof);
    CHECK(got->attempts() == 0);
}

TEST_CASE("as_result of an exception holds its code, or the exception itself", "[result]")
{
    using signature = void(std::exception_ptr, int);
    asio::io_context context;
    std::optional<resil::failure> got;
    auto const run = [&](std::exception_ptr e) {
        async_complete<signature>(
            context, resil::as_result([&](resil::result<int> r) { got = r.error(); }), e, 7);
        context.restart();
        context.run();
        return *got;
    };

    CHECK(run(std::make_exception_ptr(boost::system::system_error(net::eof))).code() ==
          net::eof);
    auto const odd = run(std::make_exception_ptr(std::range_error("far")));
    CHECK(odd.code() == errc::operation_threw);
    CHECK_THROWS_AS(std::rethrow_exception(odd.exception()), std::range_error);
    auto const ours = resil::failure({.code = errc::circuit_open, .attempts = 2});
    CHECK(run(std::make_exception_ptr(resil::error(ours))).attempts() == 2);
}

TEST_CASE("as_result wraps deferred, too", "[result]")
{
    world w;
    std::optional<int> got;
    auto lazy = once.async_call(w.context, scripted_operation<int>().succeeds(42),
                                resil::as_result(asio::deferred));
    w.time.run_ready();
    CHECK_FALSE(got);

    std::move(lazy)([&](resil::result<int> r) { got = r.value(); });
    w.time.run_ready();
    CHECK(got == 42);
}

TEST_CASE("a failure says what, why, how often, how long and when again", "[result][failure]")
{
    resil::failure const nothing;
    CHECK(nothing.code() == error_code());
    CHECK(nothing.reason() == reason::none);
    CHECK(nothing.attempts() == 0);
    CHECK(nothing.elapsed() == 0s);
    CHECK(nothing.last_error() == error_code());
    CHECK(nothing.retry_after() == std::nullopt);
    CHECK_FALSE(nothing.exception());
}
