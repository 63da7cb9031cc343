// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_CIRCUIT_STATE_HPP
#define RESIL_CORE_CIRCUIT_STATE_HPP

#include <resil/error.hpp>

#include <cstdint>
#include <string_view>

namespace resil {

/// The states of a circuit breaker.
enum class circuit_state
{
    closed,        ///< Calls pass and are measured.
    open,          ///< Calls are rejected until the open time is over.
    half_open,     ///< A few calls, the probes, pass to find out whether the peer is back.
    forced_open,   ///< By hand: all calls are rejected until `release_force` or `reset`.
    forced_closed, ///< By hand: all calls pass, nothing is measured.
    metrics_only,  ///< By hand: all calls pass and are measured, nothing is decided.
};

/// Returns the name of a state, as it is spelt in the enumeration.
constexpr std::string_view to_string(circuit_state state) noexcept
{
    switch (state) {
    case circuit_state::closed: return "closed";
    case circuit_state::open: return "open";
    case circuit_state::half_open: return "half_open";
    case circuit_state::forced_open: return "forced_open";
    case circuit_state::forced_closed: return "forced_closed";
    case circuit_state::metrics_only: return "metrics_only";
    }
    return "unknown";
}

/// Why a circuit changed its state.
enum class circuit_cause
{
    failure_ratio,        ///< Too large a share of the calls in the window failed.
    slow_ratio,           ///< Too large a share of the calls in the window was slow.
    consecutive_failures, ///< Too many calls in a row failed.
    open_time_over,       ///< The open time had passed when a call came: it is the first probe.
    probes_succeeded,     ///< Enough probes succeeded.
    probes_failed,        ///< So many probes failed that the others could not make up for it.
    probe_lease_ended,    ///< The same, and the last of them never answered.
    by_hand,              ///< Somebody forced or released or reset it.
};

/// Returns the name of a cause, as it is spelt in the enumeration.
constexpr std::string_view to_string(circuit_cause cause) noexcept
{
    switch (cause) {
    case circuit_cause::failure_ratio: return "failure_ratio";
    case circuit_cause::slow_ratio: return "slow_ratio";
    case circuit_cause::consecutive_failures: return "consecutive_failures";
    case circuit_cause::open_time_over: return "open_time_over";
    case circuit_cause::probes_succeeded: return "probes_succeeded";
    case circuit_cause::probes_failed: return "probes_failed";
    case circuit_cause::probe_lease_ended: return "probe_lease_ended";
    case circuit_cause::by_hand: return "by_hand";
    }
    return "unknown";
}

/// What a breaker looks like at one moment.
struct circuit_snapshot
{
    circuit_state state = circuit_state::closed; ///< The state, as of the last attempt or of `now`.
    std::uint64_t calls = 0;    ///< Calls in the window; those that opened it while it is open.
    std::uint64_t failures = 0; ///< Failures among them.
    std::uint64_t slow = 0;     ///< Slow calls among them, failed or not.
    double failure_ratio = 0.0; ///< `failures / calls`, or 0.
    double slow_ratio = 0.0;    ///< `slow / calls`, or 0.
    std::uint64_t consecutive_failures = 0; ///< Failures since the last success.
    std::uint64_t generation = 0;           ///< How many times the state changed.
    duration retry_after{};                 ///< Open: what is left of the open time; else 0.
    std::uint64_t probes_in_flight = 0; ///< Half-open: probes with an unexpired lease; else 0.
    std::uint64_t probe_successes = 0;  ///< Half-open: probes of this round that succeeded.
    std::uint64_t probe_failures = 0;   ///< Half-open: probes of this round that failed.
    std::uint64_t admitted = 0;         ///< Calls admitted since the breaker was made.
    std::uint64_t rejected = 0;         ///< Calls rejected since the breaker was made.
};

/// A change of state, as it is told to the listener; valid during the call.
struct circuit_event
{
    std::string_view name; ///< The breaker's.
    circuit_state from = circuit_state::closed; ///< The state until now.
    circuit_state to = circuit_state::closed; ///< Equal to `from` for a new round of probes.
    circuit_cause cause = circuit_cause::by_hand; ///< Why it changed.
    circuit_snapshot snapshot{};  ///< What the decision was made on, in the new state.
    duration open_for{};          ///< How long it stays open; zero unless `to` is `open`.
    std::uint64_t generation = 0; ///< The generation that begins.
};

} // namespace resil

#endif // RESIL_CORE_CIRCUIT_STATE_HPP
