// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// expected: resil: as_result is for operations that complete with (error_code, T...) or
//     (std::exception_ptr, T...)

#include <resil/deadline.hpp>
#include <resil/result.hpp>

#include "operation.hpp"

#include <boost/system/result.hpp>

void call(boost::asio::io_context& context)
{
    using result = boost::system::result<int>;
    resil::deadline{}.async_call(context, operation<void(result)>(),
                                 resil::as_result([](auto&&...) {}));
}
