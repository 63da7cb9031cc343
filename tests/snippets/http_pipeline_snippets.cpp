// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Quoted by docs/http.md: the regions between the tags.

#include <resil/attempt.hpp>
#include <resil/circuit_breaker.hpp>
#include <resil/deadline.hpp>
#include <resil/http/http.hpp>
#include <resil/pipeline.hpp>
#include <resil/retry.hpp>
#include <resil/timeout.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using namespace std::chrono_literals;

using request = http::request<http::string_body>;
using response = http::response<http::string_body>;

//[http_exchange
asio::awaitable<response> exchange(asio::ip::tcp::endpoint where, request message)
{
    beast::tcp_stream stream(co_await asio::this_coro::executor);
    co_await stream.async_connect(where, asio::use_awaitable);
    co_await http::async_write(stream, message, asio::use_awaitable);
    beast::flat_buffer buffer;
    response answer;
    co_await http::async_read(stream, buffer, answer, asio::use_awaitable);
    co_return answer;
}
//]

//[http_pipeline
struct payments_client
{
    asio::ip::tcp::endpoint where;
    resil::circuit_breaker breaker{{.name = "payments"}};
    resil::http::judge_response judge{};

    auto policies() const
    {
        return resil::pipeline{
            resil::judged_by{judge}, // for all policies: statuses, Retry-After, Beast's errors
            resil::deadline{2s},
            resil::retry{{.max_attempts = 3, .idempotency = resil::idempotency::keyed}},
            breaker,
            resil::timeout{500ms},
        };
    }
};
//]

//[http_call
asio::awaitable<response> pay(payments_client const& client, std::string body)
{
    auto const policies = client.policies();
    co_return co_await policies.async_call(
        [&](resil::attempt const& a) -> asio::awaitable<response> {
            request message(http::verb::post, "/payments", 11, body);
            resil::error_code ec = resil::http::set_host(message, "payments.example");
            ec = ec ? ec : resil::http::set_idempotency_key(message, a.idempotency_key());
            ec = ec ? ec : resil::http::set_remaining(message, a.remaining());
            if (ec) {
                throw boost::system::system_error(ec); // permanent: not repeated
            }
            message.prepare_payload();
            co_return co_await exchange(client.where, std::move(message));
        },
        asio::use_awaitable);
}
//]

//[http_serve
asio::awaitable<response> handle(request const& message, resil::time_point received_at,
                                 payments_client const& payments,
                                 resil::http::header_counters const& counters)
{
    auto const left = resil::http::read_remaining(message, counters);
    resil::call facts{.deadline = resil::http::deadline_after(left, received_at)};
    co_return co_await payments.policies().async_call(
        facts, [&](resil::attempt const&) { return exchange(payments.where, message); },
        asio::use_awaitable);
}
//]

/// Answers connections one after the other, each with the next of the statuses.
asio::awaitable<void> serve(asio::ip::tcp::acceptor& acceptor,
                            std::vector<http::status> statuses, std::vector<request>& seen)
{
    for (http::status const status : statuses) {
        beast::tcp_stream stream(co_await acceptor.async_accept(asio::use_awaitable));
        beast::flat_buffer buffer;
        request message;
        co_await http::async_read(stream, buffer, message, asio::use_awaitable);
        seen.push_back(message);
        response answer(status, 11);
        answer.set(http::field::retry_after, "0");
        answer.prepare_payload();
        co_await http::async_write(stream, answer, asio::use_awaitable);
    }
}

TEST_CASE("the page on HTTP: a client behind policies", "[snippets][http]")
{
    asio::io_context context;
    asio::ip::tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
    std::vector<request> seen;
    payments_client const client{.where = acceptor.local_endpoint()};
    std::optional<response> answer;
    asio::co_spawn(context, serve(acceptor, {http::status::ok}, seen), asio::detached);
    asio::co_spawn(context, pay(client, "7 EUR"), [&](std::exception_ptr e, response r) {
        CHECK_FALSE(e);
        answer = std::move(r);
    });

    context.run();

    REQUIRE(answer);
    CHECK(answer->result() == http::status::ok);
    REQUIRE(seen.size() == 1);
    CHECK(seen[0]["Idempotency-Key"].size() == 38);
    CHECK(resil::http::read_remaining(seen[0], {}).value_or(1h) <= 500ms);
}

TEST_CASE("the page on HTTP: statuses are repeated, and answers are not", "[snippets][http]")
{
    asio::io_context context;
    asio::ip::tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
    auto const where = acceptor.local_endpoint();
    std::vector<request> seen;
    std::optional<response> answer;
    auto const statuses = {http::status::service_unavailable, http::status::too_many_requests,
                           http::status::not_found};
    asio::co_spawn(context, serve(acceptor, statuses, seen), asio::detached);
    resil::pipeline const policies{
        resil::judged_by{resil::http::judge_response()},
        resil::retry{{.max_attempts = 5,
                      .backoff = resil::backoff::fixed(0ms), // nothing waits in this test
                      .idempotency = resil::idempotency::safe}},
    };
    auto const once = [&](resil::attempt const&) {
        return exchange(where, request(http::verb::get, "/", 11));
    };
    policies.async_call(context, once, [&](std::exception_ptr e, response r) {
        CHECK_FALSE(e);
        answer = std::move(r);
    });

    context.run();

    CHECK(seen.size() == 3);
    REQUIRE(answer);
    CHECK(answer->result() == http::status::not_found);
}

TEST_CASE("the page on HTTP: a server that passes the deadline on", "[snippets][http]")
{
    asio::io_context context;
    asio::ip::tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
    std::vector<request> seen;
    payments_client const client{.where = acceptor.local_endpoint()};
    request message(http::verb::get, "/", 11);
    resil::http::header_counters const counters;
    CHECK_FALSE(resil::http::set_remaining(message, 0ms));
    resil::error_code ec;
    asio::co_spawn(context, handle(message, std::chrono::steady_clock::now(), client, counters),
                   [&](std::exception_ptr e, response) {
                       try {
                           std::rethrow_exception(e);
                       } catch (boost::system::system_error const& error) {
                           ec = error.code();
                       }
                   });

    context.run();

    CHECK(ec == resil::errc::deadline_exceeded);
}

} // namespace
