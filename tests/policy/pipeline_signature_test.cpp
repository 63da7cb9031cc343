// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/error.hpp>
#include <resil/pipeline.hpp> // self-contained
#include <resil/timeout.hpp>

#include "support/world.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/system/result.hpp>

#include <catch2/catch_test_macros.hpp>

#include <exception>
#include <memory>
#include <string>
#include <tuple>
#include <utility>

using namespace support;

namespace {

resil::timeout const bounded{100ms};

/// A value that has no default.
struct page
{
    explicit page(int n) : number(n) {}
    int number;
};

/// An operation with a completion signature of its choice, which hangs, or completes at once.
template <class Signature, class... Args>
auto operation(bool hangs, Args... args)
{
    return [=](resil::attempt const& a, auto token) {
        auto const initiate = [=, &a](auto handler) {
            auto const complete = [](auto h, auto... values) {
                return [h = std::move(h), ... values = std::move(values)](auto&&...) mutable {
                    std::move(h)(std::move(values)...);
                };
            };
            scripted_operation<> inner;
            hangs ? inner.hangs() : inner.succeeds();
            auto const ex = asio::get_associated_executor(handler);
            auto const slot = asio::get_associated_cancellation_slot(handler);
            inner(a, asio::bind_executor(ex, asio::bind_cancellation_slot(
                                                 slot, complete(std::move(handler), args...))));
        };
        return asio::async_initiate<decltype(token), Signature>(initiate, token);
    };
}

} // namespace

TEST_CASE("an operation without values", "[pipeline][signature]")
{
    world w;
    auto const good = w.call<void>(bounded, scripted_operation<>().succeeds());
    auto const bad = w.call<void>(bounded, scripted_operation<>().fails(net::eof));

    CHECK(good.ok());
    CHECK(bad.code() == net::eof);
}

TEST_CASE("values that cannot be copied", "[pipeline][signature]")
{
    world w;
    scripted_operation<std::unique_ptr<int>> op;
    op.succeeds(std::make_unique<int>(42));
    std::unique_ptr<int> got;

    bounded.async_call(op,
                       asio::bind_executor(w.context, [&](error_code, std::unique_ptr<int> v) {
                           got = std::move(v);
                       }));
    w.time.run_ready();

    CHECK(*got == 42);
}

TEST_CASE("values that come with an error are passed on", "[pipeline][signature]")
{
    world w;
    scripted_operation<int, std::string> op;
    op.completes(net::eof, 7, "partial");
    std::tuple<error_code, int, std::string> got;

    bounded.async_call(op,
                       asio::bind_executor(w.context, [&](error_code ec, int n, std::string s) {
                           got = {ec, n, s};
                       }));
    w.time.run_ready();

    CHECK(got == std::tuple(error_code(net::eof), 7, std::string("partial")));
}

TEST_CASE("values without a default, with as_result", "[pipeline][signature]")
{
    using signature = void(error_code, page);
    world w;

    auto const good = w.call<page>(bounded, operation<signature>(false, error_code(), page(7)));
    auto const over = w.call<page>(bounded, {.deadline = w.time.now()},
                                   operation<signature>(true, error_code(), page(7)));

    CHECK(good.value().number == 7);
    CHECK(over.code() == errc::deadline_exceeded);
}

TEST_CASE("a result instead of an error code", "[pipeline][signature]")
{
    using outcome = boost::system::result<int>;
    world w;
    outcome got = 0;
    auto note = asio::bind_executor(w.context, [&](outcome r) { got = r; });

    bounded.async_call(operation<void(outcome)>(false, outcome(42)), note);
    w.time.run_ready();
    CHECK(got.value() == 42);

    bounded.async_call(operation<void(outcome)>(false, outcome(error_code(net::eof))), note);
    w.time.run_ready();
    CHECK(got.error() == net::eof);

    bounded.async_call(resil::call{.deadline = w.time.now()},
                       operation<void(outcome)>(false, outcome(42)), note);
    w.time.run_ready();
    CHECK(got.error() == errc::deadline_exceeded);
}

TEST_CASE("a signature that is stated instead of deduced", "[pipeline][signature]")
{
    world w;
    scripted_operation<int> op;
    op.succeeds(42);
    int got = 0;

    bounded.async_call<void(error_code, int)>(
        op, asio::bind_executor(w.context, [&](error_code, int v) { got = v; }));
    w.time.run_ready();

    CHECK(got == 42);
}
