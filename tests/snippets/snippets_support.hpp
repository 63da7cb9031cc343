// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef SNIPPETS_SNIPPETS_SUPPORT_HPP
#define SNIPPETS_SNIPPETS_SUPPORT_HPP

// What stands around the code that the pages quote: a server that does what a test scripted, and
// a world in which time passes by hand.

#include <resil/error.hpp>
#include <resil/testing/scripted_operation.hpp>
#include <resil/testing/virtual_time.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace snippets {

namespace asio = boost::asio;
using namespace std::chrono_literals;

using page = std::string;
using server_type = resil::testing::scripted_operation<page>;

/// The server that `fetch` and `pay` ask; every test writes its script anew.
inline server_type server;

/// The keys that `pay` was called with.
inline std::vector<std::string> keys_seen;

/// Any operation of yours: asks the server for a page.
template <class Token>
auto fetch(std::string_view, Token&& token)
{
    return server(std::forward<Token>(token));
}

/// Any operation that sends an idempotency key.
template <class Token>
auto pay(int, std::string_view key, Token&& token)
{
    keys_seen.emplace_back(key);
    return server(std::forward<Token>(token));
}

/// How a coroutine ended: with a value, or with the code of what it threw.
template <class T>
struct outcome
{
    bool ended = false;
    T value{};
    resil::error_code code{};
    std::exception_ptr thrown{};
};

/// A context with virtual time, and a new server.
struct world
{
    world()
    {
        server = server_type();
        keys_seen.clear();
    }

    /// Runs a coroutine for as long as it takes, at most an hour of virtual time.
    template <class T>
    outcome<T> run(asio::awaitable<T> coroutine)
    {
        outcome<T> seen;
        asio::co_spawn(context, std::move(coroutine), [&](std::exception_ptr e, T value) {
            seen = {true, std::move(value), code_of(e), e};
        });
        time.run_ready();
        for (auto const end = time.now() + 1h; !seen.ended && time.now() < end;) {
            time.advance(1ms);
        }
        return seen;
    }

    static resil::error_code code_of(std::exception_ptr const& e)
    {
        try {
            if (e) {
                std::rethrow_exception(e);
            }
        } catch (boost::system::system_error const& known) {
            return known.code();
        } catch (...) {
            return resil::errc::operation_threw;
        }
        return {};
    }

    asio::io_context context;
    resil::testing::virtual_time time{context};
};

} // namespace snippets

#endif // SNIPPETS_SNIPPETS_SUPPORT_HPP
