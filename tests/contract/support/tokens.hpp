// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_CONTRACT_SUPPORT_TOKENS_HPP
#define RESIL_TESTS_CONTRACT_SUPPORT_TOKENS_HPP

#include <resil/bulkhead.hpp>
#include <resil/fallback.hpp>
#include <resil/pipeline.hpp>
#include <resil/testing/scripted_operation.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <tuple>

namespace contract {

using six_layers =
    resil::pipeline<resil::fallback<int>, resil::deadline, resil::retry, resil::circuit_breaker,
                    resil::bulkhead, resil::timeout>;

/// The pipelines that every token is tried with: no layer, some, and one of each.
using token_pipelines = std::tuple<resil::pipeline<>, resil::standard_pipeline, six_layers>;

inline resil::retry at_once()
{
    return resil::retry{{.max_attempts = 3,
                         .backoff = resil::backoff::fixed(resil::duration(0)),
                         .idempotency = resil::idempotency::safe}};
}

template <class Pipeline>
Pipeline make_pipeline();

template <>
inline resil::pipeline<> make_pipeline()
{
    return resil::pipeline<>();
}

template <>
inline resil::standard_pipeline make_pipeline()
{
    return resil::standard_pipeline{resil::deadline{}, at_once(), resil::circuit_breaker{},
                                    resil::timeout{}};
}

template <>
inline six_layers make_pipeline()
{
    return six_layers{resil::fallback{9}, resil::deadline{}, at_once(), resil::circuit_breaker{},
                      resil::bulkhead{},  resil::timeout{}};
}

template <class Pipeline>
inline constexpr bool repeats = !std::is_same_v<Pipeline, resil::pipeline<>>;

template <class Pipeline>
inline constexpr bool falls_back = std::is_same_v<Pipeline, six_layers>;

/// An operation whose second start succeeds with 7, or the first where nothing would repeat it.
template <class Pipeline>
resil::testing::scripted_operation<int> succeeding()
{
    resil::testing::scripted_operation<int> op;
    if constexpr (repeats<Pipeline>) {
        op.fails(boost::asio::error::eof);
    }
    op.succeeds(7);
    return op;
}

/// An operation that always fails.
inline resil::testing::scripted_operation<int> failing()
{
    resil::testing::scripted_operation<int> op;
    op.fails(boost::asio::error::access_denied);
    return op;
}

} // namespace contract

#endif // RESIL_TESTS_CONTRACT_SUPPORT_TOKENS_HPP
