// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/bulkhead.hpp>
#include <resil/circuit_breaker.hpp>

#include "support/subject.hpp"

#include <boost/asio/error.hpp>

#include <chrono>

namespace contract {

using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

resil::circuit_breaker sensitive()
{
    return resil::circuit_breaker{{.window = resil::circuit_window::consecutive(1),
                                   .minimum_calls = 1,
                                   .open_duration = 10ms,
                                   .open_jitter_ratio = 0,
                                   .half_open_max_calls = 1,
                                   .half_open_required_successes = 1,
                                   .probe_lease = 1h}};
}

/// Returns a breaker that opened so long ago.
resil::circuit_breaker opened(stage& s, resil::duration ago)
{
    auto const b = sensitive();
    auto const then = s.time().now() - ago;
    b.record(b.admit(then).permit, resil::verdict::permanent, 0ms, then);
    return b;
}

instance guarded(stage& s, resil::circuit_breaker b)
{
    return on(s, b).watch(b);
}

} // namespace

std::vector<subject> breaker_subjects()
{
    return {
        {.name = "circuit breaker, closed",
         .make =
             [](stage& s) {
                 s.operation.succeeds(7).after(5ms);
                 return guarded(s, sensitive());
             }},
        {.name = "circuit breaker that opens",
         .make =
             [](stage& s) {
                 s.operation.fails(asio::error::eof);
                 return guarded(s, sensitive());
             },
         .ends_with = asio::error::eof},
        {.name = "circuit breaker, open",
         .make = [](stage& s) { return guarded(s, opened(s, 1ms)); },
         .ends_with = resil::errc::circuit_open,
         .reaches_operation = false},
        {.name = "circuit breaker, half-open",
         .make =
             [](stage& s) {
                 s.operation.succeeds(7).after(5ms);
                 return guarded(s, opened(s, 20ms));
             }},
        {.name = "circuit breaker, probe fails",
         .make =
             [](stage& s) {
                 s.operation.fails(asio::error::eof).after(5ms);
                 return guarded(s, opened(s, 20ms));
             },
         .ends_with = asio::error::eof},
    };
}

std::vector<subject> bulkhead_subjects()
{
    auto const make_full = [](stage& s, std::size_t queue, resil::duration busy) {
        resil::bulkhead const b{{.max_concurrent = 1, .max_queued = queue, .max_wait = 30ms}};
        occupy(s, b, busy);
        s.operation.succeeds(7).after(5ms);
        return on(s, b).watch(b);
    };
    return {
        {.name = "bulkhead, free",
         .make =
             [](stage& s) {
                 s.operation.succeeds(7).after(5ms);
                 resil::bulkhead const b{{.max_concurrent = 1}};
                 return on(s, b).watch(b);
             }},
        {.name = "bulkhead, waits for a permit",
         .make = [=](stage& s) { return make_full(s, 1, 20ms); }},
        {.name = "bulkhead, waits too long",
         .make = [=](stage& s) { return make_full(s, 1, 40ms); },
         .ends_with = resil::errc::bulkhead_full,
         .reaches_operation = false},
        {.name = "bulkhead, permit and end of the wait at the same time",
         .make = [=](stage& s) { return make_full(s, 1, 30ms); }},
        {.name = "bulkhead, full",
         .make = [=](stage& s) { return make_full(s, 0, 20ms); },
         .ends_with = resil::errc::bulkhead_full,
         .reaches_operation = false},
    };
}

} // namespace contract
