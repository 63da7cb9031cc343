// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/http/field_value.hpp> // self-contained

#include "http_support.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <string>
#include <string_view>

namespace {

using namespace http_support;
using namespace std::string_view_literals;
using resil::http::errc;
using resil::http::is_field_name;
using resil::http::is_field_value;
using resil::http::is_host;
using resil::http::is_target;
using resil::http::max_field_size;
using resil::http::set_field;
using resil::http::set_host;
using resil::http::set_target;

static_assert(noexcept(is_field_name("")) && noexcept(is_field_value("")));
static_assert(noexcept(is_host("")) && noexcept(is_target("")));
static_assert(is_field_name("X-Tenant") && !is_field_name("X Tenant"));

/// All bytes for which the predicate holds between two bytes that are fine.
template <class Predicate>
std::string accepted_bytes(Predicate accepts)
{
    std::string found;
    for (int byte = 0; byte != 256; ++byte) {
        std::string const text{'a', static_cast<char>(byte), 'b'};
        if (accepts(text)) {
            found += static_cast<char>(byte);
        }
    }
    return found;
}

TEST_CASE("a name is made of the characters of a token and of no others", "[http][field]")
{
    CHECK(accepted_bytes(is_field_name) ==
          "!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz|~");
    CHECK_FALSE(is_field_name(""));
    CHECK(is_field_name("a"));
}

TEST_CASE("a value is made of anything but control characters", "[http][field]")
{
    std::string expected;
    for (int byte = 0x20; byte != 256; ++byte) {
        if (byte != 0x7F) {
            expected += static_cast<char>(byte);
        }
    }

    CHECK(accepted_bytes(is_field_value) == expected);
}

TEST_CASE("a control character is refused wherever it stands in a value", "[http][field]")
{
    for (int byte = 0; byte != 128; ++byte) {
        if (byte >= 0x20 && byte != 0x7F) {
            continue;
        }
        char const c = static_cast<char>(byte);
        INFO(byte);
        CHECK_FALSE(is_field_value(std::string{c}));
        CHECK_FALSE(is_field_value(std::string{c, 'a'}));
        CHECK_FALSE(is_field_value(std::string{'a', c}));
        CHECK_FALSE(is_field_value(std::string(5000, 'a') + c));
    }
}

TEST_CASE("a value that the peer would not see as it is, is refused", "[http][field]")
{
    CHECK(is_field_value(""));
    CHECK(is_field_value("a b"));
    CHECK(is_field_value("a  b"));
    CHECK(is_field_value("caf\xC3\xA9"));
    CHECK_FALSE(is_field_value(" "));
    CHECK_FALSE(is_field_value(" a"));
    CHECK_FALSE(is_field_value("a "));
}

TEST_CASE("names, values and targets are as long as Beast can hold, no longer", "[http][field]")
{
    std::string const longest(max_field_size, 'a');

    CHECK(is_field_name(longest));
    CHECK(is_field_value(longest));
    CHECK(is_target(longest));
    CHECK_FALSE(is_field_name(longest + 'a'));
    CHECK_FALSE(is_field_value(longest + 'a'));
    CHECK_FALSE(is_target(longest + 'a'));
}

TEST_CASE("hosts as they stand in URIs are accepted", "[http][field][host]")
{
    std::string const host = GENERATE(
        as<std::string>(), "a", "localhost", "example.com", "example.com.", "EXAMPLE.com",
        "a-b_c~d.example", "xn--bcher-kva.example", "127.0.0.1", "1.2.3.4:80", "localhost:1",
        "localhost:65535", "localhost:08080", "[::1]", "[::]", "[::1]:8080", "[2001:db8::7]",
        "[::FFFF:1.2.3.4]:443", "[2001:0db8:0000:0000:0000:0000:0000:0001]",
        "caf%C3%A9.example", "a%41", "%41", "%af", "%AF", "%09", "%90", "%fa", "a!$&'()*+,;=b");

    INFO(host);
    CHECK(is_host(host));
}

TEST_CASE("what is no host is refused", "[http][field][host]")
{
    std::string_view const host = GENERATE(
        as<std::string_view>(), "", ":", ":80", "a:", "a:0", "a:00", "a:65536", "a:99999",
        "a:100000", "a:000080", "a:-1", "a:+80", "a:80 ", "a:http", "a:80:80", "a:b:c", "::1",
        "2001:db8::7", "a b", " a", "a ", "a\t", "a/", "a/b", "http://a", "//a", "user@a",
        "user:pw@a", "a?b", "a#b", "a\\b", "a\"b", "a<b", "a>b", "a|b", "a^b", "a`b", "a{b}",
        "caf\xC3\xA9", "a%", "a%4", "%/0", "%:0", "%@0", "%G0", "%`0", "%g0", "%0/",
        "%0:", "%0@", "%0G", "%0`", "%0g", "a%4g", "a%%41", "[", "]", "[]", "[:]", "[::1",
        "::1]", "[::1]a", "[::1]]", "[[::1]]", "[::1]:", "[::1]:x", "[::1]80", "[::g]",
        "[1.2.3.4]", "[::1%25eth0]", "[::1%eth0]", "[v1.a:b]", "[:: 1]", "a]b", "a[b",
        "a\r\nX: y", "a\rb", "a\nb", "a\0b"sv, "\0"sv, "a\x7F");

    INFO(host);
    CHECK_FALSE(is_host(host));
}

TEST_CASE("nothing behind the end of a host is looked at", "[http][field][host]")
{
    std::string_view const longer = "a%41:80";

    CHECK_FALSE(is_host(longer.substr(0, 2)));
    CHECK_FALSE(is_host(longer.substr(0, 3)));
    CHECK(is_host(longer.substr(0, 4)));
    CHECK_FALSE(is_host(longer.substr(0, 5)));
    CHECK(is_host(longer.substr(0, 6)));
}

TEST_CASE("a host is at most 255 characters, an address in brackets at most 45",
          "[http][field][host]")
{
    CHECK(is_host(std::string(255, 'a')));
    CHECK(is_host(std::string(255, 'a') + ":65535"));
    CHECK_FALSE(is_host(std::string(256, 'a')));
    CHECK(is_host('[' + std::string(43, '1') + "::]"));
    CHECK_FALSE(is_host('[' + std::string(44, '1') + "::]"));
}

TEST_CASE("a target is visible ASCII without a fragment", "[http][field][target]")
{
    std::string expected;
    for (char c = 0x21; c != 0x7F; ++c) {
        if (c != '#') {
            expected += c;
        }
    }

    CHECK(accepted_bytes(is_target) == expected);
    CHECK_FALSE(is_target(""));
    CHECK(is_target("/"));
    CHECK(is_target("*"));
    CHECK(is_target("/a/b?c=d&e=%20"));
    CHECK(is_target("http://example.com/"));
    CHECK(is_target("example.com:443"));
    CHECK_FALSE(is_target("/ HTTP/1.1\r\nX: y"));
    CHECK_FALSE(is_target("/a b"));
}

TEST_CASE("what is set is what the peer reads", "[http][field]")
{
    request message = get_request();

    CHECK_FALSE(set_field(message, "X-Tenant", "caf\xC3\xA9 7"));
    CHECK_FALSE(set_host(message, "[::1]:8080"));
    CHECK_FALSE(set_target(message, "/a?b"));

    CHECK(message["X-Tenant"] == "caf\xC3\xA9 7");
    CHECK(message[beast_http::field::host] == "[::1]:8080");
    CHECK(message.target() == "/a?b");
}

TEST_CASE("setting replaces every field of that name", "[http][field]")
{
    request message = get_request();
    message.insert("x-tenant", "1");
    message.insert("X-TENANT", "2");

    CHECK_FALSE(set_field(message, "X-Tenant", "3"));

    CHECK(message.count("X-Tenant") == 1);
    CHECK(message["X-Tenant"] == "3");
}

TEST_CASE("the largest name and value that are accepted can be written", "[http][field]")
{
    request message = get_request();
    std::string const longest(max_field_size, 'a');

    CHECK_FALSE(set_field(message, longest, "v"));
    CHECK_FALSE(set_field(message, "n", longest));
    CHECK_FALSE(set_target(message, longest));

    CHECK(message[longest] == "v");
    CHECK(message["n"] == longest);
}

TEST_CASE("each refusal says what was wrong", "[http][field]")
{
    request message = get_request();

    CHECK(set_field(message, "", "v") == errc::invalid_field_name);
    CHECK(set_field(message, "a:", "v") == errc::invalid_field_name);
    CHECK(set_field(message, "a", "\n") == errc::invalid_field_value);
    CHECK(set_field(message, "a\n", "\n") == errc::invalid_field_name);
    CHECK(set_host(message, "a b") == errc::invalid_host);
    CHECK(set_target(message, "/a b") == errc::invalid_target);
}

TEST_CASE("a value that is accepted comes back from Beast unchanged", "[http][field][property]")
{
    numbers random(11);
    request message = get_request();

    for (int i = 0; i != 5000; ++i) {
        std::string const value = random.bytes(0, 12);
        message.set("X-Value", "before");
        bool const written = !set_field(message, "X-Value", value);
        REQUIRE(written == is_field_value(value));
        REQUIRE(std::string_view(message["X-Value"]) == (written ? value : "before"sv));
    }
}

} // namespace
