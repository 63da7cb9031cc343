// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// expected: resil: a failed call completes with default-constructed values; complete with
//     resil::as_result(token) where a value has no default constructor

#include <resil/deadline.hpp>

#include "operation.hpp"

struct page
{
    explicit page(int);
};

void call(boost::asio::io_context& context)
{
    resil::deadline{}.async_call(context, operation<void(resil::error_code, page)>(),
                                 [](resil::error_code, page) {});
}
