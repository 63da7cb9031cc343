// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/attempt.hpp>
#include <resil/error.hpp>
#include <resil/retry.hpp> // self-contained

#include "support/world.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>

using namespace support;

namespace {

resil::retry three()
{
    return resil::retry{{.max_attempts = 3,
                         .backoff = resil::backoff::fixed(10ms),
                         .jitter = resil::jitter::none,
                         .idempotency = idempotency::safe}};
}

} // namespace

TEST_CASE("in a coroutine the outer attempt is passed by hand", "[retry][nested][coroutine]")
{
    world w;
    scripted_operation<int> op;
    op.fails(net::eof);
    auto const end = w.time.now() + 1h;
    bool pass = true;
    auto const body = [&](resil::attempt const& a) -> asio::awaitable<int> {
        auto const facts = pass ? resil::within(a) : resil::call();
        co_return co_await three().async_call(facts, op, asio::use_awaitable);
    };

    auto const call = w.call(three(), {.deadline = end}, body);
    w.time.advance(1h);
    CHECK(call.code() == net::eof);
    CHECK(op.starts() == 3);
    CHECK(op.deadlines().at(0) == end);

    pass = false;
    (void)w.call(three(), body);
    w.time.advance(1h);
    CHECK(op.starts() == 3 + 9);
}
