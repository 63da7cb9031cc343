// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_HEALTH_OPTIONS_HPP
#define RESIL_CORE_HEALTH_OPTIONS_HPP

#include <resil/core/option_check.hpp>
#include <resil/error.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace resil {

/// What it means that a check fails.
enum class criticality
{
    hard, ///< The service cannot do its work: it is not ready.
    soft, ///< It can do some of it: it is degraded, and ready.
};

/// Returns the name of a criticality, as it is spelt in the enumeration.
constexpr std::string_view to_string(criticality how) noexcept
{
    return how == criticality::hard ? "hard" : "soft";
}

/// How a check, or a service as a whole, is.
enum class health_status
{
    unknown,  ///< Nothing is known, or what was known is too old. A service is not ready then.
    ok,       ///< All is well.
    degraded, ///< Of a service: a soft check is not `ok`. It is ready.
    failing,  ///< It does not work. A service is not ready then.
};

/// Returns the name of a status, as it is spelt in the enumeration.
constexpr std::string_view to_string(health_status how) noexcept
{
    switch (how) {
    case health_status::unknown: return "unknown";
    case health_status::ok: return "ok";
    case health_status::degraded: return "degraded";
    case health_status::failing: return "failing";
    }
    return "unknown";
}

/// Where a service is in its life; it takes requests only in the middle of it.
enum class lifecycle
{
    starting, ///< Not ready, whatever the checks say.
    ready,    ///< Ready if the checks say so.
    draining, ///< Not ready any more, whatever the checks say.
};

/// Returns the name of a state, as it is spelt in the enumeration.
constexpr std::string_view to_string(lifecycle where) noexcept
{
    switch (where) {
    case lifecycle::starting: return "starting";
    case lifecycle::ready: return "ready";
    case lifecycle::draining: return "draining";
    }
    return "unknown";
}

/// How often something is checked, and how often it must fail.
struct health_check_options
{
    /// How long one run may take before it counts as failed, and is cancelled; >= 1 ms, <= `ttl`. Source: the kubelet's
    /// `timeoutSeconds` of 1 s, less a margin.
    duration timeout = std::chrono::milliseconds(800);

    /// How old a result may become; 100 ms to 1 h. One that is three times as old counts as unknown. In the background
    /// a check begins again after 0.75 to 0.9 of it. Source: 2 to 5 s are usual.
    duration ttl = std::chrono::seconds(3);

    /// After how long a result is confirmed that is not yet believed, because of `fail_after` or `recover_after`; 0 to
    /// `ttl`. Source: resil's own, so that bad news are no older than `ttl`, for all that they are confirmed.
    duration confirm_after = std::chrono::milliseconds(200);

    /// After how many failures in a row a check that was well is failing; 1 to 100. Source: resil's own.
    int fail_after = 2;

    /// After how many successes in a row a check that was failing is well; 1 to 100. Source: resil's own.
    int recover_after = 1;

    /// Throws `invalid_option` if a member is out of range.
    void validate() const
    {
        using namespace core;
        require_between("health.ttl", ttl, duration(std::chrono::milliseconds(100)), duration(std::chrono::hours(1)));
        require_between("health.timeout", timeout, duration(std::chrono::milliseconds(1)), ttl);
        require_between("health.confirm_after", confirm_after, duration::zero(), ttl);
        require_between("health.fail_after", fail_after, 1, 100);
        require_between("health.recover_after", recover_after, 1, 100);
    }
};

/// When checks are run.
enum class health_refresh
{
    background, ///< By themselves, from `start()` on: an answer is what is in memory. The default.
    on_demand,  ///< When somebody asks, and what is known is older than `ttl`; once for all who ask.
};

/// How a service looks after its checks.
struct health_options
{
    /// When checks are run. Source: a probe must not wait, nor be a load.
    health_refresh refresh = health_refresh::background;

    /// How long `fresh_report` waits at most; >= 1 ms, <= 1 min. Source: the kubelet's `timeoutSeconds` of 1 s, less a margin.
    duration answer_within = std::chrono::milliseconds(900);

    /// What the jitter is drawn from; unset for the system's random source.
    std::optional<std::uint64_t> seed{};

    /// Throws `invalid_option` if a member is out of range.
    void validate() const
    {
        core::require_between("health.answer_within", answer_within, duration(std::chrono::milliseconds(1)),
                              duration(std::chrono::minutes(1)));
    }
};

namespace core {

/// Throws `invalid_option` unless `name` is 1 to 64 letters, digits, or any of `_ - . : /`.
inline void require_check_name(std::string_view name)
{
    auto const fits = [](char c) {
        bool const letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        return letter || (c >= '0' && c <= '9') || std::string_view("_-.:/").find(c) != std::string_view::npos;
    };
    if (name.empty() || name.size() > 64 || !std::all_of(name.begin(), name.end(), fits)) {
        throw invalid_option("health.name", "not a name", "1 to 64 letters, digits, or any of _ - . : /");
    }
}

} // namespace core
} // namespace resil

#endif // RESIL_CORE_HEALTH_OPTIONS_HPP
