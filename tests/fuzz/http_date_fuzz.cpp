// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/http/http_date.hpp>

#include "http_reference.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <fuzzer/FuzzedDataProvider.h>
#include <string>

// The input is a text, then 8 bytes for the wall clock, then one that chooses: the text as it is,
// or a date made of 8 more bytes, written in one of the forms and damaged by the text.

namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

std::string written(std::int64_t stamp, char const* format)
{
    std::tm fields{};
    gmtime_r(&stamp, &fields);
    std::array<char, 64> text{};
    return {text.data(), std::strftime(text.data(), text.size(), format, &fields)};
}

void check(std::string const& text, std::int64_t now)
{
    auto const found = resil::http::parse_http_date(text, sys_seconds(seconds(now)));
    auto const expected = fuzz::http_date(text, now);
    FUZZ_REQUIRE(found.has_value() == expected.has_value());
    FUZZ_REQUIRE(!found || found->time_since_epoch().count() == *expected);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    FuzzedDataProvider input(data, size);
    auto const choice = input.ConsumeIntegral<std::uint8_t>();
    auto const now = input.ConsumeIntegralInRange<std::int64_t>(-9'223'372'036, 9'223'372'036);
    if (choice % 4 == 0) {
        check(input.ConsumeRemainingBytesAsString(), now);
        return 0;
    }
    constexpr char const* formats[] = {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT",
                                       "%a %b %e %H:%M:%S %Y"};
    // from 1000-01-01 to 9999-12-31: strftime writes smaller years without their zeros
    auto const stamp =
        input.ConsumeIntegralInRange<std::int64_t>(-30'610'224'000, 253'402'300'799);
    std::string text = written(stamp, formats[choice % 4 - 1]);
    check(text, now);
    FUZZ_REQUIRE(choice % 4 == 2 ||
                 resil::http::parse_http_date(text, {}) == sys_seconds(seconds(stamp)));
    for (int damage = 0; damage != 8 && input.remaining_bytes() >= 2; ++damage) {
        text[input.ConsumeIntegral<std::uint8_t>() % text.size()] =
            static_cast<char>(input.ConsumeIntegral<std::uint8_t>());
        check(text, now);
    }
    return 0;
}
