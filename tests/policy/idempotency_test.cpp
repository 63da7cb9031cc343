// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/error.hpp>
#include <resil/idempotency.hpp> // self-contained
#include <resil/pipeline.hpp>
#include <resil/retry.hpp>
#include <resil/timeout.hpp>

#include "support/world.hpp"

#include <boost/asio/deferred.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace support;

namespace {

using guarded = resil::pipeline<resil::retry, resil::timeout>;

guarded repeating(idempotency kind)
{
    return guarded{resil::retry{{.max_attempts = 3,
                                 .backoff = resil::backoff::fixed(10ms),
                                 .jitter = resil::jitter::none,
                                 .idempotency = kind}},
                   resil::timeout{100ms}};
}

/// Runs an operation without a word about its attempt.
auto untold(scripted_operation<int> op)
{
    return [op](auto token) { return op(std::move(token)); };
}

bool is_uuid(std::string const& key)
{
    return key.size() == 36 && key[8] == '-' && key[14] == '4';
}

} // namespace

TEST_CASE("an unsafe operation is repeated only if it provably was never sent", "[idempotency]")
{
    auto const [error, repeated] = GENERATE(table<error_code, bool>({
        {net::connection_refused, true},
        {net::host_not_found_try_again, true},
        {net::connection_reset, false},
        {net::connection_aborted, false},
        {net::broken_pipe, false},
        {net::eof, false},
        {net::host_unreachable, false},
        {net::timed_out, false},
        {net::try_again, false},
    }));
    world w;
    scripted_operation<int> op;
    op.fails(error).succeeds(1);

    auto const call = w.call(repeating(idempotency::unsafe), op);
    w.time.advance(1h);

    CHECK(op.starts() == 1 + int(repeated));
    CHECK(call.reason() == (repeated ? reason::none : reason::not_repeatable));
    CHECK(call.code() == (repeated ? error_code() : error));
}

TEST_CASE("a resolver's final error proves much, but is still permanent", "[idempotency]")
{
    world w;
    scripted_operation<int> op;
    op.fails(net::host_not_found);

    auto const call = w.call(repeating(idempotency::unsafe), op);

    CHECK(call.reason() == reason::permanent);
    CHECK(call.attempts() == 1);
}

TEST_CASE("an unsafe operation that timed out is not repeated, and says why", "[idempotency]")
{
    world w;
    scripted_operation<int> op;
    op.hangs();

    auto const call = w.call(repeating(idempotency::unsafe), op);
    w.time.advance(1h);

    CHECK(call.code() == errc::timed_out);
    CHECK(call.reason() == reason::not_repeatable);
    CHECK(call.attempts() == 1);
}

TEST_CASE("an operation may say itself that nothing was sent", "[idempotency]")
{
    world w;
    scripted_operation<int> op;
    op.fails(net::broken_pipe).not_sent().hangs().not_sent().fails(net::eof);

    auto const call = w.call(repeating(idempotency::unsafe), op);
    w.time.advance(1h);

    CHECK(call.code() == net::eof);
    CHECK(call.reason() == reason::attempts_exhausted);
    CHECK(call.attempts() == 3);
}

TEST_CASE("what one attempt proved does not hold for the next", "[idempotency]")
{
    world w;
    scripted_operation<int> op;
    op.fails(net::broken_pipe).not_sent().fails(net::broken_pipe);

    auto const call = w.call(repeating(idempotency::unsafe), op);
    w.time.advance(1h);

    CHECK(call.reason() == reason::not_repeatable);
    CHECK(call.attempts() == 2);
}

TEST_CASE("safe and keyed operations are repeated after an ambiguous failure", "[idempotency]")
{
    auto const kind = GENERATE(idempotency::safe, idempotency::keyed);
    world w;
    scripted_operation<int> op;
    op.fails(net::connection_reset).hangs().succeeds(1);

    auto const call = w.call(repeating(kind), op);
    w.time.advance(1h);

    CHECK(call.value() == 1);
    CHECK(op.starts() == 3);
}

TEST_CASE("all attempts of a call carry one key, and every call has its own",
          "[idempotency][key]")
{
    world w;
    scripted_operation<int> op;
    op.records_keys().fails(net::eof);

    (void)w.call(repeating(idempotency::keyed), op);
    (void)w.call(repeating(idempotency::keyed), op);
    w.time.advance(1h);

    auto const keys = op.keys();
    REQUIRE(keys.size() == 6);
    CHECK(is_uuid(keys[0]));
    CHECK(keys[0] == keys[2]);
    CHECK(keys[0] == keys[4]);
    CHECK(keys[1] == keys[5]);
    CHECK(keys[0] != keys[1]);
}

TEST_CASE("the caller's own key wins", "[idempotency][key]")
{
    world w;
    scripted_operation<int> op;
    op.records_keys().fails(net::eof).succeeds(1);

    (void)w.call(repeating(idempotency::keyed), {.idempotency_key = "order-7"}, op);
    w.time.advance(1h);

    CHECK(op.keys() == std::vector<std::string>{"order-7", "order-7"});
}

TEST_CASE("a key is made for whoever asks, keyed or not", "[idempotency][key]")
{
    world w;
    scripted_operation<int> op;
    op.records_keys().succeeds(1);

    (void)w.call(repeating(idempotency::unsafe), op);

    CHECK(is_uuid(op.keys().at(0)));
}

TEST_CASE("keyed acts as unsafe, and says so, where the operation cannot see the key",
          "[idempotency][key]")
{
    world w;
    scripted_operation<int> op;
    op.fails(net::connection_refused).fails(net::eof);

    auto const call = w.call(repeating(idempotency::keyed), untold(op));
    w.time.advance(1h);

    CHECK(call.code() == net::eof);
    CHECK(call.reason() == reason::key_not_seen);
    CHECK(call.attempts() == 2);
}

TEST_CASE("keyed is keyed where the caller put the key into the operation",
          "[idempotency][key]")
{
    world w;
    scripted_operation<int> op;
    op.fails(net::eof).succeeds(1);

    auto const call =
        w.call(repeating(idempotency::keyed), {.idempotency_key = "order-7"}, untold(op));
    w.time.advance(1h);

    CHECK(call.value() == 1);
}

TEST_CASE("a key that is inherited from an outer call is not in the operation yet",
          "[idempotency][key][nested]")
{
    world w;
    scripted_operation<int> op;
    op.fails(net::eof);
    resil::retry const inner{{.idempotency = idempotency::keyed,
                              .nested = resil::nested_retry::repeats}};
    auto const outer = [&](resil::attempt const&, auto token) {
        return inner.async_call(untold(op), std::move(token));
    };

    auto const call = w.call(resil::retry{{.max_attempts = 1}}, {.idempotency_key = "mine"}, outer);
    w.time.advance(1h);

    CHECK(call.code() == net::eof);
    CHECK(op.starts() == 1);
}

TEST_CASE("the caller's key is copied when the call is made", "[idempotency][key]")
{
    world w;
    scripted_operation<int> op;
    op.records_keys().succeeds(1);
    auto key = std::make_unique<std::string>("a key that is too long to be kept in a small string");
    std::string const expected = *key;
    auto lazy = repeating(idempotency::keyed)
                    .async_call(w.context, {.idempotency_key = *key}, op, asio::deferred);
    key.reset();

    std::move(lazy)([](error_code, int) {});
    w.time.run_ready();

    CHECK(op.keys() == std::vector{expected});
}

TEST_CASE("an operation that is never told its attempt can be safe", "[idempotency]")
{
    world w;
    scripted_operation<int> op;
    op.fails(net::eof).succeeds(1);

    auto const call = w.call(repeating(idempotency::safe), untold(op));
    w.time.advance(1h);

    CHECK(call.value() == 1);
    CHECK(op.numbers() == std::vector{0, 0});
}

TEST_CASE("an attempt knows whether it may be repeated", "[idempotency]")
{
    world w;
    std::vector<bool> repeated;
    auto const look = [&](resil::attempt const& a, auto token) {
        repeated.push_back(a.is_repeated());
        return scripted_operation<int>()(a, std::move(token));
    };

    (void)w.call(resil::retry{{.max_attempts = 2}}, look);
    (void)w.call(resil::retry{{.max_attempts = 1}}, look);

    CHECK(repeated == std::vector{true, false});
}
