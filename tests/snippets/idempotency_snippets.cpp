// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Quoted by docs/services/idempotency.md: the regions between the tags.

#include <resil/http/idempotency_answer.hpp>
#include <resil/http/server.hpp>
#include <resil/service/idempotency_store.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/verb.hpp>

#include <catch2/catch_test_macros.hpp>

#include <exception>
#include <string>
#include <utility>

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;

int charged = 0;

asio::awaitable<resil::http::string_response> charge(resil::http::string_request const& order)
{
    ++charged;
    resil::http::string_response made(http::status::created, 11);
    made.body() = "paid " + order.body();
    co_return made;
}

resil::stored_answer charge(std::string const& order)
{
    ++charged;
    return {201, {}, "paid " + order};
}

struct caller_stub
{
    resil::http::string_request const& request() const { return asked; }

    resil::http::string_request asked;
};

asio::awaitable<resil::http::string_response> orders(resil::service::memory_idempotency_store const& store,
                                                     resil::http::answer_once_options const& options,
                                                     caller_stub const& caller)
{
    //[idempotency_answer
    auto const pay = [&](resil::http::string_request const& order) { return charge(order); };
    resil::http::string_response answer = co_await resil::http::answer_once(store, caller.request(), options, pay);
    //]
    co_return answer;
}

asio::awaitable<void> by_hand(resil::service::memory_idempotency_store const& store, resil::execution_name name,
                              std::string order)
{
    //[idempotency_by_hand
    auto const payload = resil::fingerprint_of({order});
    resil::execution_claim const claim = co_await store.begin(name, payload);
    if (claim.state == resil::claim_state::begun) {
        resil::stored_answer const answer = charge(order);
        co_await store.complete(name, claim.lease, answer);
    }
    //]
}

} // namespace

TEST_CASE("snippets: a request with a key is executed once")
{
    asio::io_context context;
    resil::service::memory_idempotency_store const store(context.get_executor());
    resil::http::answer_once_options const options;
    caller_stub caller;
    caller.asked.method(http::verb::post);
    caller.asked.target("/orders");
    caller.asked.set("Idempotency-Key", "\"a\"");
    charged = 0;
    for (int i = 0; i != 2; ++i) {
        asio::co_spawn(context, orders(store, options, caller), [](std::exception_ptr e, auto answer) {
            CHECK_FALSE(e);
            CHECK(answer.result() == http::status::created);
        });
    }
    asio::co_spawn(context, by_hand(store, {"", "POST /orders", "b"}, "tea"), [](std::exception_ptr) {});
    asio::co_spawn(context, by_hand(store, {"", "POST /orders", "b"}, "tea"), [](std::exception_ptr) {});
    context.run();
    CHECK(charged == 2);
}
