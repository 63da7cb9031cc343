// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/service/idempotency_store.hpp>
#include <resil/testing/virtual_time.hpp>

#include "support/idempotency_store_suite.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <exception>

namespace asio = boost::asio;
using namespace std::chrono_literals;

TEST_CASE("the store in memory keeps what every store promises", "[service][idempotency]")
{
    asio::io_context context;
    resil::testing::virtual_time time(context);
    resil::service::memory_idempotency_store const store(context.get_executor(),
                                                         {.lease = 30s, .max_answer_bytes = 1000});
    bool ended = false;
    auto const pass_lease = [&time]() -> asio::awaitable<void> {
        time.advance(30s);
        co_return;
    };
    asio::co_spawn(context, support::check_idempotency_store(store, pass_lease), [&](std::exception_ptr e) {
        CHECK_FALSE(e);
        ended = true;
    });
    context.run();

    CHECK(ended);
    CHECK(store.size() == 2);
}

TEST_CASE("a store in memory is made with options that make sense", "[service][idempotency]")
{
    asio::io_context context;
    CHECK_THROWS_AS(resil::service::memory_idempotency_store(context.get_executor(), {.max_keys = 0}),
                    resil::invalid_option);
}
