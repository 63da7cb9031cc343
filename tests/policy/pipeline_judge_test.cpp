// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/circuit_breaker.hpp>
#include <resil/error.hpp>
#include <resil/fallback.hpp>
#include <resil/pipeline.hpp> // self-contained
#include <resil/retry.hpp>
#include <resil/verdict.hpp>

#include "support/steady_retry.hpp"
#include "support/world.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>

using namespace support;
using resil::verdict;

namespace {

/// Judges by the value too: an odd one is transient.
struct odd_is_bad
{
    verdict operator()(error_code ec, int value) const
    {
        return ec ? resil::judge(ec) : value % 2 ? verdict::transient : verdict::success;
    }
};

resil::circuit_breaker touchy()
{
    return resil::circuit_breaker{{.window = resil::circuit_window::consecutive(2)}};
}

} // namespace

TEST_CASE("values are judged too", "[pipeline][judge]")
{
    world w;
    resil::basic_retry const r(steady(), odd_is_bad());
    scripted_operation<int> op;
    op.succeeds(1).succeeds(3).succeeds(4);

    auto const call = w.call(r, op);
    w.time.advance(1s);

    CHECK(call.value() == 4);
    CHECK(op.starts() == 3);
}

TEST_CASE("a value that was judged bad to the end is delivered as it is", "[pipeline][judge]")
{
    world w;
    resil::basic_retry const r(steady(), odd_is_bad());

    auto const call = w.call(r, scripted_operation<int>().succeeds(5));
    w.time.advance(1s);

    CHECK(call.value() == 5);
}

TEST_CASE("one classifier serves all policies of a pipeline", "[pipeline][judge]")
{
    world w;
    auto const breaker = touchy();
    resil::pipeline const p{resil::judged_by{odd_is_bad()}, resil::retry{steady()}, breaker};
    scripted_operation<int> op;
    op.succeeds(1).succeeds(3).succeeds(4);

    auto const call = w.call(p, op);
    w.time.advance(1s);

    CHECK(op.starts() == 2);
    CHECK(breaker.state() == resil::circuit_state::open);
    CHECK(call.code() == errc::circuit_open);
}

TEST_CASE("a policy's own classifier wins over the pipeline's", "[pipeline][judge]")
{
    world w;
    auto const lenient = touchy().judged_by([](error_code, int) { return verdict::success; });
    resil::pipeline const p{resil::judged_by{odd_is_bad()}, resil::retry{steady()}, lenient};

    auto const call = w.call(p, scripted_operation<int>().succeeds(1));
    w.time.advance(1s);

    CHECK(call.value() == 1);
    CHECK(lenient.state() == resil::circuit_state::closed);
}

TEST_CASE("a fallback stands in for a value that was judged bad", "[pipeline][judge][fallback]")
{
    world w;
    std::optional<resil::failure> seen;
    resil::pipeline const p{resil::judged_by{odd_is_bad()},
                            resil::fallback{[&](resil::failure const& why) {
                                seen = why;
                                return 8;
                            }},
                            resil::retry{steady()}};

    auto const call = w.call(p, scripted_operation<int>().succeeds(5));
    w.time.advance(1s);

    CHECK(call.value() == 8);
    CHECK(seen->code() == error_code());
    CHECK(seen->reason() == reason::attempts_exhausted);
}

TEST_CASE("a classifier of error codes alone will do", "[pipeline][judge]")
{
    world w;
    auto const all_good = resil::retry{steady()}.judged_by(
        [](error_code ec) { return ec ? verdict::permanent : verdict::success; });
    auto const call = w.call(all_good, scripted_operation<int>().fails(net::eof));

    CHECK(call.reason() == reason::permanent);
}

TEST_CASE("a classifier that throws makes the outcome permanent, and the call ends",
          "[pipeline][judge]")
{
    world w;
    auto const throws = resil::retry{steady()}.judged_by(
        [](error_code) -> verdict { throw std::range_error("off the scale"); });
    auto const call = w.call(throws, scripted_operation<int>().fails(net::eof));

    CHECK(call.code() == net::eof);
    CHECK(call.reason() == reason::exception);
    CHECK(call.attempts() == 1);
    CHECK_THROWS_AS(std::rethrow_exception(call.failure().exception()), std::range_error);
}

TEST_CASE("resil's own rejections are nobody's failure, whatever a classifier says",
          "[pipeline][judge]")
{
    world w;
    auto const breaker = touchy();
    breaker.force_open();
    resil::pipeline const p{resil::judged_by{[](error_code ec) {
                                return ec ? verdict::transient : verdict::success;
                            }},
                            resil::retry{steady()}, breaker};
    auto const call = w.call(p, scripted_operation<int>());

    CHECK(call.reason() == reason::circuit_forced_open);
    CHECK(call.at() == 0ms);
}
