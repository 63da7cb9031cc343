// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/format.hpp>

#include <resil/bulkhead.hpp>
#include <resil/fallback.hpp>

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

#include <boost/asio/error.hpp>

#include <chrono>

using namespace std::chrono_literals;

TEST_CASE("a pipeline prints its name and its policies, outermost first", "[format]")
{
    resil::pipeline const p{resil::named{"page"},
                            resil::deadline{800ms},
                            resil::retry{{.idempotency = resil::idempotency::safe}},
                            resil::circuit_breaker{{.name = "billing"}},
                            resil::timeout{250ms}};

    CHECK(fmt::format("{}", p) ==
          "page: deadline(800ms) > retry(3 attempts, up to 10s apart, full jitter, safe) > "
          "circuit_breaker(billing, opens for 5s) > timeout(250ms)");
}

TEST_CASE("what a fallback, a bulkhead and an abandoning timeout are is printed", "[format]")
{
    resil::pipeline const p{
        resil::fallback{1}, resil::bulkhead{{.max_concurrent = 4, .max_queued = 2}},
        resil::timeout{{.after = 2s, .on_expiry = resil::expiry::abandon}}};

    CHECK(fmt::format("{}", p) ==
          "fallback(value) > bulkhead(4 at once, 2 waiting) > timeout(2s, abandon)");
}

TEST_CASE("an empty pipeline says that it has no policies", "[format]")
{
    CHECK(fmt::format("{}", resil::pipeline{}) == "no policies");
}

TEST_CASE("a failure prints all that is known of it in one line", "[format]")
{
    resil::failure const f({.code = resil::errc::circuit_open,
                            .reason = resil::reason::circuit_open,
                            .attempts = 2,
                            .elapsed = 130ms,
                            .last_error = boost::asio::error::connection_refused,
                            .retry_after = 3s});

    CHECK(fmt::format("{}", f) == "the circuit is open (circuit_open) after 2 attempts and 130 ms; "
                                  "last error: Connection refused; again after 3000 ms");
}

TEST_CASE("enumerations print as they are spelt", "[format]")
{
    CHECK(fmt::format("{} {} {} {}", resil::reason::not_repeatable, resil::verdict::throttled,
                      resil::idempotency::keyed, resil::circuit_state::half_open) ==
          "not_repeatable throttled keyed half_open");
}

TEST_CASE("a width is honoured", "[format]")
{
    CHECK(fmt::format("{:>8}|", resil::reason::none) == "    none|");
}
