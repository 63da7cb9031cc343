// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Quoted by the comments of the adapter: the regions between the tags.

#include "redis_support.hpp"

#include <resil/redis/health_check.hpp>
#include <resil/redis/idempotency_store.hpp>
#include <resil/redis/link.hpp>
#include <resil/service/health.hpp>
#include <resil/timeout.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <string>
#include <utility>

using namespace redis_support;

namespace {

asio::awaitable<std::string> one_link(asio::any_io_executor executor, std::string port)
{
    boost::redis::config server;
    server.addr = {"127.0.0.1", port};
    resil::redis::link const link(executor, server);
    //[redis_link_connected
    auto const connected = [&](auto token) { return link.async_wait_connected(std::move(token)); };
    co_await resil::timeout(5s).async_call(connected, asio::use_awaitable);
    //]
    //[redis_link
    boost::redis::request greeting;
    greeting.push("PING", "hello");
    boost::redis::generic_response const answer = co_await link.exchange(greeting);
    //]
    co_return answer.value().front().value;
}

void watch_over(resil::service::health& health, resil::redis::link const& link)
{
    //[redis_health_check
    health.add("cache", resil::criticality::soft, resil::redis::health_check(link));
    //]
}

asio::awaitable<void> one_order(resil::redis::link link, resil::execution_name name, resil::payload_fingerprint payload)
{
    //[redis_idempotency_store
    resil::redis::idempotency_store const store(link, {.lease = 30s});
    resil::execution_claim const claim = co_await store.begin(name, payload);
    if (claim.state == resil::claim_state::begun) {
        resil::stored_answer const answer{201, {}, "ordered tea"};
        co_await store.complete(name, claim.lease, answer);
    }
    //]
    auto const again = co_await store.begin(name, payload);
    CHECK(again.answer.body == "ordered tea");
}

} // namespace

TEST_CASE("the examples of the adapter's comments do what they say", "[redis]")
{
    asio::io_context context;
    auto const port = server().port();
    run(context, [&]() -> asio::awaitable<void> {
        std::string const hello = co_await one_link(context.get_executor(), port);
        CHECK(hello == "hello");
        resil::redis::link const link(context.get_executor(), where());
        co_await until_ready(link);
        resil::execution_name const name{"shop", "POST /orders", "docstring"};
        auto const payload = resil::fingerprint_of({"tea"});
        resil::service::health health(context.get_executor());
        watch_over(health, link);
        co_await one_order(link, name, payload);
    });
}
