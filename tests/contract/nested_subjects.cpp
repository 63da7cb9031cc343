// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/bulkhead.hpp>
#include <resil/pipeline.hpp>

#include "support/subject.hpp"

#include <boost/asio/error.hpp>

#include <chrono>

namespace contract {

using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

resil::retry twice()
{
    return resil::retry{{.max_attempts = 2,
                         .backoff = resil::backoff::fixed(10ms),
                         .jitter = resil::jitter::none,
                         .idempotency = resil::idempotency::safe,
                         .seed = 1}};
}

/// A retry and a timeout around a pipeline with a deadline, a breaker and a bulkhead.
instance nested(stage& s)
{
    resil::circuit_breaker const breaker{};
    resil::bulkhead const one{{.max_concurrent = 1}};
    resil::pipeline const inner{resil::deadline{15ms}, breaker, one};
    resil::pipeline const outer{twice(), resil::timeout{20ms}};
    return instance([=, &s](probe_handler handler) {
               auto const operation = [inner, op = staged_operation(s)](resil::attempt const&,
                                                                        auto token) {
                   return inner.async_call(op, std::move(token));
               };
               outer.async_call(operation, std::move(handler));
           })
        .watch(breaker)
        .watch(one);
}

/// The initiation of an operation that is given to `with`: it is told no attempt.
struct plain_initiation
{
    stage* s;

    template <class Handler>
    void operator()(Handler&& handler) const
    {
        s->operation(std::forward<Handler>(handler));
    }
};

} // namespace

std::vector<subject> nested_subjects()
{
    return {
        {.name = "nested pipelines",
         .make =
             [](stage& s) {
                 s.operation.fails(asio::error::eof).succeeds(7).after(5ms);
                 return nested(s);
             }},
        {.name = "nested pipelines, both deadlines over",
         .make =
             [](stage& s) {
                 s.operation.hangs();
                 return nested(s);
             },
         .ends_with = resil::errc::deadline_exceeded},
        {.name = "with a pipeline, in place",
         .make =
             [](stage& s) {
                 s.operation.fails(asio::error::eof).succeeds(7).after(5ms);
                 resil::pipeline const p{resil::deadline{100ms}, twice(), resil::timeout{20ms}};
                 return instance([p, &s](probe_handler handler) {
                     auto token = resil::with(p, std::move(handler));
                     asio::async_initiate<decltype(token), void(resil::error_code, int)>(
                         plain_initiation{&s}, token);
                 });
             }},
    };
}

} // namespace contract
