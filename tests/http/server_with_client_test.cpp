// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// The client first: what it declares must not change what the server's headers mean.
#include <resil/http/client_pool.hpp>
#include <resil/http/server.hpp>

#include "client_support.hpp"

#include <boost/beast/http/status.hpp>

#include <optional>
#include <string>
#include <utility>

namespace {

namespace http = resil::http;
using client_support::asio::ip::address_v4;
namespace asio = client_support::asio;

asio::awaitable<http::string_response> greet(http::exchange&)
{
    http::string_response hello(boost::beast::http::status::ok, 11);
    hello.body() = "hello";
    co_return hello;
}

} // namespace

TEST_CASE("a client pool is served by a server of the same program")
{
    asio::io_context context;
    http::server site(context.get_executor(), greet);
    site.start({address_v4::loopback(), 0});
    std::optional<std::string> heard;
    {
        http::client_pool const client(context, http::endpoint{.host = "127.0.0.1", .port = site.port()});
        http::string_request ask(boost::beast::http::verb::get, "/", 11);
        client.async_request(std::move(ask), [&](resil::error_code, http::string_response answer) { heard = answer.body(); });
        client_support::run_until(context, [&] { return heard.has_value(); });
    }
    CHECK(heard == "hello");
}
