// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/error.hpp>
#include <resil/fallback.hpp> // self-contained

#include "support/world.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

using namespace support;

namespace {

/// A fallback operation: notes the failure it stands in for, and follows a script.
struct second_source
{
    scripted_operation<int> op;
    std::optional<resil::failure>* seen = nullptr;

    template <class Token>
    auto operator()(resil::failure const& why, Token token) const
    {
        if (seen) {
            *seen = why;
        }
        return op(std::move(token));
    }
};

resil::fallback<second_source> from(scripted_operation<int> op,
                                    resil::fallback_options options = {})
{
    return resil::fallback<second_source>(second_source{std::move(op)}, std::move(options));
}

scripted_operation<int> failing()
{
    return scripted_operation<int>().fails(net::eof);
}

} // namespace

TEST_CASE("an operation stands in for a call that failed, and is told why", "[fallback]")
{
    world w;
    scripted_operation<int> second;
    std::optional<resil::failure> seen;
    second.succeeds(7).after(10ms);

    auto const call =
        w.call(resil::fallback<second_source>(second_source{second, &seen}), failing());
    w.time.advance(10ms);

    CHECK(call.value() == 7);
    CHECK(seen->code() == net::eof);
    CHECK(w.time.armed() == 0);
}

TEST_CASE("of a fallback operation that fails too, the call gets the error", "[fallback]")
{
    world w;
    auto const call =
        w.call(from(scripted_operation<int>().fails(net::access_denied)), failing());

    CHECK(call.code() == net::access_denied);
    CHECK(call.attempts() == 1);
    CHECK(call.last_error() == net::eof);
}

TEST_CASE("a fallback operation is bounded by its own timeout", "[fallback]")
{
    world w;
    scripted_operation<int> second;
    second.hangs();

    auto const call = w.call(from(second, {.timeout = 200ms}), failing());
    w.time.advance(199ms);
    CHECK(call.count() == 0);
    w.time.advance(1ms);

    CHECK(call.code() == errc::timed_out);
    CHECK(call.reason() == reason::timed_out);
    CHECK(call.last_error() == net::eof);
    CHECK(second.cancellations() == std::vector{asio::cancellation_type::terminal});
}

TEST_CASE("a fallback operation that succeeds after its timeout is delivered", "[fallback]")
{
    world w;
    scripted_operation<int> second;
    second.succeeds(7).after(300ms).ignores_cancellation();

    auto const call = w.call(from(second, {.timeout = 200ms}), failing());
    w.time.advance(300ms);

    CHECK(call.value() == 7);
}

TEST_CASE("a fallback operation that throws leaves the call with its first failure",
          "[fallback]")
{
    world w;
    auto const call = w.call(from(scripted_operation<int>().throws()), failing());

    CHECK(call.code() == net::eof);
    CHECK(call.reason() == reason::exception);
    CHECK_THROWS_AS(std::rethrow_exception(call.failure().exception()), std::runtime_error);
    CHECK(w.time.armed() == 0);
}

TEST_CASE("a fallback operation that drops its handler takes its call with it", "[fallback]")
{
    world w;
    auto const call = w.call(from(scripted_operation<int>().drops()), failing());

    CHECK(call.count() == 0);
    CHECK(call.dropped() == 1);
}

TEST_CASE("the caller's cancellation reaches a fallback operation", "[fallback][cancel]")
{
    auto const type =
        GENERATE(asio::cancellation_type::terminal, asio::cancellation_type::partial,
                 asio::cancellation_type::total);
    world w;
    scripted_operation<int> second;
    second.hangs();

    auto const call = w.call(from(second), failing());
    w.time.advance(10ms);
    call.cancel(type);
    w.time.run_ready();

    CHECK(call.code() == net::operation_aborted);
    CHECK(call.reason() == reason::cancelled);
    CHECK(second.cancellations() == std::vector{type});
}

TEST_CASE("a fallback operation that did not heed a cancellation is still bounded",
          "[fallback]")
{
    world w;
    scripted_operation<int> second;
    second.hangs().heeds(asio::cancellation_type::terminal);

    auto const call = w.call(from(second), failing());
    call.cancel(asio::cancellation_type::total);
    w.time.advance(1s);

    CHECK(call.code() == net::operation_aborted);
    CHECK(call.at() == 1s);
}

TEST_CASE("a call's deadline does not bound its fallback operation", "[fallback][deadline]")
{
    world w;
    scripted_operation<int> second;
    second.succeeds(7).after(500ms);

    auto const call = w.call(from(second), {.deadline = w.time.now() + 50ms},
                             scripted_operation<int>().hangs());
    w.time.advance(550ms);

    CHECK(call.value() == 7);
}

TEST_CASE("a context may die while a fallback operation runs", "[fallback]")
{
    scripted_operation<int> second;
    second.hangs();
    std::optional<watched<int>> call;
    {
        world w;
        call = w.call(from(second), failing());
        w.leaves_work();
    }

    CHECK(call->dropped() == 1);
    CHECK(second.in_flight() == 0);
}

TEST_CASE("a fallback operation is no attempt", "[fallback]")
{
    world w;
    scripted_operation<int> second;
    second.fails(net::connection_refused);

    auto const call = w.call(from(second), failing());

    CHECK(call.attempts() == 1);
    CHECK(call.code() == net::connection_refused);
}
