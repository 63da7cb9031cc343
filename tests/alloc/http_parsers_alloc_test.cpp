// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/http/http.hpp> // self-contained

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>

#include <catch2/catch_test_macros.hpp>

#include "alloc/counted_memory.hpp"

#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <string_view>

namespace {

using namespace std::chrono_literals;
namespace http = resil::http;
namespace beast_http = boost::beast::http;

using request = beast_http::request<beast_http::empty_body>;
using response = beast_http::response<beast_http::empty_body>;

constexpr http::wall_time now{std::chrono::seconds(784111777)};

/// Keeps a result from being optimised away.
template <class T>
void use(T const& value)
{
    asm volatile("" : : "r"(&value) : "memory");
}

TEST_CASE("the hooks of this program count allocations", "[alloc][http]")
{
    CHECK(allocated_by([] { use(std::make_unique<std::string>(100, 'a')); }) >= 2);
    CHECK(allocated_by([] {
              void* const memory = std::aligned_alloc(64, 64);
              use(memory);
              std::free(memory);
          }) >= 1);
    CHECK(allocated_by([] {}) == 0);
}

TEST_CASE("reading Retry-After allocates nothing, whatever it is", "[alloc][http]")
{
    std::string const digits(100'000, '9');
    std::string const junk = digits + "x";

    CHECK(allocated_by([&] {
              for (std::string_view const text :
                   {std::string_view("120"), std::string_view("Sun, 06 Nov 1994 08:49:38 GMT"),
                    std::string_view("Sunday, 06-Nov-94 08:49:38 GMT"),
                    std::string_view("Sun Nov  6 08:49:38 1994"), std::string_view("soon"),
                    std::string_view(""), std::string_view(digits), std::string_view(junk)}) {
                  use(http::parse_retry_after(text, now));
              }
          }) == 0);
}

TEST_CASE("reading keys and remaining time allocates nothing", "[alloc][http]")
{
    std::string const longest = '"' + std::string(255, 'k') + '"';
    std::string const too_long = '"' + std::string(100'000, 'k') + '"';

    CHECK(allocated_by([&] {
              for (std::string_view const text :
                   {std::string_view(longest), std::string_view(too_long),
                    std::string_view(R"("a\"b")"), std::string_view("bare"),
                    std::string_view("250"), std::string_view("-1")}) {
                  use(http::parse_idempotency_key(text, http::key_style::quoted));
                  use(http::parse_idempotency_key(text, http::key_style::bare));
                  use(http::parse_remaining(text));
              }
          }) == 0);
}

TEST_CASE("reading them from a message allocates nothing either", "[alloc][http]")
{
    http::header_counters const counters;
    request message;
    message.set("Idempotency-Key", R"("8e03978e-40d5-43dd-bc93-6894a57f9324")");
    message.insert(http::remaining_field, "250");
    message.insert(http::remaining_field, "soon");

    CHECK(allocated_by([&] {
              use(http::read_idempotency_key(message, http::key_style::quoted));
              use(http::read_idempotency_key(message, http::key_style::bare));
              use(http::read_remaining(message, counters));
          }) == 0);
    CHECK(counters.malformed_remaining() == 1);
}

TEST_CASE("judging allocates nothing, and neither does copying the judge", "[alloc][http]")
{
    http::judge_response const judge;
    response busy;
    busy.result(503);
    busy.insert("Retry-After", "Sun, 06 Nov 1994 08:49:38 GMT");
    busy.insert("Retry-After", "120");
    busy.insert("Retry-After", "soon");

    CHECK(allocated_by([&] {
              auto const copy = judge;
              use(copy({}, busy));
              use(copy({}, std::size_t(7), busy));
              use(copy(beast_http::error::end_of_stream, busy));
              use(copy({}));
          }) == 0);
    CHECK(judge.counters().malformed_retry_after() == 2);
}

TEST_CASE("refusing to write allocates nothing", "[alloc][http]")
{
    request message;
    std::string const bad = std::string(1000, 'a') + "\r\nX-Evil: 1";

    CHECK(allocated_by([&] {
              use(http::set_field(message, "X-Tenant", bad));
              use(http::set_field(message, bad, "value"));
              use(http::set_host(message, bad));
              use(http::set_target(message, bad));
              use(http::set_idempotency_key(message, bad));
              use(http::set_remaining(message, 5ms, bad));
          }) == 0);
}

TEST_CASE("writing allocates the field that is written, and nothing else", "[alloc][http]")
{
    std::string const key(255, '"');
    request message;

    CHECK(allocated_by([&] { use(http::set_idempotency_key(message, key)); }) == 1);
    CHECK(allocated_by([&] { use(http::set_remaining(message, 250ms)); }) == 1);
    CHECK(allocated_by([&] { use(http::set_host(message, "example.com")); }) == 1);
}

} // namespace
