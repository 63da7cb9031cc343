// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// expected: nothing, because this compiles

#include <resil/deadline.hpp>

#include "../operation.hpp"

void call(boost::asio::io_context& context)
{
    resil::deadline{}.async_call(context, operation<void(resil::error_code, int)>(),
                                 [](resil::error_code, int) {});
}
