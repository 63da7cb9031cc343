// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// expected: resil: the classifier accepts neither the operation's completion arguments nor
//     an error_code

#include <resil/retry.hpp>

#include "operation.hpp"

struct judges_strings
{
    resil::verdict operator()(char const*) const;
};

void call(boost::asio::io_context& context)
{
    auto const op = [](auto token) {
        return boost::asio::async_initiate<decltype(token), void(resil::error_code)>(
            [](auto handler) { std::move(handler)(resil::error_code()); }, token);
    };
    resil::basic_retry{resil::retry_options(), judges_strings()}.async_call(
        context, op, [](resil::error_code) {});
}
