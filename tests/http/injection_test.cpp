// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/http/http.hpp> // self-contained

#include "http_support.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include <array>
#include <string>
#include <string_view>
#include <vector>

// Whatever comes from outside, a request stays the one request that the program meant:
// boostorg/beast pull request 3105 and CrowCpp issue 1165 are what happens otherwise.

namespace {

using namespace std::chrono_literals;
using namespace std::string_view_literals;
using namespace http_support;

constexpr std::array attacks{
    "a\r\nX-Evil: 1"sv,
    "a\nX-Evil: 1"sv,
    "a\rX-Evil: 1"sv,
    "a\r\n\r\nGET /evil HTTP/1.1\r\nHost: evil"sv,
    "\r\nX-Evil: 1"sv,
    "\nX-Evil: 1"sv,
    "a\r\n"sv,
    "a\r"sv,
    "a\n"sv,
    "a\r\n X-Evil: folded"sv,
    "a\r\n\tX-Evil: folded"sv,
    "a\0X-Evil: 1"sv,
    "\0"sv,
    "a\x7F"
    "b"sv,
    "a\x0B"
    "b"sv,
    "a\x0C"
    "b"sv,
    "a\x1B[31m"sv,
    "a\x08\x08\x08"sv,
    "a\tb"sv,
};

request prepared()
{
    request message = get_request();
    message.set("Host", "good.example");
    message.set("Idempotency-Key", "\"good\"");
    message.set("X-Tenant", "good");
    return message;
}

TEST_CASE("nothing with a control character is written anywhere", "[http][injection]")
{
    auto const attack = GENERATE(from_range(attacks));
    request message = prepared();
    std::string const before = wire(message);
    INFO(attack);

    CHECK(resil::http::set_field(message, "X-Tenant", attack));
    CHECK(resil::http::set_field(message, attack, "value"));
    CHECK(resil::http::set_host(message, attack));
    CHECK(resil::http::set_target(message, attack));
    CHECK(resil::http::set_idempotency_key(message, attack, resil::http::key_style::quoted));
    CHECK(resil::http::set_idempotency_key(message, attack, resil::http::key_style::bare));
    CHECK(resil::http::set_remaining(message, 5ms, attack));

    CHECK(wire(message) == before);
}

TEST_CASE("a name cannot smuggle a value, nor a target a version", "[http][injection]")
{
    request message = prepared();
    std::string const before = wire(message);

    CHECK(resil::http::set_field(message, "Transfer-Encoding: chunked\r\nX", "y"));
    CHECK(resil::http::set_field(message, "Content-Length ", "5"));
    CHECK(resil::http::set_field(message, "Content-Length:", "5"));
    CHECK(resil::http::set_field(message, "", "5"));
    CHECK(resil::http::set_target(message, "/ HTTP/1.0"));
    CHECK(resil::http::set_target(message, "/a /b"));
    CHECK(resil::http::set_host(message, "good.example@evil.example"));
    CHECK(resil::http::set_host(message, "good.example/evil"));

    CHECK(wire(message) == before);
}

TEST_CASE("no message of an error repeats what was refused", "[http][injection]")
{
    request message = prepared();

    auto const host = resil::http::set_host(message, "evil\r\n");
    auto const value = resil::http::set_field(message, "X", "evil\n");

    CHECK(host.message().find("evil") == std::string::npos);
    CHECK(value.message().find("evil") == std::string::npos);
}

/// Reads the bytes as a server would; the names of the fields that it sees.
std::vector<std::string> seen_by_a_server(std::string const& bytes)
{
    beast_http::request_parser<beast_http::empty_body> parser;
    parser.header_limit(1'000'000);
    resil::error_code ec;
    std::size_t const used = parser.put(boost::asio::buffer(bytes), ec);
    REQUIRE_FALSE(ec);
    REQUIRE(parser.is_done());
    REQUIRE(used == bytes.size());
    std::vector<std::string> names;
    for (auto const& field : parser.get()) {
        names.emplace_back(field.name_string());
    }
    return names;
}

TEST_CASE("whatever is accepted, a server sees one request with the fields that were set",
          "[http][injection][property]")
{
    numbers random(3105);
    constexpr std::string_view hostile = "ab:/ \t\r\n\0\x7F\"\\,;#@[]%\xC3"sv;

    for (int i = 0; i != 5000; ++i) {
        request message = get_request();
        std::vector<std::string> expected;
        auto const expect_if_written = [&](resil::error_code ec, char const* name) {
            if (!ec) {
                expected.emplace_back(name);
            }
        };
        auto const text = [&] { return random.text(hostile, 0, 5); };
        expect_if_written(resil::http::set_host(message, text()), "Host");
        expect_if_written(resil::http::set_field(message, "X-Tenant", text()), "X-Tenant");
        expect_if_written(resil::http::set_idempotency_key(message, text()), "Idempotency-Key");
        expect_if_written(resil::http::set_remaining(message, 7ms), "Resil-Remaining-Ms");
        (void)resil::http::set_target(message, text());
        REQUIRE(seen_by_a_server(wire(message)) == expected);
    }
}

} // namespace
