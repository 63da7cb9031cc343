// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// expected: resil: operations with several completion signatures are not supported; wrap
//     this one in one that has a single signature

#include <resil/timeout.hpp>

#include "operation.hpp"

void call(boost::asio::io_context& context)
{
    resil::timeout{}.async_call(
        context, operation<void(resil::error_code), void(resil::error_code, int)>(),
        [](auto&&...) {});
}
