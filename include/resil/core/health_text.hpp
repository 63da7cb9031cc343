// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_HEALTH_TEXT_HPP
#define RESIL_CORE_HEALTH_TEXT_HPP

#include <resil/config.hpp>
#include <resil/core/health_options.hpp>
#include <resil/core/health_report.hpp>
#include <resil/error.hpp>

#include <string>
#include <string_view>

namespace resil {

/// How much an answer tells of what is wrong.
enum class health_detail
{
    brief,   ///< The category of an error, and no more: for whoever asks. The default.
    verbose, ///< Its message too, which can name hosts: for those who run the service.
};

namespace core {

/// Writes a text as a JSON string, quotes included; what is no UTF-8 becomes U+FFFD. Throws `bad_alloc`.
RESIL_DECL std::string json_string(std::string_view text);

/// Returns a status as the draft "Health Check Response Format for HTTP APIs" names it: pass, warn or fail.
constexpr std::string_view pass_or_fail(health_status how) noexcept
{
    switch (how) {
    case health_status::ok: return "pass";
    case health_status::degraded: return "warn";
    case health_status::unknown:
    case health_status::failing: return "fail";
    }
    return "fail";
}

/// Writes a report as `application/health+json`. Throws `bad_alloc`.
RESIL_DECL std::string health_json(health_report const& report, health_detail detail);

} // namespace core
} // namespace resil

#ifndef RESIL_SEPARATE_COMPILATION
#include <resil/core/health_text.ipp>
#endif

#endif // RESIL_CORE_HEALTH_TEXT_HPP
