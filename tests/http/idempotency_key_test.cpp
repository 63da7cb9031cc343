// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/http/idempotency_key.hpp> // self-contained

#include "http_support.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <string>
#include <string_view>
#include <type_traits>

namespace {

using namespace http_support;
using namespace std::string_view_literals;
using resil::http::errc;
using resil::http::idempotency_key;
using resil::http::is_idempotency_key;
using resil::http::key_style;
using resil::http::parse_idempotency_key;
using resil::http::read_idempotency_key;
using resil::http::set_idempotency_key;

static_assert(noexcept(parse_idempotency_key("", key_style::quoted)));
static_assert(std::is_trivially_copyable_v<idempotency_key> && sizeof(idempotency_key) == 256);
static_assert(parse_idempotency_key(R"("a\"b")", key_style::quoted)->view() == "a\"b");

constexpr std::string_view uuid = "8e03978e-40d5-43dd-bc93-6894a57f9324"; // the draft's example

/// What a key looks like on the wire, or nothing if it was refused.
std::string written_key(std::string_view key, key_style style)
{
    request message = get_request();
    bool const refused = set_idempotency_key(message, key, style).failed();
    CHECK(message.count("Idempotency-Key") == (refused ? 0 : 1));
    return std::string(message["Idempotency-Key"]);
}

/// What a server reads, or "-" if it refused.
std::string read_key(std::string_view value, key_style style)
{
    auto const key = parse_idempotency_key(value, style);
    return key ? std::string(key->view()) : "-";
}

TEST_CASE("a key is written in quotes, unless the server wants it bare", "[http][key]")
{
    CHECK(written_key(uuid, key_style::quoted) == "\"8e03978e-40d5-43dd-bc93-6894a57f9324\"");
    CHECK(written_key(uuid, key_style::bare) == uuid);

    request message = get_request();
    CHECK_FALSE(set_idempotency_key(message, uuid));
    CHECK(message["Idempotency-Key"].front() == '"');
}

TEST_CASE("quotes and backslashes in a key are escaped, and nothing else is", "[http][key]")
{
    CHECK(written_key(R"(a"b)", key_style::quoted) == R"("a\"b")");
    CHECK(written_key(R"(a\b)", key_style::quoted) == R"("a\\b")");
    CHECK(written_key(R"(\")", key_style::quoted) == R"("\\\"")");
    CHECK(written_key(" a ;,' ", key_style::quoted) == "\" a ;,' \"");
}

TEST_CASE("a key of 1 to 255 characters is written, escapes not counted", "[http][key]")
{
    key_style const style = GENERATE(key_style::quoted, key_style::bare);

    CHECK(written_key("k", style) != "");
    CHECK(written_key(std::string(255, 'k'), style).size() >= 255);
    CHECK(written_key("", style) == "");
    CHECK(written_key(std::string(256, 'k'), style) == "");
    CHECK(written_key(std::string(100'000, 'k'), style) == "");
    CHECK(written_key(std::string(255, '"'), key_style::quoted).size() == 512);
}

TEST_CASE("a key with anything but printable ASCII is refused", "[http][key]")
{
    key_style const style = GENERATE(key_style::quoted, key_style::bare);

    for (int byte = 0; byte != 256; ++byte) {
        std::string const key{'a', static_cast<char>(byte), 'b'};
        bool const printable = byte >= 0x20 && byte < 0x7F;
        bool const special = " \",;\\"sv.find(key[1]) != std::string::npos;
        bool const bare = printable && !special;
        INFO(byte);
        CHECK(is_idempotency_key(key, style) == (style == key_style::bare ? bare : printable));
        CHECK(written_key(key, style).empty() != is_idempotency_key(key, style));
    }
}

TEST_CASE("a refused key leaves the one that was there", "[http][key]")
{
    key_style const style = GENERATE(key_style::quoted, key_style::bare);
    std::string_view const bad =
        GENERATE(as<std::string_view>(), "", "a\r\nX: y", "a\0"sv, "\x7F");
    request message = get_request();
    CHECK_FALSE(set_idempotency_key(message, "first", style));
    std::string const before = wire(message);

    CHECK(set_idempotency_key(message, bad, style) == errc::invalid_idempotency_key);

    CHECK(wire(message) == before);
}

struct row
{
    std::string_view value;
    std::string_view expected; // "-" if refused
};

TEST_CASE("a server reads the quoted form strictly", "[http][key]")
{
    auto const [value, expected] = GENERATE(
        row{R"("8e03978e-40d5-43dd-bc93-6894a57f9324")", uuid}, row{R"("a")", "a"},
        row{R"(  "a" 	)", "a"}, row{R"(" a ")", " a "}, row{R"("a,b;c")", "a,b;c"},
        row{R"("a\"b")", "a\"b"}, row{R"("a\\b")", "a\\b"}, row{R"("\\")", "\\"},
        row{R"("\"")", "\""}, row{R"("\\\"")", "\\\""}, row{R"("~")", "~"},
        // not a String
        row{"", "-"}, row{" ", "-"}, row{"a", "-"}, row{uuid, "-"}, row{"1", "-"},
        row{"?1", "-"}, row{":YWJj:", "-"}, row{"'a'", "-"}, row{"(\"a\")", "-"},
        // not one String
        row{R"("a", "b")", "-"}, row{R"("a""b")", "-"}, row{R"("a" "b")", "-"},
        row{R"("a",)", "-"}, row{R"("a"b)", "-"}, row{R"(b"a")", "-"}, row{R"("a"b")", "-"},
        // parameters
        row{R"("a";v=1)", "-"}, row{R"("a";v="b")", "-"}, row{R"("a"; v)", "-"},
        // quotes and escapes
        row{"\"", "-"}, row{R"("")", "-"}, row{R"(" )", "-"}, row{R"("a)", "-"},
        row{R"(a")", "-"}, row{R"("ab)", "-"}, row{R"(ab")", "-"}, row{R"("\")", "-"},
        row{R"("a\")", "-"}, row{R"("\a")", "-"}, row{R"("\n")", "-"}, row{R"("\\\")", "-"},
        row{R"(""")", "-"}, row{R"("\u0041")", "-"},
        // bytes that no String has
        row{"\"a\nb\"", "-"}, row{"\"a\rb\"", "-"}, row{"\"a\tb\"", "-"},
        row{"\"a\0b\""sv, "-"}, row{"\"a\x7F\"", "-"}, row{"\"caf\xC3\xA9\"", "-"},
        row{"\"a\\\n\"", "-"}, row{"\"a\"\n", "-"}, row{"\n\"a\"", "-"});

    INFO(value);
    CHECK(read_key(value, key_style::quoted) == expected);
}

TEST_CASE("a server reads the bare form strictly", "[http][key]")
{
    auto const [value, expected] = GENERATE(
        row{uuid, uuid}, row{"a", "a"}, row{" a\t", "a"}, row{"a:b/c+d=", "a:b/c+d="},
        row{"~!@#$%^&*()_+{}|<>?", "~!@#$%^&*()_+{}|<>?"}, row{"'a'", "'a'"}, row{"", "-"},
        row{" \t ", "-"}, row{"a b", "-"}, row{"a, b", "-"}, row{"a,b", "-"}, row{"a;b", "-"},
        row{"a\\b", "-"}, row{"\"a\"", "-"}, row{"a\"", "-"}, row{"\"", "-"}, row{"a\nb", "-"},
        row{"a\n", "-"}, row{"a\r\nX: y", "-"}, row{"a\tb", "-"}, row{"a\0"sv, "-"},
        row{"\x7F", "-"}, row{"caf\xC3\xA9", "-"});

    INFO(value);
    CHECK(read_key(value, key_style::bare) == expected);
}

TEST_CASE("a server reads at most 255 characters, escapes not counted", "[http][key]")
{
    std::string const longest(255, 'k');
    std::string escaped;
    for (int i = 0; i != 255; ++i) {
        escaped += R"(\")";
    }

    CHECK(read_key('"' + longest + '"', key_style::quoted) == longest);
    CHECK(read_key('"' + escaped + '"', key_style::quoted) == std::string(255, '"'));
    CHECK(read_key(longest, key_style::bare) == longest);
    CHECK(read_key('"' + longest + "k\"", key_style::quoted) == "-");
    CHECK(read_key('"' + escaped + "\\\"\"", key_style::quoted) == "-");
    CHECK(read_key(longest + 'k', key_style::bare) == "-");
    CHECK(read_key('"' + std::string(1'000'000, 'k') + '"', key_style::quoted) == "-");
}

TEST_CASE("reading a request tells no key from a bad one", "[http][key]")
{
    request message = get_request();
    CHECK(read_idempotency_key(message, key_style::quoted).error() ==
          errc::missing_idempotency_key);

    message.set("idempotency-key", "unquoted");
    CHECK(read_idempotency_key(message, key_style::quoted).error() ==
          errc::invalid_idempotency_key);
    CHECK(read_idempotency_key(message, key_style::bare)->view() == "unquoted");

    message.set("Idempotency-Key", "");
    CHECK(read_idempotency_key(message, key_style::quoted).error() ==
          errc::invalid_idempotency_key);
}

TEST_CASE("two keys are no key, even if they are the same", "[http][key]")
{
    std::string_view const second = GENERATE(as<std::string_view>(), "\"a\"", "\"b\"", "junk");
    request message = get_request();
    message.insert("Idempotency-Key", "\"a\"");
    message.insert("Idempotency-Key", second);

    auto const key = read_idempotency_key(message, key_style::quoted);

    CHECK(key.error() == errc::invalid_idempotency_key);
}

TEST_CASE("keys are equal when their characters are", "[http][key]")
{
    auto const a = parse_idempotency_key(R"("a\\")", key_style::quoted);
    auto const same = parse_idempotency_key(R"( "a\\" )", key_style::quoted);
    auto const other = parse_idempotency_key(R"("a")", key_style::quoted);

    CHECK(*a == *same);
    CHECK_FALSE(*a == *other);
}

TEST_CASE("every key that is written is read as itself", "[http][key][property]")
{
    key_style const style = GENERATE(key_style::quoted, key_style::bare);
    numbers random(22);

    for (int i = 0; i != 5000; ++i) {
        std::string const key =
            i % 2 == 0 ? random.bytes(0, 40) : random.text("ab\"\\ ,;~", 0, 300);
        request message = get_request();
        auto const ec = set_idempotency_key(message, key, style);
        REQUIRE(ec.failed() != is_idempotency_key(key, style));
        auto const read = read_idempotency_key(message, style);
        REQUIRE(read.has_value() != ec.failed());
        REQUIRE((!read || read->view() == key));
    }
}

TEST_CASE("no value is read in both styles", "[http][key][property]")
{
    numbers random(23);

    for (int i = 0; i != 20000; ++i) {
        std::string const value = random.text("ab\"\\ ,;\t", 0, 8);
        bool const quoted = parse_idempotency_key(value, key_style::quoted).has_value();
        bool const bare = parse_idempotency_key(value, key_style::bare).has_value();
        REQUIRE_FALSE((quoted && bare));
    }
}

} // namespace
