// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/deadline.hpp>
#include <resil/error.hpp>
#include <resil/fallback.hpp> // self-contained
#include <resil/pipeline.hpp>

#include "support/world.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

using namespace support;
using Catch::Matchers::Message;

static_assert(std::is_aggregate_v<resil::fallback_options>);

namespace {

/// A fallback that is given as a function; of one type, to be compiled once.
using function = std::function<int(resil::failure const&)>;

resil::fallback<function> by(function f, resil::fallback_options options = {})
{
    return resil::fallback<function>(std::move(f), std::move(options));
}

auto answers(int value)
{
    return by([value](resil::failure const&) { return value; });
}

scripted_operation<int> failing(error_code ec = net::eof)
{
    return scripted_operation<int>().fails(ec);
}

} // namespace

TEST_CASE("a call that succeeds needs no fallback", "[fallback]")
{
    world w;
    int asked = 0;
    auto const f = by([&](resil::failure const&) { return ++asked; });

    CHECK(w.call(f, scripted_operation<int>().succeeds(42)).value() == 42);
    CHECK(asked == 0);
}

TEST_CASE("a value stands in for a call that failed", "[fallback]")
{
    world w;

    CHECK(w.call(resil::fallback{7}, failing()).value() == 7);
}

TEST_CASE("a function of the failure stands in for a call that failed", "[fallback]")
{
    world w;
    std::optional<resil::failure> seen;
    auto const f = by([&](resil::failure const& why) {
        seen = why;
        return 7;
    });

    CHECK(w.call(f, failing()).value() == 7);
    CHECK(seen->code() == net::eof);
    CHECK(seen->last_error() == net::eof);
    CHECK(seen->attempts() == 1);
}

TEST_CASE("several values come as one tuple", "[fallback]")
{
    world w;
    scripted_operation<int, std::string> op;
    op.fails(net::eof);
    resil::fallback const f{std::tuple(7, std::string("seven"))};
    auto const call = w.call<std::tuple<int, std::string>>(f, op);

    CHECK(call.value() == std::tuple(7, std::string("seven")));
}

TEST_CASE("a call without values is answered by a function without a result", "[fallback]")
{
    world w;
    int noted = 0;
    resil::fallback const f{[&](resil::failure const&) { ++noted; }};
    auto const call = w.call<void>(f, scripted_operation<>().fails(net::eof));

    CHECK(call.ok());
    CHECK(noted == 1);
}

TEST_CASE("a fallback sees timeouts and rejections as well as errors", "[fallback]")
{
    auto const code = GENERATE(error_code(errc::circuit_open), error_code(errc::bulkhead_full),
                               error_code(errc::timed_out), error_code(net::access_denied),
                               error_code(net::operation_aborted));
    world w;

    CHECK(w.call(answers(7), failing(code)).value() == 7);
}

TEST_CASE("a fallback stands outside the deadline, and answers after it",
          "[fallback][deadline]")
{
    world w;
    std::optional<resil::failure> seen;
    resil::pipeline const p{by([&](resil::failure const& why) {
                                seen = why;
                                return 7;
                            }),
                            resil::deadline{100ms}};

    auto const call = w.call(p, scripted_operation<int>().hangs());
    w.time.advance(100ms);

    CHECK(call.value() == 7);
    CHECK(seen->code() == errc::deadline_exceeded);
    CHECK(seen->reason() == reason::deadline_exceeded);
    CHECK(seen->elapsed() == 100ms);
}

TEST_CASE("the call's own deadline ends what stands inside of the fallback",
          "[fallback][deadline]")
{
    world w;

    auto const call = w.call(answers(7), {.deadline = w.time.now() + 50ms},
                             scripted_operation<int>().hangs());
    w.time.advance(50ms);

    CHECK(call.value() == 7);
}

TEST_CASE("a call that its caller cancelled is not answered by a fallback",
          "[fallback][cancel]")
{
    auto const type =
        GENERATE(asio::cancellation_type::terminal, asio::cancellation_type::partial,
                 asio::cancellation_type::total);
    world w;

    auto const call = w.call(answers(7), scripted_operation<int>().hangs());
    call.cancel(type);
    w.time.run_ready();

    CHECK(call.code() == net::operation_aborted);
    CHECK(call.reason() == reason::cancelled);
}

TEST_CASE("a cancelled call that fails by itself is not answered by a fallback either",
          "[fallback][cancel]")
{
    world w;
    scripted_operation<int> op;
    op.fails(net::eof).after(10ms).ignores_cancellation();

    auto const call = w.call(answers(7), op);
    call.cancel();
    w.time.advance(10ms);

    CHECK(call.code() == net::operation_aborted);
}

TEST_CASE("a predicate chooses the failures that the fallback stands in for", "[fallback]")
{
    world w;
    resil::fallback_options const only_eof{
        .handles = [](resil::failure const& f) { return f.code() == net::eof; }};
    auto const f = by([](resil::failure const&) { return 7; }, only_eof);

    CHECK(w.call(f, failing(net::eof)).value() == 7);
    auto const other = w.call(f, failing(net::access_denied));
    CHECK(other.code() == net::access_denied);
    CHECK(other.reason() == reason::none);
}

TEST_CASE("a predicate that throws leaves the call with its failure", "[fallback]")
{
    world w;
    resil::fallback_options const throws{
        .handles = [](resil::failure const&) -> bool { throw std::runtime_error("hm"); }};
    auto const call = w.call(by([](resil::failure const&) { return 7; }, throws), failing());

    CHECK(call.code() == net::eof);
    CHECK(call.reason() == reason::exception);
    CHECK_THROWS_AS(std::rethrow_exception(call.failure().exception()), std::runtime_error);
}

TEST_CASE("a fallback function that throws leaves the call with its failure", "[fallback]")
{
    world w;
    auto const f =
        by([](resil::failure const&) -> int { throw std::range_error("none left"); });
    auto const call = w.call(f, failing());

    CHECK(call.code() == net::eof);
    CHECK(call.reason() == reason::exception);
    CHECK(call.last_error() == net::eof);
    CHECK_THROWS_AS(std::rethrow_exception(call.failure().exception()), std::range_error);
}

TEST_CASE("a fallback answers for an operation that throws", "[fallback]")
{
    world w;
    std::optional<resil::failure> seen;
    auto const f = by([&](resil::failure const& why) {
        seen = why;
        return 7;
    });

    CHECK(w.call(f, scripted_operation<int>().throws()).value() == 7);
    CHECK(seen->code() == errc::operation_threw);
    CHECK(seen->reason() == reason::exception);
    CHECK(seen->exception());
}

TEST_CASE("a call whose own deadline is over before it begins is answered too", "[fallback]")
{
    world w;
    scripted_operation<int> op;

    CHECK(w.call(answers(7), {.deadline = w.time.now()}, op).value() == 7);
    CHECK(op.starts() == 0);
}

TEST_CASE("options out of range are refused, by name, value and range", "[fallback]")
{
    CHECK_THROWS_MATCHES((resil::fallback{7, {.timeout = 0ms}}), resil::invalid_option,
                         Message("fallback.timeout is 0s, but must be more than 0s"));
    CHECK(resil::fallback{7}.timeout() == 1s);
}
