// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/http/judge_response.hpp>

#include "http_reference.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>

// The input is what a server answers: whatever Beast makes of it is judged.

namespace {

namespace beast_http = boost::beast::http;

resil::http::wall_time fixed_clock() noexcept
{
    return resil::http::wall_time(std::chrono::seconds(784'111'777));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    beast_http::response_parser<beast_http::empty_body> parser;
    resil::http::header_counters const counters;
    resil::http::judge_response const judge{{.counters = counters, .now = &fixed_clock}};
    parser.skip(true);
    resil::error_code ec;
    parser.put(boost::asio::buffer(data, size), ec);

    auto const by_error = judge(ec, parser.get());
    FUZZ_REQUIRE(!ec || by_error.verdict != resil::verdict::success);
    FUZZ_REQUIRE(!ec || !by_error.retry_after);

    auto const& response = parser.get();
    auto const [first, last] = response.equal_range("Retry-After");
    auto const given = static_cast<std::uint64_t>(std::distance(first, last));
    auto const found = judge({}, response);
    FUZZ_REQUIRE(found.verdict == resil::http::judge_status(response.result_int()));
    FUZZ_REQUIRE(!found.retry_after || (given != 0 && found.retry_after->count() >= 0));
    FUZZ_REQUIRE(counters.malformed_retry_after() <= 2 * given);
    return 0;
}
