// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Fallback: an answer in place of a failure.
//
// The recommendations are down. A fallback answers for them: with a value, with what a function
// makes of the failure, or with another operation, here a cache. One that was not meant for a
// failure lets it pass.
//
// Prints:
//
//     a value: best sellers
//     a function: nothing today (Connection refused)
//     an operation: last week's, from the cache
//     not for this failure: Operation not permitted

#include <resil/fallback.hpp>
#include <resil/result.hpp>
#include <resil/testing/scripted_operation.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/system/errc.hpp>
#include <fmt/format.h>

#include <future>
#include <string>
#include <utility>

namespace asio = boost::asio;
using text_operation = resil::testing::scripted_operation<std::string>;

asio::awaitable<void> answers()
{
    text_operation recommend;
    recommend.fails(asio::error::connection_refused);

    resil::fallback const value{std::string("best sellers")};
    auto const fixed = co_await value.async_call(recommend, asio::use_awaitable);
    fmt::print("a value: {}\n", fixed);

    resil::fallback const function{[](resil::failure const& f) {
        return "nothing today (" + f.code().message() + ")";
    }};
    auto const made = co_await function.async_call(recommend, asio::use_awaitable);
    fmt::print("a function: {}\n", made);

    // It has the signature of what it stands in for, and a time limit of its own: a second.
    text_operation read_cache;
    read_cache.succeeds("last week's, from the cache");
    resil::fallback const operation{[&](resil::failure const&, auto token) {
        return read_cache(std::move(token));
    }};
    auto const cached = co_await operation.async_call(recommend, asio::use_awaitable);
    fmt::print("an operation: {}\n", cached);

    // Best sellers would hide that somebody is not allowed to see recommendations.
    text_operation forbidden;
    forbidden.fails(make_error_code(boost::system::errc::operation_not_permitted));
    resil::fallback const picky{
        std::string("best sellers"),
        {.handles = [](resil::failure const& f) {
            return resil::judge(f.code()) != resil::verdict::permanent;
        }}};
    auto const refused =
        co_await picky.async_call(forbidden, resil::as_result(asio::use_awaitable));
    fmt::print("not for this failure: {}\n", refused.error().code().message());
}

int main()
{
    asio::io_context io(1);
    auto done = asio::co_spawn(io, answers(), asio::use_future);
    io.run();
    done.get(); // throws what the coroutine threw
}
