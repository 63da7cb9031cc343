// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// expected: resil: no executor to run on: bind one to the completion handler, or pass one:
//     async_call(executor, operation, token)

#include <resil/deadline.hpp>

#include "operation.hpp"

void call()
{
    // A function object as the token has no executor, and the operation names none.
    resil::deadline{}.async_call(operation<void(resil::error_code, int)>(),
                                 [](resil::error_code, int) {});
}
