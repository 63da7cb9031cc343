// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// expected: resil: an operation is called with (attempt const&, token), with (token), or
//     with (attempt const&) and returns asio::awaitable; this one can be called in
//     none of these ways

#include <resil/bulkhead.hpp>

#include "operation.hpp"

void call(boost::asio::io_context& context)
{
    auto const op = [](int, int, int) {};
    resil::bulkhead{}.async_call(context, op, [](resil::error_code) {});
}
