// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/deadline.hpp>
#include <resil/timeout.hpp>

#include "support/subject.hpp"

#include <boost/asio/error.hpp>

#include <chrono>

namespace contract {

using namespace std::chrono_literals;
namespace asio = boost::asio;

std::vector<subject> bounded_subjects()
{
    return {
        {.name = "deadline, in time",
         .make =
             [](stage& s) {
                 s.operation.succeeds(7).after(5ms);
                 return on(s, resil::deadline{50ms});
             }},
        {.name = "deadline, operation fails",
         .make =
             [](stage& s) {
                 s.operation.fails(asio::error::eof);
                 return on(s, resil::deadline{50ms});
             },
         .ends_with = asio::error::eof},
        {.name = "deadline, over",
         .make =
             [](stage& s) {
                 s.operation.hangs();
                 return on(s, resil::deadline{50ms});
             },
         .ends_with = resil::errc::deadline_exceeded},
        {.name = "deadline, over before the call",
         .make =
             [](stage& s) {
                 return instance([&s, d = resil::deadline{50ms}](probe_handler handler) {
                     d.async_call(resil::call{.deadline = s.time().now() - 1ms},
                                  staged_operation(s), std::move(handler));
                 });
             },
         .ends_with = resil::errc::deadline_exceeded,
         .reaches_operation = false},
        {.name = "timeout, in time",
         .make =
             [](stage& s) {
                 s.operation.succeeds(7).after(5ms);
                 return on(s, resil::timeout{50ms});
             }},
        {.name = "timeout, over",
         .make =
             [](stage& s) {
                 s.operation.hangs();
                 return on(s, resil::timeout{50ms});
             },
         .ends_with = resil::errc::timed_out},
        {.name = "timeout, over, of an operation that cannot be cancelled",
         .make =
             [](stage& s) {
                 s.operation.fails(asio::error::eof).after(70ms).ignores_cancellation();
                 return on(s, resil::timeout{50ms});
             },
         .ends_with = resil::errc::timed_out,
         .ends_when_cancelled = false},
        {.name = "timeout that abandons, in time",
         .make =
             [](stage& s) {
                 s.operation.succeeds(7).after(5ms).ignores_cancellation();
                 return on(s, resil::timeout{{.after = 50ms,
                                              .on_expiry = resil::expiry::abandon}});
             },
         .ends_when_cancelled = false},
        {.name = "timeout that abandons, over",
         .make =
             [](stage& s) {
                 s.operation.succeeds(7).after(70ms).ignores_cancellation();
                 return on(s, resil::timeout{{.after = 50ms,
                                              .on_expiry = resil::expiry::abandon}});
             },
         .ends_with = resil::errc::timed_out,
         .ends_when_cancelled = false},
    };
}

} // namespace contract
