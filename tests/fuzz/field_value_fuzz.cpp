// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/http/field_value.hpp>

#include "http_reference.hpp"

#include <cstddef>
#include <cstdint>
#include <regex>
#include <string>

// The input is tried as a name, a value, a host and a target.

namespace {

using namespace resil::http;

bool expected_name(std::string const& text)
{
    static std::string const characters = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                                          "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    return !text.empty() && text.find_first_not_of(characters) == text.npos;
}

bool expected_value(std::string const& text)
{
    bool good = text.empty() || (text.front() != ' ' && text.back() != ' ');
    for (unsigned char const c : text) {
        good = good && c >= 0x20 && c != 0x7F;
    }
    return good;
}

bool expected_target(std::string const& text)
{
    bool good = !text.empty();
    for (unsigned char const c : text) {
        good = good && c > 0x20 && c < 0x7F && c != '#';
    }
    return good;
}

/// One expression, for a text that is short enough for std::regex.
bool expected_host(std::string const& text)
{
    static std::regex const host(
        R"re((?:(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2}){1,255})re"
        R"re(|\[(?=[^:\]]*:[^:\]]*:)[0-9A-Fa-f:.]{2,45}\])(?::([0-9]{1,5}))?)re");
    std::smatch found;
    if (!std::regex_match(text, found, host)) {
        return false;
    }
    int const port = found[1].matched ? std::stoi(found[1]) : 80;
    return port >= 1 && port <= 65535;
}

/// What would go over the wire is one line with one name and one value.
void check_line(std::string const& name, std::string const& value)
{
    std::string const line = name + ": " + value + "\r\n";
    FUZZ_REQUIRE(line.find_first_of(std::string("\r\n\0", 3)) == line.size() - 2);
    FUZZ_REQUIRE(line.substr(0, line.find(':')) == name);
    FUZZ_REQUIRE(fuzz::trimmed(line.substr(name.size() + 1, value.size() + 1)) == value);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    std::string const text(reinterpret_cast<char const*>(data), size);
    fuzz::fields fields;

    FUZZ_REQUIRE(is_field_name(text) == expected_name(text));
    FUZZ_REQUIRE(is_field_value(text) == expected_value(text));
    FUZZ_REQUIRE(is_target(text) == expected_target(text));
    FUZZ_REQUIRE(text.size() > 128 ? !is_host(text) || expected_target(text)
                                   : is_host(text) == expected_host(text));

    FUZZ_REQUIRE(set_field(fields, text, "value").failed() != is_field_name(text));
    FUZZ_REQUIRE(set_field(fields, "name", text).failed() != is_field_value(text));
    FUZZ_REQUIRE(set_host(fields, text).failed() != is_host(text));
    FUZZ_REQUIRE(set_target(fields, text).failed() != is_target(text));
    for (auto const& [name, value] : fields.written) {
        check_line(name, value);
    }
    return 0;
}
