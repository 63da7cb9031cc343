// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/http/deadline_header.hpp>

#include "http_reference.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <fuzzer/FuzzedDataProvider.h>
#include <optional>
#include <string>

// The input is the header's value, then 8 bytes for a time that is left, then 8 for a clock.

namespace {

using namespace std::chrono_literals;
using resil::duration;
using resil::time_point;

std::optional<duration> expected_time(std::string const& value)
{
    std::string const text = fuzz::trimmed(value);
    if (!fuzz::all_digits(text) || text.size() > 15) {
        return std::nullopt;
    }
    auto const count = fuzz::number_up_to(text, "9223372036854");
    return count ? duration(*count * 1'000'000) : duration::max();
}

void check_hop(duration left)
{
    fuzz::fields fields;
    FUZZ_REQUIRE(!resil::http::set_remaining(fields, left));
    FUZZ_REQUIRE(fields.written.size() == (left == duration::max() ? 0 : 1));
    for (auto const& [name, value] : fields.written) {
        auto const read = resil::http::parse_remaining(value);
        duration const had = left < 0s ? duration(0) : left;
        FUZZ_REQUIRE(read && *read >= 0s && *read <= had && had - *read < 1ms);
    }
}

void check_deadline(std::optional<duration> left, time_point now)
{
    auto const deadline = resil::http::deadline_after(left, now);
    FUZZ_REQUIRE(deadline.has_value() == left.has_value());
    __extension__ using wide = __int128;
    wide const sum =
        static_cast<wide>(now.time_since_epoch().count()) + left.value_or(0ns).count();
    wide const most = duration::max().count();
    FUZZ_REQUIRE(!deadline ||
                 deadline->time_since_epoch().count() == (sum > most ? most : sum));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    FuzzedDataProvider input(data, size);
    time_point const now{duration(input.ConsumeIntegral<std::int64_t>())};
    duration const left(input.ConsumeIntegral<std::int64_t>());
    std::string const value = input.ConsumeRemainingBytesAsString();

    auto const found = resil::http::parse_remaining(value);

    FUZZ_REQUIRE(found == expected_time(value));
    check_hop(left);
    check_deadline(found, now);
    return 0;
}
