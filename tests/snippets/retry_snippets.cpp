// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Quoted by docs/policies/retry.md: the regions between the tags.

#include <resil/retry.hpp>

#include <snippets/snippets_support.hpp>

#include <utility>

namespace {

using namespace snippets;

//[retry_basic
asio::awaitable<page> load()
{
    resil::retry const patient{{.max_attempts = 5, .idempotency = resil::idempotency::safe}};
    co_return co_await patient.async_call(
        [](resil::attempt const&, auto token) { return fetch("/", std::move(token)); },
        asio::use_awaitable);
}
//]

/// All options at once: they are accepted.
resil::retry_options options()
{
    return {.max_attempts = 4, // the first call and three repetitions
            .backoff = resil::backoff::exponential(50ms, 2s, 2.0),
            .jitter = resil::jitter::equal,
            .min_delay = 5ms,
            .idempotency = resil::idempotency::safe,
            .max_retry_after = 30s,
            .min_useful_time = 20ms,
            .budget = resil::retry_budget{{.name = "search"}}};
}

//[retry_backoff
resil::backoff const same = resil::backoff::fixed(200ms);
resil::backoff const longer = resil::backoff::linear(100ms, 1s);
resil::backoff const doubling = resil::backoff::exponential(100ms, 10s);
resil::backoff const own = resil::backoff::generated(
    [](int failed_attempt, resil::error_code ec) -> resil::duration {
        return ec == asio::error::connection_refused ? 1s : failed_attempt * 50ms;
    },
    5s);
//]

//[retry_keyed
asio::awaitable<page> settle(int amount)
{
    resil::retry const once{{.idempotency = resil::idempotency::keyed}};
    co_return co_await once.async_call(
        [=](resil::attempt const& a, auto token) {
            return pay(amount, a.idempotency_key(), std::move(token)); // the same key each time
        },
        asio::use_awaitable);
}
//]

//[retry_not_sent
resil::retry const careful{}; // unsafe: repeats only what provably was not sent

auto const append = [connected = false](resil::attempt const& a, auto token) mutable {
    if (!std::exchange(connected, true)) {
        a.not_sent(); // this attempt will fail before its first byte
    }
    return fetch("/append", std::move(token));
};
//]

//[retry_budget
struct search_client
{
    resil::retry_budget budget{{.name = "search"}}; // one for everything that calls search
    resil::retry reads{{.idempotency = resil::idempotency::safe, .budget = budget}};
    resil::retry writes{{.idempotency = resil::idempotency::keyed, .budget = budget}};
};
//]

TEST_CASE("the page on retry: an operation is repeated", "[snippets][retry]")
{
    world w;
    server.fails(asio::error::connection_reset).fails(asio::error::eof).succeeds("hello");

    auto const seen = w.run(load());

    CHECK(seen.value == "hello");
    CHECK(server.starts() == 3);
}

TEST_CASE("the page on retry: the options are accepted", "[snippets][retry]")
{
    CHECK_NOTHROW(resil::retry(options()));
    CHECK(same.cap() == 400ms);
    CHECK(longer.plain(3, {}) == 300ms);
    CHECK(doubling.plain(3, {}) == 400ms);
    CHECK(own.plain(1, asio::error::connection_refused) == 1s);
    CHECK(own.plain(2, asio::error::eof) == 100ms);
    CHECK(resil::backoff().base() == 100ms);
    CHECK(resil::backoff().cap() == 10s);
}

TEST_CASE("the page on retry: every attempt carries the same key", "[snippets][retry]")
{
    world w;
    server.fails(asio::error::connection_reset).succeeds("paid");

    CHECK(w.run(settle(7)).value == "paid");
    REQUIRE(keys_seen.size() == 2);
    CHECK(keys_seen[0].size() == 36);
    CHECK(keys_seen[0] == keys_seen[1]);
}

TEST_CASE("the page on retry: what was not sent is repeated", "[snippets][retry]")
{
    world w;
    server.fails(asio::error::connection_reset).fails(asio::error::connection_reset);
    resil::error_code ec;

    careful.async_call(w.context, append, [&](resil::error_code e, page) { ec = e; });
    w.time.advance(10s);

    CHECK(ec == asio::error::connection_reset);
    CHECK(server.starts() == 2); // the second may have been sent
}

TEST_CASE("the page on retry: one budget for all", "[snippets][retry]")
{
    search_client const client;
    CHECK(client.reads.options().budget == client.writes.options().budget);
}

} // namespace
