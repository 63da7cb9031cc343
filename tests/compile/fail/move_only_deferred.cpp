// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// expected: resil: this pipeline may repeat the operation, so its initiation and all of its
//     arguments must be copyable; wrap it in a lambda that starts it anew

#include <resil/retry.hpp>

#include "operation.hpp"

#include <boost/asio/deferred.hpp>

#include <memory>

void call(boost::asio::io_context& context)
{
    auto op = boost::asio::async_initiate<boost::asio::deferred_t const, void(resil::error_code)>(
        [](auto, std::unique_ptr<int>) {}, boost::asio::deferred, std::make_unique<int>());
    resil::retry{}.async_call(context, std::move(op), [](resil::error_code) {});
}
