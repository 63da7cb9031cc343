// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/http/health_check.hpp>
#include <resil/http/server.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/system/system_error.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <exception>
#include <optional>
#include <string>

namespace {

namespace asio = boost::asio;
namespace http = resil::http;
using boost::beast::http::status;
using resil::error_code;

/// Answers `/204` with that status, and notes how it was asked.
asio::awaitable<http::string_response> answer(http::exchange& asked)
{
    std::string const target = asked.request().target();
    CHECK(asked.request().method() == boost::beast::http::verb::get);
    unsigned const wanted = static_cast<unsigned>(std::stoul(target.substr(1)));
    co_return http::string_response(static_cast<status>(wanted), 11);
}

error_code check(asio::io_context& context, std::uint16_t port, std::string const& target)
{
    http::health_check const asks({.host = "127.0.0.1", .port = port}, target);
    std::optional<error_code> found;
    asio::co_spawn(context, asks, [&](std::exception_ptr thrown) {
        try {
            if (thrown) {
                std::rethrow_exception(thrown);
            }
            found = error_code();
        } catch (boost::system::system_error const& e) {
            found = e.code();
        }
    });
    context.restart();
    while (!found) {
        context.run_one();
    }
    return *found;
}

} // namespace

TEST_CASE("a server is well if it answers with a status of success", "[http][health]")
{
    asio::io_context context;
    http::server site(context.get_executor(), answer);
    site.start({asio::ip::address_v4::loopback(), 0});
    auto const port = site.port();
    CHECK_FALSE(check(context, port, "/200"));
    CHECK_FALSE(check(context, port, "/204"));
    for (auto const* target : {"/302", "/404", "/503"}) {
        CHECK(check(context, port, target) == http::errc::unexpected_status);
    }
    site.stop();
    site.cancel();
    context.poll();
    CHECK(check(context, port, "/200") == asio::error::connection_refused);
}

TEST_CASE("a check of a host that is none is refused", "[http][health]")
{
    CHECK_THROWS_AS(http::health_check({.host = "a b"}, "/"), resil::invalid_option);
}
