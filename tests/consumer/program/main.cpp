// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// What each consumer builds and runs: an operation that fails once, protected.

#include <resil/resil.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>

#include <exception>
#include <string>
#include <utility>

namespace asio = boost::asio;

resil::pipeline<resil::deadline, resil::retry, resil::timeout> const& protection(); // in other.cpp

asio::awaitable<std::string> greeting(resil::attempt const& attempt)
{
    if (attempt.number() == 1) {
        throw boost::system::system_error(asio::error::connection_reset);
    }
    co_return "hello at attempt " + std::to_string(attempt.number());
}

int main()
{
    asio::io_context context(1);
    std::string answer;
    auto const take = [&](std::exception_ptr, std::string text) { answer = std::move(text); };

    protection().async_call(context, greeting, take);
    context.run();

    fmt::print("resil {}: {} by {}\n", RESIL_VERSION_STRING, answer, protection());
    return answer == "hello at attempt 2" ? 0 : 1;
}
