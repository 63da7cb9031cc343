// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// expected: resil: an operation without a token must return asio::awaitable

#include <resil/retry.hpp>

#include "operation.hpp"

void call(boost::asio::io_context& context)
{
    auto const op = [](resil::attempt const&) { return 7; };
    resil::retry{}.async_call(context, op, [](resil::error_code, int) {});
}
