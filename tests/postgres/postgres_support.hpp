// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_POSTGRES_POSTGRES_SUPPORT_HPP
#define RESIL_TESTS_POSTGRES_POSTGRES_SUPPORT_HPP

#include <resil/postgres/connection.hpp>
#include <resil/postgres/error.hpp>

#include "support/postgres_server.hpp"

#include <boost/asio/io_context.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace postgres_support {

namespace asio = boost::asio;
namespace postgres = resil::postgres;
using resil::error_code;

/// The server of this program, made when it is first asked for.
inline support::postgres_server& server()
{
    if (!support::postgres_server::find_programs()) {
        SKIP("PostgreSQL is not installed");
    }
    static support::postgres_server only;
    if (!only.running()) {
        only.start();
    }
    return only;
}

/// How a statement has ended.
struct answer
{
    error_code ec;
    postgres::result rows;

    std::string first() const { return std::string(rows.at(0, 0).value_or("NULL")); }
};

/// One connection, and a context that is run until what was begun has ended.
class client
{
public:
    asio::io_context context;
    std::unique_ptr<postgres::connection> link =
        std::make_unique<postgres::connection>(context.get_executor());

    postgres::connection* operator->() const noexcept { return link.get(); }

    /// Runs until nothing is left to do; a test that hangs fails.
    void run()
    {
        context.restart();
        context.run_for(std::chrono::seconds(60));
        REQUIRE(context.stopped());
    }

    /// Starts something that completes with an error code, and returns that code.
    template <class Start>
    error_code ended(Start start)
    {
        std::optional<error_code> got;
        start([&got](error_code ec) { got = ec; });
        CHECK_FALSE(got);
        run();
        return got.value();
    }

    error_code connect(postgres::settings const& to)
    {
        return ended([&](auto token) { link->async_connect(to, token); });
    }

    error_code ping()
    {
        return ended([&](auto token) { link->async_ping(token); });
    }

    error_code reset()
    {
        return ended([&](auto token) { link->async_reset(token); });
    }

    answer query(std::string sql, postgres::parameters values = {})
    {
        std::optional<answer> got;
        link->async_query(
            std::move(sql), std::move(values),
            [&got](error_code ec, postgres::result rows) { got.emplace(ec, std::move(rows)); });
        CHECK_FALSE(got);
        run();
        return std::move(got).value();
    }
};

/// A client that is connected to the server of this program.
inline std::unique_ptr<client> connected()
{
    auto const to = server().settings(); // may skip the test, which no assertion bears
    auto made = std::make_unique<client>();
    REQUIRE_FALSE(made->connect(to));
    return made;
}

} // namespace postgres_support

#endif // RESIL_TESTS_POSTGRES_POSTGRES_SUPPORT_HPP
