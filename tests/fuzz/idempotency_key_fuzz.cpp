// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/http/idempotency_key.hpp>

#include "http_reference.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

// The input is read as a header's value, and written as a key.

namespace {

using resil::http::key_style;

/// RFC 8941, section 4.2.5, step by step; then the adapter's own limits.
std::optional<std::string> expected_quoted(std::string const& value)
{
    std::string input = fuzz::trimmed(value);
    std::string output;
    if (input.empty() || input[0] != '"') {
        return std::nullopt;
    }
    input.erase(0, 1);
    while (!input.empty()) {
        unsigned char const c = static_cast<unsigned char>(input[0]);
        input.erase(0, 1);
        if (c == '\\') {
            if (input.empty() || (input[0] != '"' && input[0] != '\\')) {
                return std::nullopt;
            }
            output += input[0];
            input.erase(0, 1);
        } else if (c == '"') {
            bool const good = input.empty() && !output.empty() && output.size() <= 255;
            return good ? std::optional(output) : std::nullopt;
        } else if (c <= 0x1F || c >= 0x7F) {
            return std::nullopt;
        } else {
            output += static_cast<char>(c);
        }
    }
    return std::nullopt;
}

std::optional<std::string> expected_bare(std::string const& value)
{
    std::string const text = fuzz::trimmed(value);
    bool good = !text.empty() && text.size() <= 255;
    for (char const c : text) {
        good = good && c > ' ' && c <= '~' && c != '"' && c != ',' && c != ';' && c != '\\';
    }
    return good ? std::optional(text) : std::nullopt;
}

void check_reading(std::string const& value, key_style style,
                   std::optional<std::string> const& expected)
{
    auto const found = resil::http::parse_idempotency_key(value, style);
    FUZZ_REQUIRE(found.has_value() == expected.has_value());
    FUZZ_REQUIRE(!found || found->view() == *expected);
}

void check_writing(std::string const& key, key_style style)
{
    fuzz::fields fields;
    auto const ec = resil::http::set_idempotency_key(fields, key, style);
    FUZZ_REQUIRE(fields.written.size() == (ec ? 0U : 1U));
    for (auto const& [name, value] : fields.written) {
        FUZZ_REQUIRE(value.find_first_of(std::string("\r\n\0", 3)) == value.npos);
        check_reading(value, style, key);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    std::string const text(reinterpret_cast<char const*>(data), size);
    auto const quoted = expected_quoted(text);
    auto const bare = expected_bare(text);

    FUZZ_REQUIRE(!quoted || !bare);
    check_reading(text, key_style::quoted, quoted);
    check_reading(text, key_style::bare, bare);
    check_writing(text, key_style::quoted);
    check_writing(text, key_style::bare);
    return 0;
}
