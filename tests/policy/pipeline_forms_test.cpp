// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/error.hpp>
#include <resil/pipeline.hpp> // self-contained
#include <resil/retry.hpp>
#include <resil/timeout.hpp>

#include "support/initiations.hpp"
#include "support/world.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/deferred.hpp>

#include <catch2/catch_test_macros.hpp>

#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

using namespace support;

namespace {

using repeating = resil::pipeline<resil::retry, resil::timeout>;
using bounded = resil::pipeline<resil::timeout>;

repeating thrice()
{
    return repeating{resil::retry{{.max_attempts = 3,
                                   .backoff = resil::backoff::fixed(10ms),
                                   .jitter = resil::jitter::none,
                                   .idempotency = idempotency::safe}},
                     resil::timeout{100ms}};
}

scripted_operation<int> fails_once()
{
    return scripted_operation<int>().fails(net::eof).succeeds(42);
}

/// A plain handler: no executor, no slot.
struct plain_handler
{
    error_code* code;
    int* value;

    void operator()(error_code ec, int v) const { *code = ec, *value = v; }
};

/// What a plain handler was called with.
struct called_with
{
    error_code code = net::in_progress;
    int value = -1;

    plain_handler handler() { return {&code, &value}; }
};

/// Two overloads, of which a handler is meant for one.
template <asio::completion_token_for<void(error_code, int)> Token>
auto async_overloaded(asio::io_context& context, scripted_operation<int> op, Token&& token)
{
    return async_scripted(context, std::move(op), std::forward<Token>(token));
}

template <asio::completion_token_for<void(error_code, std::vector<int>)> Token>
void async_overloaded(asio::io_context&, scripted_operation<int>, Token&&)
{
}

} // namespace

TEST_CASE("form 1: an operation that is told its attempt", "[pipeline][forms]")
{
    world w;
    called_with got;
    auto const op = fails_once();

    thrice().async_call(op, asio::bind_executor(w.context, got.handler()));
    w.time.advance(10ms);

    CHECK(got.code == error_code());
    CHECK(got.value == 42);
    CHECK(op.numbers() == std::vector{1, 2});
}

TEST_CASE("form 2: an operation that only gets a token", "[pipeline][forms]")
{
    world w;
    called_with got;
    auto const op = fails_once();

    thrice().async_call([op](auto token) { return op(std::move(token)); },
                        asio::bind_executor(w.context, got.handler()));
    w.time.advance(10ms);

    CHECK(got.value == 42);
    CHECK(op.numbers() == std::vector{0, 0});
}

TEST_CASE("form 3: a deferred operation is repeated, on its own executor", "[pipeline][forms]")
{
    world w;
    called_with got;
    auto const op = fails_once();

    thrice().async_call(async_scripted(w.context, op, asio::deferred), got.handler());
    w.time.advance(10ms);

    CHECK(got.value == 42);
    CHECK(op.starts() == 2);
}

TEST_CASE("form 3: a deferred operation that cannot be copied runs where nothing repeats",
          "[pipeline][forms]")
{
    world w;
    called_with got;
    scripted_operation<int> op;
    op.succeeds(42);
    auto once = async_scripted(w.context, op, asio::deferred, std::make_unique<int>(1));
    static_assert(!std::is_copy_constructible_v<decltype(once)>);

    bounded{resil::timeout{100ms}}.async_call(std::move(once),
                                              asio::bind_executor(w.context, got.handler()));
    w.time.run_ready();

    CHECK(got.value == 42);
}

TEST_CASE("form 4: any initiating function in place, repeated with its arguments",
          "[pipeline][forms][with]")
{
    world w;
    called_with got;
    auto const op = fails_once();

    async_scripted(w.context, op, resil::with(thrice(), got.handler()), 7);
    w.time.advance(10ms);

    CHECK(got.value == 42);
    CHECK(op.starts() == 2);
}

TEST_CASE("form 4: arguments that cannot be copied are passed on where nothing repeats",
          "[pipeline][forms][with]")
{
    world w;
    called_with got;
    scripted_operation<int> op;
    op.succeeds(42);

    async_scripted(w.context, op, resil::with(resil::timeout{100ms}, got.handler()),
                   std::make_unique<int>(7));
    w.time.run_ready();

    CHECK(got.value == 42);
}

TEST_CASE("form 4: a plain handler chooses the overload that is meant",
          "[pipeline][forms][with]")
{
    world w;
    called_with got;

    async_overloaded(w.context, fails_once(), resil::with(thrice(), got.handler()));
    w.time.advance(10ms);

    CHECK(got.value == 42);
}

TEST_CASE("form 4: the whole failure is there for as_result", "[pipeline][forms][with]")
{
    world w;
    scripted_operation<int> op;
    resil::reason why{};
    op.hangs();

    async_scripted(
        w.context, op,
        resil::with(resil::timeout{100ms},
                    resil::as_result([&](resil::result<int> r) { why = r.error().reason(); })));
    w.time.advance(100ms);

    CHECK(why == reason::timed_out);
}

TEST_CASE("an operation is kept until its call has ended, and no longer", "[pipeline]")
{
    world w;
    called_with got;
    auto const owned = std::make_shared<int>(0);
    scripted_operation<int> op;
    op.succeeds(1).after(1s);

    bounded{resil::timeout{2s}}.async_call(
        [op, owned](resil::attempt const& a, auto token) { return op(a, std::move(token)); },
        asio::bind_executor(w.context, got.handler()));
    w.time.advance(999ms);
    CHECK(owned.use_count() == 2);
    w.time.advance(1ms);

    CHECK(owned.use_count() == 1);
    CHECK(got.value == 1);
}

TEST_CASE("a pipeline may go while its calls are running", "[pipeline]")
{
    world w;
    called_with got;
    auto const op = fails_once();
    {
        auto const p = std::make_unique<repeating>(thrice());
        p->async_call(op, asio::bind_executor(w.context, got.handler()));
    }
    w.time.advance(10ms);

    CHECK(got.value == 42);
}

TEST_CASE("an operation that completes within its initiation is put in order", "[pipeline]")
{
    world w;
    auto const call = w.call(thrice(), scripted_operation<int>()
                                           .fails(net::eof)
                                           .completes_inline()
                                           .succeeds(4)
                                           .completes_inline());
    w.time.advance(10ms);

    CHECK(call.value() == 4);
}
