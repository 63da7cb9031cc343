// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// expected: resil: what a coroutine returns must have a default constructor: with that
//     asio::co_spawn completes when it throws

#include <resil/deadline.hpp>
#include <resil/result.hpp>

#include "operation.hpp"

struct page
{
    explicit page(int);
};

void call(boost::asio::io_context& context)
{
    auto const op = [](resil::attempt const&) -> boost::asio::awaitable<page> { co_return page(3); };
    resil::deadline{}.async_call(context, op, resil::as_result([](resil::result<page>) {}));
}
