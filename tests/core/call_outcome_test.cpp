// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/call_outcome.hpp> // self-contained

#include <catch2/catch_test_macros.hpp>

#include <boost/asio/error.hpp>

using namespace resil;

namespace {

call_outcome outcome(error_code code, reason why = reason::none)
{
    return outcome_of(call_ended{.pipeline = {}, .code = code, .reason = why, .attempts = 1});
}

} // namespace

TEST_CASE("how a call ended is told in one of five words", "[call_outcome]")
{
    error_code const aborted = boost::asio::error::operation_aborted;
    CHECK(outcome({}) == call_outcome::success);
    CHECK(outcome(aborted, reason::cancelled) == call_outcome::cancelled);
    CHECK(outcome(aborted) == call_outcome::failed); // not its caller's doing
    CHECK(outcome(errc::timed_out, reason::timed_out) == call_outcome::timed_out);
    CHECK(outcome(errc::timed_out, reason::attempts_exhausted) == call_outcome::timed_out);
    CHECK(outcome(errc::deadline_exceeded) == call_outcome::timed_out);
    CHECK(outcome(errc::circuit_open, reason::ignored) == call_outcome::rejected);
    CHECK(outcome(errc::bulkhead_full) == call_outcome::rejected);
    CHECK(outcome(errc::operation_threw, reason::exception) == call_outcome::failed);
    CHECK(outcome(boost::asio::error::eof) == call_outcome::failed);
}

TEST_CASE("each outcome has a name", "[call_outcome]")
{
    CHECK(to_string(call_outcome::success) == "success");
    CHECK(to_string(call_outcome::failed) == "failed");
    CHECK(to_string(call_outcome::timed_out) == "timed_out");
    CHECK(to_string(call_outcome::rejected) == "rejected");
    CHECK(to_string(static_cast<call_outcome>(call_outcomes - 1)) == "cancelled");
    CHECK(to_string(static_cast<call_outcome>(call_outcomes)) == "unknown");
}
