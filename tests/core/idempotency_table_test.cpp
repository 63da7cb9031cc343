// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/idempotency_record.hpp>
#include <resil/core/idempotency_table.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace {

using namespace std::chrono_literals;
using resil::claim_state;
using resil::execution_name;
using resil::fingerprint_of;
using resil::idempotency_options;
using resil::time_point;
using resil::core::idempotency_table;

constexpr time_point start{1h};
execution_name const name{"shop", "POST /orders", "k"};
auto const payload = fingerprint_of({"POST", "/orders", "{}"});

} // namespace

TEST_CASE("a new key is executed, and afterwards its answer repeated", "[core][idempotency]")
{
    idempotency_table table({});
    auto const first = table.begin(name, payload, start);
    REQUIRE(first.state == claim_state::begun);
    CHECK(table.begin(name, payload, start).state == claim_state::in_flight);

    REQUIRE(table.complete(name, first.lease, {201, {{"Location", "/orders/1"}}, "made"}));

    auto const again = table.begin(name, payload, start);
    CHECK(again.state == claim_state::done);
    CHECK(again.answer == resil::stored_answer{201, {{"Location", "/orders/1"}}, "made"});
}

TEST_CASE("the same key of another tenant, or for another endpoint, is another execution", "[core][idempotency]")
{
    idempotency_table table({});
    table.begin(name, payload, start);

    CHECK(table.begin({"other", name.endpoint, name.key}, payload, start).state == claim_state::begun);
    CHECK(table.begin({name.tenant, "POST /refunds", name.key}, payload, start).state == claim_state::begun);
    CHECK(table.begin({name.tenant, name.endpoint, "other"}, payload, start).state == claim_state::begun);
    CHECK(table.size() == 4);
}

TEST_CASE("a key that comes with another payload is refused, in flight or done", "[core][idempotency]")
{
    idempotency_table table({});
    auto const other = fingerprint_of({"POST", "/orders", "[]"});
    auto const first = table.begin(name, payload, start);
    CHECK(table.begin(name, other, start).state == claim_state::different);
    table.complete(name, first.lease, {200});

    CHECK(table.begin(name, other, start).state == claim_state::different);
    CHECK(table.begin(name, payload, start).state == claim_state::done);
}

TEST_CASE("an abandoned execution was none", "[core][idempotency]")
{
    idempotency_table table({});
    auto const first = table.begin(name, payload, start);
    CHECK(table.abandon(name, first.lease));

    CHECK(table.size() == 0);
    CHECK(table.bytes() == 0);
    CHECK(table.begin(name, payload, start).state == claim_state::begun);
}

TEST_CASE("an execution that crashed is begun again when its lease is over, and cannot come back", "[core][idempotency]")
{
    idempotency_table table({.lease = 30s});
    auto const crashed = table.begin(name, payload, start);
    CHECK(table.begin(name, payload, start + 29s).state == claim_state::in_flight);

    auto const second = table.begin(name, payload, start + 30s);
    REQUIRE(second.state == claim_state::begun);
    CHECK(second.lease != crashed.lease);
    CHECK_FALSE(table.complete(name, crashed.lease, {200}));
    CHECK_FALSE(table.abandon(name, crashed.lease));
    CHECK(table.begin(name, payload, start + 31s).state == claim_state::in_flight);
    CHECK(table.complete(name, second.lease, {200}));
    CHECK_FALSE(table.complete(name, second.lease, {500}));
}

TEST_CASE("a key is forgotten after its lifetime, unless it is in flight", "[core][idempotency]")
{
    idempotency_table table({.lifetime = 10s, .lease = 30s});
    auto const done = table.begin(name, payload, start);
    table.complete(name, done.lease, {200});
    CHECK(table.begin(name, payload, start + 9s).state == claim_state::done);
    CHECK(table.begin(name, payload, start + 10s).state == claim_state::begun);

    CHECK(table.begin(name, payload, start + 25s).state == claim_state::in_flight);
    CHECK(table.begin(name, payload, start + 40s).state == claim_state::begun);
}

TEST_CASE("an execution that ends after its lease and its lifetime is still its own, if nobody has begun it again", "[core][idempotency]")
{
    idempotency_table table({.lifetime = 10s, .lease = 5s});
    auto const slow = table.begin(name, payload, start);

    CHECK(table.complete(name, slow.lease, {200}));
    CHECK(table.begin(name, payload, start + 9s).state == claim_state::done);
    CHECK(table.begin(name, payload, start + 60s).state == claim_state::begun);
}

TEST_CASE("a full table refuses new keys, and forgets none early", "[core][idempotency]")
{
    idempotency_table table({.lifetime = 10s, .lease = 1s, .max_keys = 2});
    auto const first = table.begin({"a", "e", "1"}, payload, start);
    table.complete({"a", "e", "1"}, first.lease, {200});
    table.begin({"b", "e", "2"}, payload, start);

    CHECK(table.begin({"c", "e", "3"}, payload, start).state == claim_state::full);
    CHECK(table.begin({"a", "e", "1"}, payload, start).state == claim_state::done);
    CHECK(table.begin({"c", "e", "3"}, payload, start + 10s).state == claim_state::begun);
}

TEST_CASE("no tenant takes the room of the others", "[core][idempotency]")
{
    idempotency_table table({.max_keys = 10, .max_keys_per_tenant = 2});
    table.begin({"a", "e", "1"}, payload, start);
    auto const second = table.begin({"a", "e", "2"}, payload, start);

    CHECK(table.begin({"a", "e", "3"}, payload, start).state == claim_state::full);
    CHECK(table.begin({"b", "e", "3"}, payload, start).state == claim_state::begun);
    table.abandon({"a", "e", "2"}, second.lease);
    CHECK(table.begin({"a", "e", "3"}, payload, start).state == claim_state::begun);
}

TEST_CASE("an answer that is too large is not kept, but that it was given is", "[core][idempotency]")
{
    idempotency_table table({.max_answer_bytes = 10});
    auto const first = table.begin(name, payload, start);
    CHECK(table.complete(name, first.lease, {200, {{"A", "b"}}, std::string(9, 'x')}));

    CHECK(table.begin(name, payload, start).state == claim_state::forgotten);
}

TEST_CASE("memory is bounded, keys and answers together", "[core][idempotency]")
{
    idempotency_table table({.max_answer_bytes = 4096, .max_bytes = 4096});
    int begun = 0;
    for (int i = 0; i != 100; ++i) {
        execution_name const each{"", "e", std::to_string(i)};
        auto const claim = table.begin(each, payload, start);
        if (claim.state == claim_state::begun) {
            ++begun;
            table.complete(each, claim.lease, {200, {}, std::string(1000, 'x')});
        }
        REQUIRE(table.bytes() <= 4096);
    }
    CHECK(begun > 2);
    CHECK(begun < 20);
}

TEST_CASE("fingerprints tell apart where a part ends", "[core][idempotency]")
{
    CHECK(fingerprint_of({"ab", "c"}) != fingerprint_of({"a", "bc"}));
    CHECK(fingerprint_of({"ab"}) != fingerprint_of({"ab", ""}));
    CHECK(fingerprint_of({"ab", "c"}) == fingerprint_of({"ab", "c"}));
}

TEST_CASE("idempotency options out of range are refused by name", "[core][idempotency]")
{
    using Catch::Matchers::ContainsSubstring;
    auto const check = [](idempotency_options const& o) { o.validate(); };
    CHECK_THROWS_WITH(check({.lifetime = 0s}), ContainsSubstring("idempotency.lifetime"));
    CHECK_THROWS_WITH(check({.lease = 0s}), ContainsSubstring("idempotency.lease"));
    CHECK_THROWS_WITH(check({.max_keys = 0}), ContainsSubstring("idempotency.max_keys"));
    CHECK_THROWS_WITH(check({.max_keys_per_tenant = 0}), ContainsSubstring("idempotency.max_keys_per_tenant"));
    CHECK_THROWS_WITH(check({.max_bytes = 1023}), ContainsSubstring("idempotency.max_bytes"));
    check({});
}
