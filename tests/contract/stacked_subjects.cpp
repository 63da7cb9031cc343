// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/bulkhead.hpp>
#include <resil/fallback.hpp>
#include <resil/pipeline.hpp>

#include "support/subject.hpp"

#include <boost/asio/error.hpp>

#include <chrono>

namespace contract {

using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

resil::retry every_ten_ms()
{
    return resil::retry{{.max_attempts = 3,
                         .backoff = resil::backoff::fixed(10ms),
                         .jitter = resil::jitter::none,
                         .idempotency = resil::idempotency::safe,
                         .seed = 1}};
}

resil::standard_pipeline standard()
{
    return resil::standard_pipeline{resil::deadline{200ms}, every_ten_ms(),
                                    resil::circuit_breaker{}, resil::timeout{20ms}};
}

/// All six layers, the breaker and the bulkhead seen to; `busy`: how long the permit is taken.
instance six_layers(stage& s, resil::duration busy)
{
    resil::circuit_breaker const breaker{};
    resil::bulkhead const one{{.max_concurrent = 1, .max_queued = 1}};
    if (busy > 0ms) {
        occupy(s, one, busy);
    }
    resil::pipeline const six{resil::fallback{9}, resil::deadline{200ms}, every_ten_ms(),
                              breaker,            one,                    resil::timeout{20ms}};
    return on(s, six).watch(breaker).watch(one);
}

} // namespace

std::vector<subject> stacked_subjects()
{
    return {
        {.name = "empty pipeline",
         .make =
             [](stage& s) {
                 s.operation.succeeds(7).after(5ms);
                 return on(s, resil::pipeline<>());
             }},
        {.name = "standard pipeline",
         .make =
             [](stage& s) {
                 s.operation.fails(asio::error::eof).hangs().succeeds(7).after(5ms);
                 return on(s, standard());
             }},
        {.name = "standard pipeline, deadline over",
         .make =
             [](stage& s) {
                 s.operation.succeeds(7).after(1s).ignores_cancellation();
                 return on(s, standard());
             },
         .ends_when_cancelled = false},
        {.name = "six layers, third attempt succeeds",
         .make =
             [](stage& s) {
                 s.operation.fails(asio::error::eof).hangs().succeeds(7).after(5ms);
                 return six_layers(s, 0ms);
             },
         .falls_back = true},
        {.name = "six layers, waiting in the queue first",
         .make =
             [](stage& s) {
                 s.operation.fails(asio::error::eof).succeeds(7);
                 return six_layers(s, 15ms);
             },
         .falls_back = true},
        {.name = "six layers, fallback",
         .make =
             [](stage& s) {
                 s.operation.fails(asio::error::eof).after(1ms);
                 return six_layers(s, 0ms);
             },
         .falls_back = true},
    };
}

} // namespace contract
