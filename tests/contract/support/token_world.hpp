// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_CONTRACT_SUPPORT_TOKEN_WORLD_HPP
#define RESIL_TESTS_CONTRACT_SUPPORT_TOKEN_WORLD_HPP

#include "tokens.hpp"

#include <boost/asio/io_context.hpp>

#include <catch2/catch_test_macros.hpp>

#include <utility>

namespace contract {

/// A context, a pipeline on it, and what the handler of one call got.
template <class Pipeline>
struct token_world
{
    boost::asio::io_context context;
    Pipeline pipeline = make_pipeline<Pipeline>();
    int calls = 0;
    resil::error_code code;
    int value = 0;

    auto handler()
    {
        return [this](resil::error_code ec, int v) {
            ++calls;
            code = ec;
            value = v;
        };
    }

    template <class Token>
    auto call(Token&& token)
    {
        return pipeline.async_call(context, succeeding<Pipeline>(), std::forward<Token>(token));
    }

    void run_and_check()
    {
        context.run();
        CHECK(calls == 1);
        CHECK(!code);
        CHECK(value == 7);
    }
};

} // namespace contract

#endif // RESIL_TESTS_CONTRACT_SUPPORT_TOKEN_WORLD_HPP
