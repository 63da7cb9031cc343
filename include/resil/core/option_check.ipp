// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_OPTION_CHECK_IPP
#define RESIL_CORE_OPTION_CHECK_IPP

// The bodies of core/option_check.hpp, which includes this unless they are compiled apart; see src.hpp.

namespace resil::core {

std::string text(duration d)
{
    using namespace std::chrono;
    auto const count = d.count();
    if (count % nanoseconds(1s).count() == 0) {
        return std::to_string(count / nanoseconds(1s).count()) + "s";
    }
    if (count % nanoseconds(1ms).count() == 0) {
        return std::to_string(count / nanoseconds(1ms).count()) + "ms";
    }
    if (count % nanoseconds(1us).count() == 0) {
        return std::to_string(count / nanoseconds(1us).count()) + "us";
    }
    return std::to_string(count) + "ns";
}

std::string text(double value)
{
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "%g", value);
    return buffer;
}

void require_share(std::string_view field, double value)
{
    if (!(value > 0.0 && value <= 1.0)) {
        throw invalid_option(field, text(value), "more than 0 and at most 1");
    }
}

} // namespace resil::core

#endif // RESIL_CORE_OPTION_CHECK_IPP
