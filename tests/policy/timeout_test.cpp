// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/timeout.hpp> // self-contained

#include "support/world.hpp"

#include <resil/retry.hpp>
#include <resil/pipeline.hpp>

using namespace support;

static_assert(std::is_aggregate_v<resil::timeout_options>);
static_assert(std::is_nothrow_move_constructible_v<resil::timeout>);

TEST_CASE("a step within its timeout is delivered, and its timer is taken back", "[timeout]")
{
    world w;
    scripted_operation<int> op;
    op.succeeds(42).after(99ms);

    auto const call = w.call(resil::timeout{100ms}, op);
    w.time.advance(99ms);

    CHECK(call.value() == 42);
    CHECK(w.time.armed() == 0);
}

TEST_CASE("a step that takes too long is cancelled, and ends with timed_out", "[timeout]")
{
    world w;
    scripted_operation<int> op;
    op.hangs();

    auto const call = w.call(resil::timeout{100ms}, op);
    w.time.advance(100ms);

    CHECK(call.code() == errc::timed_out);
    CHECK(call.reason() == reason::timed_out);
    CHECK(call.last_error() == net::operation_aborted);
    CHECK(call.at() == 100ms);
    CHECK(call.failure().elapsed() == 100ms);
    CHECK(op.cancellations() == std::vector{asio::cancellation_type::terminal});
}
