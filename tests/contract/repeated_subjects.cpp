// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/retry.hpp>

#include "support/subject.hpp"

#include <boost/asio/error.hpp>

#include <chrono>

namespace contract {

using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

resil::retry every(resil::duration delay)
{
    return resil::retry{{.max_attempts = 3,
                         .backoff = resil::backoff::fixed(delay),
                         .jitter = resil::jitter::none,
                         .idempotency = resil::idempotency::safe,
                         .seed = 1}};
}

} // namespace

std::vector<subject> repeated_subjects()
{
    return {
        {.name = "retry, first attempt succeeds",
         .make =
             [](stage& s) {
                 s.operation.succeeds(7);
                 return on(s, every(10ms));
             }},
        {.name = "retry, third attempt succeeds",
         .make =
             [](stage& s) {
                 s.operation.fails(asio::error::eof).fails(asio::error::eof).after(5ms);
                 s.operation.succeeds(7).after(5ms);
                 return on(s, every(10ms));
             }},
        {.name = "retry without delay",
         .make =
             [](stage& s) {
                 s.operation.fails(asio::error::eof).fails(asio::error::eof).succeeds(7);
                 return on(s, every(0ms));
             }},
        {.name = "retry, attempts used up",
         .make =
             [](stage& s) {
                 s.operation.fails(asio::error::eof).after(1ms);
                 return on(s, every(10ms));
             },
         .ends_with = asio::error::eof},
        {.name = "retry, permanent failure",
         .make =
             [](stage& s) {
                 s.operation.fails(asio::error::access_denied);
                 return on(s, every(10ms));
             },
         .ends_with = asio::error::access_denied},
        {.name = "retry, last attempt cannot be cancelled",
         .make =
             [](stage& s) {
                 s.operation.fails(asio::error::eof);
                 s.operation.fails(asio::error::eof).after(5ms).ignores_cancellation();
                 return on(s, every(10ms));
             },
         .ends_with = asio::error::eof,
         .ends_when_cancelled = false},
    };
}

} // namespace contract
