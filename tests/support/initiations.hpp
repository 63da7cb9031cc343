// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_SUPPORT_INITIATIONS_HPP
#define RESIL_TESTS_SUPPORT_INITIATIONS_HPP

#include <resil/error.hpp>
#include <resil/testing/scripted_operation.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/io_context.hpp>

#include <utility>

namespace support {

/// Starts a scripted operation as an I/O object does: the initiation has an executor.
struct initiate_scripted
{
    using executor_type = boost::asio::io_context::executor_type;

    executor_type executor;
    resil::testing::scripted_operation<int> op;

    executor_type get_executor() const noexcept { return executor; }

    template <class Handler, class... Args>
    void operator()(Handler&& handler, Args&&...) const
    {
        op(std::forward<Handler>(handler));
    }
};

/// An initiating function like those of Asio, with arguments that only have to be passed on.
template <class Token, class... Args>
auto async_scripted(boost::asio::io_context& context,
                    resil::testing::scripted_operation<int> op, Token&& token, Args&&... args)
{
    return boost::asio::async_initiate<Token, void(resil::error_code, int)>(
        initiate_scripted{context.get_executor(), std::move(op)}, token,
        std::forward<Args>(args)...);
}

} // namespace support

#endif // RESIL_TESTS_SUPPORT_INITIATIONS_HPP
