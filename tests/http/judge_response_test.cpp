// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/http/judge_response.hpp> // self-contained

#include "http_support.hpp"

#include <boost/asio/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/system/result.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>

namespace {

using namespace std::chrono_literals;
using namespace http_support;
using resil::error_code;
using resil::verdict;
using resil::http::header_counters;
using resil::http::judge_response;
using resil::http::judge_response_in;
using resil::http::wall_time;

namespace asio = boost::asio;
namespace beast = boost::beast;

static_assert(std::is_nothrow_invocable_v<judge_response const&, error_code, response const&>);
static_assert(std::is_nothrow_copy_constructible_v<judge_response>);
static_assert(resil::http::any_response<response>);
static_assert(resil::http::any_response<beast_http::response_header<>>);
static_assert(!resil::http::any_response<request>);
static_assert(!resil::http::any_response<std::size_t>);
static_assert(!std::is_constructible_v<judge_response_in<response>, response>);
static_assert(!std::is_invocable_v<judge_response const&, boost::system::result<void> const&>);

int clock_reads = 0;

wall_time second_before_rfc_date() noexcept
{
    ++clock_reads;
    return rfc_date - 1s;
}

judge_response fixed_judge(header_counters counters = {})
{
    clock_reads = 0;
    return judge_response{{.counters = counters, .now = &second_before_rfc_date}};
}

TEST_CASE("a response without an error is judged by its status", "[http][judge]")
{
    judge_response const judge;

    CHECK(judge({}, answer(200)).verdict == verdict::success);
    CHECK(judge({}, answer(404)).verdict == verdict::success);
    CHECK(judge({}, answer(409)).verdict == verdict::success);
    CHECK(judge({}, answer(429)).verdict == verdict::throttled);
    CHECK(judge({}, answer(503)).verdict == verdict::transient);
    CHECK(judge({}, answer(501)).verdict == verdict::permanent);
    CHECK_FALSE(judge({}, answer(503)).retry_after);
}

struct error_row
{
    error_code ec;
    verdict expected;
};

TEST_CASE("an error is judged by itself", "[http][judge]")
{
    auto const row = GENERATE(error_row{beast_http::error::end_of_stream, verdict::transient},
                              error_row{beast_http::error::partial_message, verdict::transient},
                              error_row{beast::error::timeout, verdict::transient},
                              error_row{beast_http::error::body_limit, verdict::permanent},
                              error_row{beast_http::error::header_limit, verdict::permanent},
                              error_row{beast_http::error::bad_status, verdict::permanent},
                              error_row{beast_http::error::bad_version, verdict::permanent},
                              error_row{beast_http::error::bad_alloc, verdict::permanent},
                              error_row{beast_http::error::stale_parser, verdict::permanent},
                              error_row{asio::error::connection_refused, verdict::transient},
                              error_row{asio::error::connection_reset, verdict::transient},
                              error_row{asio::error::eof, verdict::transient},
                              error_row{asio::error::operation_aborted, verdict::ignored},
                              error_row{asio::error::access_denied, verdict::permanent},
                              error_row{resil::errc::timed_out, verdict::transient},
                              error_row{resil::errc::circuit_open, verdict::ignored});

    INFO(row.ec.message());
    CHECK(resil::http::judge(row.ec) == row.expected);
    CHECK(judge_response()(row.ec).verdict == row.expected);
    CHECK(judge_response()(row.ec, 7U).verdict == row.expected);
}

TEST_CASE("the values that come with an error are not looked at", "[http][judge]")
{
    header_counters const counters;
    auto const judge = fixed_judge(counters);

    auto const failed = judge(asio::error::access_denied, answer(503, "bad"));
    auto const lost = judge(beast_http::error::partial_message, answer(200, "120"));

    CHECK(failed.verdict == verdict::permanent);
    CHECK(lost.verdict == verdict::transient);
    CHECK_FALSE(lost.retry_after);
    CHECK(counters.malformed_retry_after() == 0);
    CHECK(clock_reads == 0);
}

TEST_CASE("the response is found wherever it stands", "[http][judge]")
{
    judge_response const judge;
    response const busy = answer(429);

    CHECK(judge({}, busy).verdict == verdict::throttled);
    CHECK(judge({}, std::size_t(7), busy).verdict == verdict::throttled);
    CHECK(judge({}, busy, std::size_t(7)).verdict == verdict::throttled);
    CHECK(judge({}, "text", 1.5, busy, nullptr).verdict == verdict::throttled);
    CHECK(judge({}, busy.base()).verdict == verdict::throttled);
    CHECK(judge({}, busy, answer(200)).verdict == verdict::throttled);
    CHECK(judge({}, answer(200), busy).verdict == verdict::success);
}

TEST_CASE("a response that is held by something is found too", "[http][judge]")
{
    judge_response const judge;
    auto const shared = std::make_shared<response>(answer(502));
    boost::system::result<response> const result = answer(502);

    CHECK(judge({}, std::optional(answer(502))).verdict == verdict::transient);
    CHECK(judge({}, shared).verdict == verdict::transient);
    CHECK(judge({}, std::make_unique<response>(*shared)).verdict == verdict::transient);
    CHECK(judge({}, shared.get()).verdict == verdict::transient);
    CHECK(judge({}, result).verdict == verdict::transient);
}

TEST_CASE("a result is judged by its error, or by the response in it", "[http][judge]")
{
    using result = boost::system::result<response>;
    judge_response const judge;

    CHECK(judge(result(answer(429, "7"))).retry_after == 7s);
    CHECK(judge(result(answer(200))).verdict == verdict::success);
    CHECK(judge(result(beast::error::timeout)).verdict == verdict::transient);
    CHECK(judge(boost::system::result<int>(7)).verdict == verdict::success);
}

TEST_CASE("a holder without a response is passed over", "[http][judge]")
{
    judge_response const judge;
    std::shared_ptr<response> const none;

    CHECK(judge({}, none).verdict == verdict::success);
    CHECK(judge({}, std::optional<response>()).verdict == verdict::success);
    CHECK(judge({}, none, answer(503)).verdict == verdict::transient);
}

TEST_CASE("without a response the outcome is judged by the error alone", "[http][judge]")
{
    judge_response const judge;

    CHECK(judge({}).verdict == verdict::success);
    CHECK(judge({}, std::size_t(512)).verdict == verdict::success);
    CHECK(judge({}, get_request()).verdict == verdict::success);
    CHECK(judge(beast_http::error::end_of_stream, 0U).verdict == verdict::transient);
}

TEST_CASE("Retry-After is read for whatever is repeated, and for nothing else", "[http][judge]")
{
    auto const judge = fixed_judge();

    for (unsigned const status : {408U, 425U, 429U, 500U, 502U, 503U, 504U, 599U}) {
        CHECK(judge({}, answer(status, "120")).retry_after == 120s);
    }
    for (unsigned const status : {200U, 301U, 404U, 413U, 501U, 505U}) {
        CHECK_FALSE(judge({}, answer(status, "120")).retry_after);
    }
}

TEST_CASE("a date is compared with the wall clock once", "[http][judge]")
{
    auto const judge = fixed_judge();
    response busy = answer(503, "Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK(judge({}, busy).retry_after == 1s);
    CHECK(clock_reads == 1);

    busy.insert(beast_http::field::retry_after, "Sun Nov  6 08:49:39 1994");
    busy.insert(beast_http::field::retry_after, "Sunday, 06-Nov-94 08:49:00 GMT");

    CHECK(judge({}, busy).retry_after == 3s);
    CHECK(clock_reads == 2);
}

TEST_CASE("the clock is not read when no header asks for it", "[http][judge]")
{
    auto const judge = fixed_judge();

    CHECK(judge({}, answer(503)).verdict == verdict::transient);
    CHECK(judge({}, answer(200, "Sun, 06 Nov 1994 08:49:37 GMT")).verdict == verdict::success);

    CHECK(clock_reads == 0);
}

TEST_CASE("a malformed Retry-After is ignored and counted, once for each", "[http][judge]")
{
    header_counters const counters;
    auto const judge = fixed_judge(counters);

    auto const busy = judge({}, answer(503, "soon"));
    CHECK(busy.verdict == verdict::transient);
    CHECK_FALSE(busy.retry_after);
    CHECK(counters.malformed_retry_after() == 1);

    response several = answer(429, "");
    several.insert("retry-after", "-5");
    CHECK_FALSE(judge({}, several).retry_after);
    CHECK(counters.malformed_retry_after() == 3);
    CHECK(judge.counters().malformed_retry_after() == 3);
}

TEST_CASE("of several values the longest valid one holds", "[http][judge]")
{
    auto const judge = fixed_judge();
    response busy = answer(429, "5");
    busy.insert("retry-after", "30");
    busy.insert("RETRY-AFTER", "soon");
    busy.insert("Retry-After", "10");

    CHECK(judge({}, busy).retry_after == 30s);
    CHECK(judge.counters().malformed_retry_after() == 1);
}

TEST_CASE("waits at the ends of the range are passed on", "[http][judge]")
{
    auto const judge = fixed_judge();

    CHECK(judge({}, answer(503, "0")).retry_after == 0s);
    CHECK(judge({}, answer(503, "Thu, 01 Jan 1970 00:00:00 GMT")).retry_after == 0s);
    CHECK(judge({}, answer(503, "9999999999")).retry_after == resil::duration::max());
    CHECK(judge({}, answer(503, "Fri, 31 Dec 9999 23:59:59 GMT")).retry_after ==
          resil::duration::max());
}

TEST_CASE("the default clock is the system's wall clock", "[http][judge]")
{
    judge_response const judge;

    CHECK(judge({}, answer(503, imf_fixdate(rfc_date))).retry_after == 0s);
    auto const wait = judge({}, answer(503, "Fri, 31 Dec 2199 23:59:59 GMT")).retry_after;
    REQUIRE(wait);
    CHECK(*wait > 0s);
    CHECK(*wait < resil::duration::max());
}

TEST_CASE("copies of a judge count together", "[http][judge]")
{
    judge_response const judge;
    judge_response const copy = judge;

    (void)copy({}, answer(503, "soon"));

    CHECK(judge.counters().malformed_retry_after() == 1);
}

TEST_CASE("a response that is filled by reference is judged when there is no error",
          "[http][judge]")
{
    response received;
    header_counters const counters;
    judge_response_in const judge(received,
                                  {.counters = counters, .now = &second_before_rfc_date});
    CHECK(judge({}, std::size_t(1)).verdict == verdict::success);

    received = answer(429, "soon");
    received.insert("Retry-After", "Sun, 06 Nov 1994 08:49:40 GMT");

    CHECK(judge({}, std::size_t(100)).verdict == verdict::throttled);
    CHECK(judge({}).retry_after == 4s);
    CHECK(judge(beast::error::timeout, std::size_t(0)).verdict == verdict::transient);
    CHECK_FALSE(judge(beast::error::timeout).retry_after);
    CHECK(counters.malformed_retry_after() == 2);
    CHECK(judge.counters().malformed_retry_after() == 2);
}

TEST_CASE("the response inside a parser can be judged", "[http][judge]")
{
    beast_http::response_parser<beast_http::string_body> parser;
    judge_response_in const judge(parser.get());
    std::string_view const text = "HTTP/1.1 503 Busy\r\nRetry-After:  120 \r\n"
                                  "Content-Length: 0\r\n\r\n";

    error_code ec;
    parser.put(asio::buffer(text), ec);

    REQUIRE_FALSE(ec);
    CHECK(judge(ec, text.size()).verdict == verdict::transient);
    CHECK(judge(ec, text.size()).retry_after == 120s);
}

} // namespace
