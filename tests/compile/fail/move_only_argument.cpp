// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// expected: resil: this pipeline may repeat the operation, so all of its arguments must be
//     copyable; wrap it in a lambda that starts it anew

#include <resil/pipeline.hpp>

#include "operation.hpp"

#include <memory>

void call(resil::standard_pipeline const& p, boost::asio::any_io_executor const& ex)
{
    auto token = resil::with(p, boost::asio::bind_executor(ex, [](resil::error_code) {}));
    boost::asio::async_initiate<decltype(token), void(resil::error_code)>(
        [](auto, std::unique_ptr<int>) {}, token, std::make_unique<int>());
}
