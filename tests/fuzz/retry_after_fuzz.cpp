// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/http/retry_after.hpp>

#include "http_reference.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <fuzzer/FuzzedDataProvider.h>
#include <optional>
#include <string>

// The input is the header's value, then 8 bytes for the wall clock in nanoseconds.

namespace {

using resil::duration;

constexpr std::int64_t second = 1'000'000'000;

/// In 128 bits, where nothing overflows.
std::optional<duration> expected_wait(std::string const& value, std::int64_t now)
{
    std::string const text = fuzz::trimmed(value);
    if (fuzz::all_digits(text)) {
        auto const count = fuzz::number_up_to(text, "9223372036");
        return count ? duration(*count * second) : duration::max();
    }
    std::int64_t const whole = now / second - (now % second < 0 ? 1 : 0);
    auto const date = fuzz::http_date(text, whole);
    if (!date) {
        return std::nullopt;
    }
    __extension__ using wide = __int128;
    wide const wait = static_cast<wide>(*date) * second - now;
    wide const most = duration::max().count();
    return duration(static_cast<std::int64_t>(wait < 0 ? 0 : wait > most ? most : wait));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    FuzzedDataProvider input(data, size);
    auto const now = input.ConsumeIntegral<std::int64_t>();
    std::string const value = input.ConsumeRemainingBytesAsString();

    auto const found =
        resil::http::parse_retry_after(value, resil::http::wall_time(duration(now)));

    auto const expected = expected_wait(value, now);
    FUZZ_REQUIRE(found.has_value() == expected.has_value());
    FUZZ_REQUIRE(!found || found->count() >= 0);
    FUZZ_REQUIRE(found == expected);
    return 0;
}
