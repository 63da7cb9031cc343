// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_CIRCUIT_ADMISSION_HPP
#define RESIL_CORE_CIRCUIT_ADMISSION_HPP

#include <resil/core/circuit_state.hpp>
#include <resil/error.hpp>

#include <cstdint>
#include <optional>

namespace resil::core {

/// What a breaker may learn from one call.
enum class circuit_outcome
{
    success, ///< The peer answered well.
    failure, ///< The peer failed.
    neither, ///< It says nothing about the peer: cancelled, or rejected further inside.
};

/// A change of state; whoever owns the machine adds the name.
using circuit_transition = circuit_event;

/// What an admitted call has to give back: when it was admitted, and as which probe.
struct circuit_permit
{
    std::uint64_t generation = 0; ///< The generation that admitted it.
    std::uint32_t probe = 0;      ///< The number of the probe; zero if it is none.
};

/// Whether a call may be made; what `basic_circuit_breaker::admit` answers.
struct circuit_admission
{
    bool admitted = false;     ///< Whether it may.
    circuit_permit permit{};   ///< Given back with `record` or `abandon`, if admitted.
    duration retry_after{};    ///< When asking again may help; zero if admitted or unknown.
    reason why = reason::none; ///< `circuit_open`, `probes_busy`, `circuit_forced_open`.
    std::optional<circuit_transition> transition{}; ///< What this question changed.
};

} // namespace resil::core

#endif // RESIL_CORE_CIRCUIT_ADMISSION_HPP
