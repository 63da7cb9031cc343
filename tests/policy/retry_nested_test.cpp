// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/attempt.hpp>
#include <resil/deadline.hpp>
#include <resil/error.hpp>
#include <resil/pipeline.hpp>
#include <resil/retry.hpp> // self-contained

#include "support/initiations.hpp"
#include "support/world.hpp"

#include <boost/asio/bind_executor.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <string>
#include <vector>

using namespace support;

namespace {

resil::retry three(resil::nested_retry nested = resil::nested_retry::quiet)
{
    return resil::retry{{.max_attempts = 3,
                         .backoff = resil::backoff::fixed(10ms),
                         .jitter = resil::jitter::none,
                         .idempotency = idempotency::safe,
                         .nested = nested}};
}

} // namespace

TEST_CASE("three layers of three attempts make three calls", "[retry][nested]")
{
    world w;
    scripted_operation<int> op;
    op.fails(net::eof);
    auto const innermost = [&](resil::attempt const&, auto token) {
        return three().async_call(op, std::move(token));
    };
    auto const middle = [&](resil::attempt const&, auto token) {
        return three().async_call(innermost, std::move(token));
    };

    auto const call = w.call(three(), middle);
    w.time.advance(1h);

    CHECK(call.code() == net::eof);
    CHECK(call.reason() == reason::attempts_exhausted);
    CHECK(call.attempts() == 3);
    CHECK(op.starts() == 3);
}

TEST_CASE("an inner retry that is told to repeats all the same", "[retry][nested]")
{
    world w;
    scripted_operation<int> op;
    op.fails(net::eof);
    auto const inner = [&](resil::attempt const&, auto token) {
        return three(resil::nested_retry::repeats).async_call(op, std::move(token));
    };

    (void)w.call(three(), inner);
    w.time.advance(1h);

    CHECK(op.starts() == 9);
}

TEST_CASE("an inner retry says that it stayed quiet", "[retry][nested]")
{
    world w;
    scripted_operation<int> op;
    op.fails(net::eof);

    auto const call = w.call(three(), {.nested = true}, op);

    CHECK(call.code() == net::eof);
    CHECK(call.reason() == reason::nested);
    CHECK(call.attempts() == 1);
}

TEST_CASE("inside of a call that does not repeat, an inner retry repeats", "[retry][nested]")
{
    world w;
    scripted_operation<int> op;
    op.fails(net::eof);
    auto const inner = [&](resil::attempt const&, auto token) {
        return three().async_call(op, std::move(token));
    };

    (void)w.call(resil::deadline{1h}, inner);
    w.time.advance(1h);
    CHECK(op.starts() == 3);

    (void)w.call(resil::retry{{.max_attempts = 1}}, inner);
    w.time.advance(1h);
    CHECK(op.starts() == 6);
}

TEST_CASE("an inner retry is quiet in an outer one that itself stays quiet", "[retry][nested]")
{
    world w;
    scripted_operation<int> op;
    op.fails(net::eof);
    auto const inner = [&](resil::attempt const&, auto token) {
        return three().async_call(op, std::move(token));
    };

    (void)w.call(three(), {.nested = true}, inner);
    w.time.advance(1h);

    CHECK(op.starts() == 1);
}

TEST_CASE("the outer attempt is found through binders", "[retry][nested]")
{
    world w;
    scripted_operation<int> op;
    op.fails(net::eof);
    auto const inner = [&](resil::attempt const&, auto token) {
        return three().async_call(op, asio::bind_executor(w.context, std::move(token)));
    };

    (void)w.call(three(), inner);
    w.time.advance(1h);

    CHECK(op.starts() == 3);
}

TEST_CASE("an inner retry in the place of a token is quiet too", "[retry][nested][with]")
{
    world w;
    scripted_operation<int> op;
    op.fails(net::eof);
    auto const inner = [&](resil::attempt const&, auto token) {
        return async_scripted(w.context, op, resil::with(three(), std::move(token)));
    };

    (void)w.call(three(), inner);
    w.time.advance(1h);

    CHECK(op.starts() == 3);
}

TEST_CASE("the outer deadline and key pass on to the inner call", "[retry][nested][deadline]")
{
    world w;
    scripted_operation<int> op;
    op.records_keys().hangs();
    auto const end = w.time.now() + 50ms;
    auto const inner = [&](resil::attempt const&, auto token) {
        return resil::deadline{1h}.async_call(op, std::move(token));
    };

    auto const call = w.call(three(), {.deadline = end, .idempotency_key = "mine"}, inner);
    w.time.advance(1h);

    CHECK(call.code() == errc::deadline_exceeded);
    CHECK(call.at() == 50ms);
    CHECK(op.deadlines() == std::vector{end});
    CHECK(op.keys() == std::vector<std::string>{"mine"});
}

TEST_CASE("what the inner call is told by hand wins over a later outer fact", "[retry][nested]")
{
    world w;
    scripted_operation<int> op;
    op.records_keys().hangs();
    auto const soon = w.time.now() + 20ms;
    auto const inner = [&](resil::attempt const&, auto token) {
        return three().async_call({.deadline = soon, .idempotency_key = "inner"}, op,
                                  std::move(token));
    };

    (void)w.call(three(), {.deadline = soon + 1s, .idempotency_key = "outer"}, inner);
    w.time.advance(1h);

    CHECK(op.deadlines().at(0) == soon);
    CHECK(op.keys().at(0) == "inner");
}

TEST_CASE("within() carries a key only once one was made", "[nested]")
{
    world w;
    std::vector<std::string> keys;
    auto const look = [&](resil::attempt const& a, auto token) {
        keys.emplace_back(resil::within(a).idempotency_key);
        keys.push_back(std::string(a.idempotency_key()));
        keys.emplace_back(resil::within(a).idempotency_key);
        return scripted_operation<int>()(a, std::move(token));
    };

    (void)w.call(resil::retry{{.max_attempts = 1}}, look);

    CHECK(keys.at(0).empty());
    CHECK(keys.at(1) == keys.at(2));
}

TEST_CASE("within() of an unbounded attempt has no deadline, and nobody repeats", "[nested]")
{
    world w;
    resil::call seen{.deadline = w.time.now(), .nested = true};
    auto const look = [&](resil::attempt const& a, auto token) {
        seen = resil::within(a);
        return scripted_operation<int>()(a, std::move(token));
    };

    (void)w.call(resil::retry{{.max_attempts = 1}}, look);

    CHECK_FALSE(seen.deadline);
    CHECK_FALSE(seen.nested);
}
