// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// expected: resil: the operation must return what its completion token gives it: write
//     `return async_...(..., std::move(token));`

#include <resil/circuit_breaker.hpp>

#include "operation.hpp"

void call(boost::asio::io_context& context)
{
    auto const op = [](auto token) { operation<void(resil::error_code)>()(std::move(token)); };
    resil::circuit_breaker{}.async_call(context, op, [](resil::error_code) {});
}
