// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Quoted by docs/http_client.md: the regions between the tags.

#include <resil/attempt.hpp>
#include <resil/deadline.hpp>
#include <resil/http/client_pool.hpp>
#include <resil/http/http.hpp>
#include <resil/pipeline.hpp>
#include <resil/retry.hpp>
#include <resil/timeout.hpp>

#include "http/client_support.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/verb.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using namespace std::chrono_literals;

//[http_client_usage
class catalogue
{
public:
    catalogue(asio::io_context& context, resil::http::endpoint server)
        : client_(context, std::move(server), {.name = "catalogue", .max_size = 4})
    {
    }

    asio::awaitable<std::string> page(std::string const& path) const
    {
        resil::http::string_request request(http::verb::get, "/", 11);
        if (auto ec = resil::http::set_target(request, path)) {
            throw boost::system::system_error(ec);
        }
        auto const response = co_await client_.async_request(request, asio::use_awaitable);
        co_return response.body();
    }

private:
    resil::http::client_pool client_;
};
//]

//[http_client_pipeline
struct payments_api
{
    resil::http::client_pool client;
    resil::pipeline<resil::judged_by<resil::http::judge_response>, resil::deadline,
                    resil::retry, resil::timeout>
        policies{
            resil::judged_by{resil::http::judge_response()},
            resil::deadline{2s},
            resil::retry{{.max_attempts = 3, .idempotency = resil::idempotency::keyed}},
            resil::timeout{500ms}, // bounds the exchange too: the pool does not
        };

    asio::awaitable<resil::http::string_response> pay(std::string body) const
    {
        co_return co_await policies.async_call(
            [&](resil::attempt const& a) -> asio::awaitable<resil::http::string_response> {
                resil::http::string_request request(http::verb::post, "/payments", 11, body);
                auto ec = resil::http::set_idempotency_key(request, a.idempotency_key());
                ec = ec ? ec : resil::http::set_remaining(request, a.remaining());
                if (ec) {
                    throw boost::system::system_error(ec);
                }
                // Bounded by the attempt's deadline; says a.not_sent() if nothing was sent.
                co_return co_await client.async_request(a, request, asio::use_awaitable);
            },
            asio::use_awaitable);
    }
};
//]

//[http_client_pool
resil::http::client_pool warm_client(asio::io_context& context, resil::http::endpoint server)
{
    resil::connection_pool_options options = resil::http::client_pool_options().pool_options();
    options.min_idle = 2; // and whatever else a connection_pool can be told
    resil::http::connector how(std::move(server));
    return resil::http::client_pool(
        resil::connection_pool<resil::http::connector>(context, how, options));
}

asio::awaitable<std::size_t> get_ready(resil::http::client_pool const& client)
{
    co_return co_await client.connections().async_warm_up(2, 1s, asio::use_awaitable);
}
//]

//[http_client_connection
asio::awaitable<std::string> ask_once(resil::http::endpoint server)
{
    resil::http::connection peer(co_await asio::this_coro::executor, server);
    co_await peer.async_connect(asio::use_awaitable);
    resil::http::string_request request(http::verb::get, "/", 11);
    request.set(http::field::host, server.authority(80)); // a bare connection adds nothing
    auto const response = co_await peer.async_exchange(request, asio::use_awaitable);
    co_return response.body();
}
//]

//[http_client_plain
// What resil::http::client_pool is: another transport makes another client.
using plain_client = resil::http::basic_client_pool<
    resil::http::basic_connector<resil::http::plain_transport>>;
//]

static_assert(std::is_same_v<plain_client, resil::http::client_pool>);

asio::awaitable<bool> look_at(resil::http::endpoint server)
{
    resil::http::connector const how(std::move(server));
    auto const made = how.make(co_await asio::this_coro::executor);
    auto& peer = *made;
    co_await how.async_connect(peer, asio::use_awaitable);
    //[http_client_look
    co_await how.async_ping(peer, asio::use_awaitable); // or throws: of no further use
    //]
    co_return how.is_reusable(peer);
}

using client_support::ok;
using client_support::peer;
using client_support::script;
using client_support::server;

/// Runs a coroutine to its end, and returns what it returned.
template <class T>
T run(asio::io_context& context, asio::awaitable<T> coroutine)
{
    std::optional<T> value;
    std::exception_ptr thrown;
    asio::co_spawn(context, std::move(coroutine), [&](std::exception_ptr e, T v) {
        thrown = e;
        value = std::move(v);
    });
    client_support::run_until(context, [&] { return value.has_value(); });
    if (thrown) {
        std::rethrow_exception(thrown);
    }
    return std::move(*value);
}

script const friendly = [](peer& p) -> asio::awaitable<void> {
    for (;;) {
        co_await p.request();
        co_await p.say(ok("hello"));
    }
};

TEST_CASE("the page on the HTTP client: usage", "[snippets][http]")
{
    asio::io_context context;
    server far(context, {friendly});
    catalogue const c(context, far.endpoint());
    CHECK(run(context, c.page("/a")) == "hello");
    CHECK(run(context, c.page("/b")) == "hello");
    CHECK_THROWS(run(context, c.page("/ b")));
    CHECK(far.accepted() == 1);
}

TEST_CASE("the page on the HTTP client: policies around it", "[snippets][http]")
{
    asio::io_context context;
    std::string first;
    std::string second;
    server far(context, {[&](peer& p) -> asio::awaitable<void> {
                   first = co_await p.request();
                   co_await p.say("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
                   second = co_await p.request();
                   co_await p.say(ok("paid"));
               }});
    payments_api const api{.client{context, far.endpoint()}};
    CHECK(run(context, api.pay("{}")).body() == "paid");
    auto const key = [](std::string const& text) {
        return text.substr(text.find("Idempotency-Key"), 54);
    };
    CHECK(key(first) == key(second));
}

TEST_CASE("the page on the HTTP client: the pool and the connection below", "[snippets][http]")
{
    asio::io_context context;
    server far(context, {friendly, friendly, friendly});
    {
        resil::http::client_pool const client = warm_client(context, far.endpoint());
        CHECK(run(context, get_ready(client)) == 2);
    }
    CHECK(run(context, ask_once(far.endpoint())) == "hello");
}

TEST_CASE("the comments on the HTTP client: a look at a connection", "[snippets][http]")
{
    asio::io_context context;
    server far(context, {friendly});
    CHECK(run(context, look_at(far.endpoint())));
}

} // namespace
