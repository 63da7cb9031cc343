// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/fallback.hpp>

#include "support/subject.hpp"

#include <boost/asio/error.hpp>

#include <chrono>

namespace contract {

using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

/// A fallback that runs an operation of its own, as scripted.
auto by_operation(resil::testing::scripted_operation<int> other)
{
    return resil::fallback{[other](resil::failure const&, auto token) {
                               return other(std::move(token));
                           },
                           {.timeout = 20ms}};
}

} // namespace

std::vector<subject> fallback_subjects()
{
    using other = resil::testing::scripted_operation<int>;
    return {
        {.name = "fallback, not needed",
         .make =
             [](stage& s) {
                 s.operation.succeeds(7).after(5ms);
                 return on(s, resil::fallback{9});
             },
         .falls_back = true},
        {.name = "fallback, a value",
         .make =
             [](stage& s) {
                 s.operation.fails(asio::error::eof).after(5ms);
                 return on(s, resil::fallback{9});
             },
         .falls_back = true},
        {.name = "fallback, a function",
         .make =
             [](stage& s) {
                 s.operation.fails(asio::error::eof);
                 return on(s, resil::fallback{[](resil::failure const&) { return 9; }});
             },
         .falls_back = true},
        {.name = "fallback that does not handle it",
         .make =
             [](stage& s) {
                 s.operation.fails(asio::error::eof);
                 return on(s, resil::fallback{
                                  9, {.handles = [](resil::failure const&) { return false; }}});
             },
         .ends_with = asio::error::eof},
        {.name = "fallback, an operation",
         .make =
             [](stage& s) {
                 s.operation.fails(asio::error::eof).after(5ms);
                 return on(s, by_operation(other().succeeds(9).after(5ms)));
             },
         .falls_back = true},
        {.name = "fallback, an operation that fails",
         .make =
             [](stage& s) {
                 s.operation.fails(asio::error::eof);
                 return on(s, by_operation(other().fails(asio::error::access_denied)));
             },
         .ends_with = asio::error::access_denied},
        {.name = "fallback, an operation that takes too long",
         .make =
             [](stage& s) {
                 s.operation.fails(asio::error::eof);
                 return on(s, by_operation(other().hangs()));
             },
         .ends_with = resil::errc::timed_out},
    };
}

} // namespace contract
