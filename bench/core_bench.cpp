// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// The decisions below the engine, one by one: delays, random numbers, keys, header fields.

#include <resil/core/backoff.hpp>
#include <resil/core/idempotency_key.hpp>
#include <resil/core/random.hpp>
#include <resil/core/retry_decision.hpp>
#include <resil/detail/entropy.hpp>
#include <resil/http/deadline_header.hpp>
#include <resil/http/http_date.hpp>
#include <resil/http/idempotency_key.hpp>
#include <resil/http/retry_after.hpp>
#include <resil/verdict.hpp>

#include "support/floors.hpp"

#include <boost/asio/error.hpp>

#include <chrono>
#include <string_view>

namespace {

using namespace std::chrono_literals;
using namespace bench;
namespace http = resil::http;

/// Registers what `function()` takes; its result is kept, and what it reads may have changed.
template <class Function>
void add(char const* name, Function function)
{
    benchmark::RegisterBenchmark(name, [function](benchmark::State& state) mutable {
        benchmark::DoNotOptimize(&function);
        for (auto _ : state) {
            benchmark::DoNotOptimize(function());
            benchmark::ClobberMemory(); // what the function holds may have changed
        }
    });
}

void add_delays()
{
    resil::backoff const exponential;
    add("backoff_plain", [=, attempt = 0]() mutable {
        return exponential.plain(++attempt % 8 + 1, resil::error_code());
    });
    add("backoff_full_jitter", [=, attempt = 0, random = resil::core::generator(1)]() mutable {
        return resil::jittered(exponential, resil::jitter::full, 0.25, 0ms, ++attempt % 8 + 1,
                               0ms, resil::error_code(), random.unit());
    });
    add("backoff_decorrelated",
        [=, previous = resil::duration(), random = resil::core::generator(1)]() mutable {
            previous = resil::jittered(exponential, resil::jitter::decorrelated, 0.25, 0ms, 2,
                                       previous, resil::error_code(), random.unit());
            return previous;
        });
}

void add_numbers_and_keys()
{
    add("random_unit",
        [random = resil::core::generator(1)]() mutable { return random.unit(); });
    add("random_shared", [] {
        static resil::core::shared_generator random(1);
        return random.unit();
    });
    add("key_text", [word = std::uint64_t(0)]() mutable {
        ++word;
        return resil::core::idempotency_key(word, ~word);
    });
    add("key_generated", [] {
        auto const words = resil::detail::random_words();
        return resil::core::idempotency_key(words[0], words[1]);
    });
    add("judge_success", [ec = resil::error_code()] { return resil::judge(ec); });
    add("judge_reset", [ec = resil::error_code(boost::asio::error::connection_reset)] {
        return resil::judge(ec);
    });
}

void add_parsers()
{
    using std::string_view;
    http::wall_time const today = std::chrono::sys_days(std::chrono::year(2026) / 11 / 21);
    auto const seconds = std::chrono::floor<std::chrono::seconds>(today);
    string_view const date = "Sun, 22 Nov 2026 08:49:37 GMT";
    add("parse_retry_after_seconds",
        [today, text = string_view("120")] { return http::parse_retry_after(text, today); });
    add("parse_retry_after_date",
        [today, date] { return http::parse_retry_after(date, today); });
    add("parse_http_date", [seconds, date] { return http::parse_http_date(date, seconds); });
    add("parse_idempotency_key",
        [text = string_view(R"("8e03978e-40d5-43dd-bc93-6894a57f9324")")] {
            return http::parse_idempotency_key(text, http::key_style::quoted);
        });
    add("parse_remaining", [text = string_view("250")] { return http::parse_remaining(text); });
}

BENCH_REGISTER
{
    register_floors();
    add_delays();
    add_numbers_and_keys();
    add_parsers();
}

} // namespace
