// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/idempotency_record.hpp>
#include <resil/core/idempotency_table.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <chrono>
#include <cstddef>
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
    auto const meanwhile = table.begin(name, payload, start);
    CHECK(meanwhile.state == claim_state::in_flight);
    CHECK(meanwhile.lease == 0);

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

TEST_CASE("what is counted is given back when a key is forgotten, its answer included", "[core][idempotency]")
{
    idempotency_table table({.lifetime = 10s});
    auto const first = table.begin(name, payload, start);
    std::size_t const key_alone = table.bytes();
    CHECK(key_alone == 256 + 2 * name.tenant.size() + name.endpoint.size() + name.key.size());

    table.complete(name, first.lease, {201, {{"Location", "/orders/1"}}, "made"});
    CHECK(table.bytes() == key_alone + 8 + 9 + 4);

    table.begin({"a", "e", "1"}, payload, start + 10s);
    CHECK(table.size() == 1);
    CHECK(table.bytes() == 256 + 2 + 1 + 1);
}

TEST_CASE("what just fits is kept", "[core][idempotency]")
{
    std::size_t const key = 256 + 2 * 1 + 1 + 1;
    idempotency_table table({.max_answer_bytes = 5, .max_bytes = 2 * key + 5});
    auto const first = table.begin({"a", "e", "1"}, payload, start);
    auto const second = table.begin({"a", "e", "2"}, payload, start);
    REQUIRE(second.state == claim_state::begun);

    table.complete({"a", "e", "1"}, first.lease, {200, {}, "12345"});
    table.complete({"a", "e", "2"}, second.lease, {200, {}, "1"});
    CHECK(table.begin({"a", "e", "1"}, payload, start).state == claim_state::done);
    CHECK(table.begin({"a", "e", "2"}, payload, start).state == claim_state::forgotten);
    CHECK(table.bytes() == 2 * key + 5);
}

TEST_CASE("the last key that just fits is begun", "[core][idempotency]")
{
    std::size_t const key = 256 + 2 * 1 + 1 + 1;
    idempotency_table table({.max_bytes = 4 * key});
    for (char const* each : {"1", "2", "3", "4"}) {
        CHECK(table.begin({"a", "e", each}, payload, start).state == claim_state::begun);
    }
    CHECK(table.begin({"a", "e", "5"}, payload, start).state == claim_state::full);
}

TEST_CASE("a tenant that gives a key back keeps the others counted", "[core][idempotency]")
{
    idempotency_table table({.max_keys_per_tenant = 2});
    table.begin({"a", "e", "1"}, payload, start);
    auto const second = table.begin({"a", "e", "2"}, payload, start);
    table.abandon({"a", "e", "2"}, second.lease);

    CHECK(table.begin({"a", "e", "3"}, payload, start).state == claim_state::begun);
    CHECK(table.begin({"a", "e", "4"}, payload, start).state == claim_state::full);
}

TEST_CASE("a key whose lifetime and lease end at once is free for another payload", "[core][idempotency]")
{
    idempotency_table table({.lifetime = 10s, .lease = 10s});
    table.begin(name, payload, start);

    CHECK(table.begin(name, fingerprint_of({"other"}), start + 10s).state == claim_state::begun);
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
