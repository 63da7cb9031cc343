// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_SUPPORT_IDEMPOTENCY_STORE_SUITE_HPP
#define RESIL_TESTS_SUPPORT_IDEMPOTENCY_STORE_SUITE_HPP

#include <resil/core/idempotency_record.hpp>

#include <boost/asio/awaitable.hpp>

#include <catch2/catch_test_macros.hpp>

#include <string>

namespace support {

/// What every store promises; each test brings a store of its own, whose leases are over when `pass_lease` has run.
template <class Store, class PassLease>
boost::asio::awaitable<void> check_idempotency_store(Store store, PassLease pass_lease)
{
    using resil::claim_state;
    resil::execution_name const name{"shop's", "POST /orders", "k\"1"};
    resil::execution_name const other{"b", "POST /orders", "k\"1"};
    auto const payload = resil::fingerprint_of({"one"});
    auto const changed = resil::fingerprint_of({"two"});
    std::string body = "a\nb: \\x";
    body.push_back('\0');
    body.push_back('\xff');
    resil::stored_answer const answer{201, {{"Location", "/orders/1"}, {"Content-Type", "a/b; c=d"}}, body};

    auto const first = co_await store.begin(name, payload);
    CHECK(first.state == claim_state::begun);
    auto const meanwhile = co_await store.begin(name, payload);
    CHECK(meanwhile.state == claim_state::in_flight);
    auto const misused = co_await store.begin(name, changed);
    CHECK(misused.state == claim_state::different);
    auto const elsewhere = co_await store.begin(other, changed);
    CHECK(elsewhere.state == claim_state::begun);

    bool const kept = co_await store.complete(name, first.lease, answer);
    CHECK(kept);
    bool const kept_again = co_await store.complete(name, first.lease, answer);
    CHECK_FALSE(kept_again);
    auto const repeated = co_await store.begin(name, payload);
    CHECK(repeated.state == claim_state::done);
    CHECK(repeated.answer == answer);
    auto const misused_again = co_await store.begin(name, changed);
    CHECK(misused_again.state == claim_state::different);

    bool const left = co_await store.abandon(other, elsewhere.lease);
    CHECK(left);
    auto const anew = co_await store.begin(other, payload);
    CHECK(anew.state == claim_state::begun);

    co_await pass_lease();
    auto const taken_over = co_await store.begin(other, payload);
    CHECK(taken_over.state == claim_state::begun);
    bool const late = co_await store.complete(other, anew.lease, answer);
    CHECK_FALSE(late);
    bool const late_abandon = co_await store.abandon(other, anew.lease);
    CHECK_FALSE(late_abandon);
    resil::stored_answer const large{200, {}, std::string(2000, 'x')};
    bool const marked = co_await store.complete(other, taken_over.lease, large);
    CHECK(marked);
    auto const forgotten = co_await store.begin(other, payload);
    CHECK(forgotten.state == claim_state::forgotten);
}

} // namespace support

#endif // RESIL_TESTS_SUPPORT_IDEMPOTENCY_STORE_SUITE_HPP
