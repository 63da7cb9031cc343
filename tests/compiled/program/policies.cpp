// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "parts.hpp"

#include <resil/resil.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <cstdio>
#include <exception>
#include <string>

namespace asio = boost::asio;
using namespace std::chrono_literals;

asio::awaitable<bool> every_policy_works()
{
    auto const ex = co_await asio::this_coro::executor;
    int attempts = 0;
    auto const flaky = [&](auto token) {
        return asio::async_compose<decltype(token), void(resil::error_code, int)>(
            [&attempts](auto& self) {
                bool const refused = ++attempts == 1;
                self.complete(refused ? resil::error_code(asio::error::connection_refused)
                                      : resil::error_code(),
                              attempts);
            },
            token, ex);
    };
    resil::retry_options patience;
    patience.backoff = resil::backoff::fixed(1ms);
    resil::fallback const instead{-1};
    resil::deadline const all{10s};
    resil::retry const again{patience};
    resil::circuit_breaker const breaker{};
    resil::bulkhead const places{};
    resil::timeout const each{5s};
    resil::pipeline const stack{instead, all, again, breaker, places, each};
    int const answer = co_await stack.async_call(flaky, asio::use_awaitable);
    co_return answer == 2 && breaker.snapshot().state == resil::circuit_state::closed &&
        stack.to_string().find("retry") != std::string::npos;
}

int main()
{
    asio::io_context context;
    int good = 0;
    auto const count = [&good](std::exception_ptr thrown, bool worked) {
        good += !thrown && worked ? 1 : 0;
    };
    asio::co_spawn(context, every_policy_works(), count);
    asio::co_spawn(context, a_pool_works(), count);
    context.run();
    std::printf("%d of 2 parts work\n", good);
    return good == 2 ? 0 : 1;
}
