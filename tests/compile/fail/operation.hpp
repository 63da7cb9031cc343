// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_COMPILE_FAIL_OPERATION_HPP
#define RESIL_TESTS_COMPILE_FAIL_OPERATION_HPP

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>

/// An operation with the completion signatures given; it is never run.
template <class... Signatures>
struct operation
{
    template <class Token>
    auto operator()(Token&& token) const
    {
        return boost::asio::async_initiate<Token, Signatures...>([](auto&&) {}, token);
    }
};

#endif // RESIL_TESTS_COMPILE_FAIL_OPERATION_HPP
