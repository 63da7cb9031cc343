// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_CIRCUIT_MACHINE_HPP
#define RESIL_CORE_CIRCUIT_MACHINE_HPP

#include <resil/config.hpp>
#include <resil/core/circuit_admission.hpp>
#include <resil/core/circuit_measure.hpp>
#include <resil/core/circuit_options.hpp>
#include <resil/core/circuit_probes.hpp>
#include <resil/core/circuit_rules.hpp>
#include <resil/core/circuit_state.hpp>
#include <resil/core/saturate.hpp>
#include <resil/error.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

namespace resil::core {

/**
 * Decides which calls a circuit breaker admits: the breaker without threads, clocks and
 * handlers.
 *
 * Every change of state begins a new generation. A permit carries the generation that gave it,
 * and what a call of an older one reports changes nothing, so a late result can neither open
 * nor close a circuit that has moved on.
 *
 * A closed circuit opens with a failure or a slow call. A plain success is only measured, even
 * if with it there are at last enough calls for a decision: the next failure makes it. So the
 * order of successes between two other events does not matter; see `circuit_lane`.
 *
 * Half-open admits a round of `half_open_max_calls` probes. It closes when
 * `half_open_required_successes` of them succeeded (a slow one did not), and opens as soon as
 * so many failed that this cannot happen any more. A probe that reports `neither` gives its
 * place back. A probe that has not reported when its lease ends has failed at that moment; this
 * is noticed by the next question, so no timer is needed, and nothing can wedge: if the open
 * time that followed is over as well, that question already begins the next round (one
 * transition, from half-open to half-open).
 *
 * Times are given with every question. One that is earlier than another before it counts as
 * that other one, as happens when threads read the clock before they take the lock. `unit` is a
 * random draw in [0, 1) and is looked at only when the circuit opens.
 *
 * Thread safety: none; guard it with a mutex. The constructor and `reconfigure` allocate;
 * nothing else does or throws. `admit` and `record` take constant time, with a look at every
 * probe of the round in half-open, and at every bucket that passed since the last call.
 */
class circuit_machine
{
public:
    /// Starts closed; throws `invalid_option`, see `circuit_breaker_options::validate`.
    RESIL_DECL explicit circuit_machine(circuit_breaker_options options);

    /// Decides about one call. While the circuit is closed or forced, `now` is not looked at.
    RESIL_DECL circuit_admission admit(time_point now, double unit) noexcept;

    /**
     * Takes the result of an admitted call.
     *
     * @param elapsed  How long the call took; only for `slow_call_duration`.
     * @param hint     How long the peer asked to be left alone; if this failure opens the
     *                 circuit, it stays open at least so long, up to `max_open_duration`.
     */
    RESIL_DECL std::optional<circuit_transition> record(
        circuit_permit permit, circuit_outcome outcome, duration elapsed, time_point now,
        double unit, duration hint = duration::zero()) noexcept;

    /// Counts calls that were let pass, while `admits_all`, without asking.
    void count_admitted(std::uint64_t calls) noexcept { admitted_ += calls; }

    /// Takes so many plain successes of this generation at once, as if they had reported at the
    /// moment of the latest question. Takes as many steps, or as the window has if that is less.
    RESIL_DECL void record_successes(std::uint64_t calls) noexcept;

    /// Takes back an admission whose call will never report, without a look at the clock: the
    /// probe's place is free at once. The same as recording `neither`, but for leases that
    /// ended.
    RESIL_DECL void abandon(circuit_permit permit) noexcept;

    /// Rejects all calls from now on. Here and below: nothing if that is the state already.
    RESIL_DECL std::optional<circuit_transition> force_open(time_point now) noexcept;

    /// Admits all calls from now on, and measures nothing.
    RESIL_DECL std::optional<circuit_transition> force_closed(time_point now) noexcept;

    /// Admits all calls from now on, and only measures them.
    RESIL_DECL std::optional<circuit_transition> metrics_only(time_point now) noexcept;

    /// Ends a forced state: the circuit is closed, and its window empty.
    RESIL_DECL std::optional<circuit_transition> release_force(time_point now) noexcept;

    /// Closes the circuit and forgets all that was measured, past openings included. A closed
    /// circuit is emptied, and begins a new generation, without a transition.
    RESIL_DECL std::optional<circuit_transition> reset(time_point now) noexcept;

    /// Exchanges the options. State, generation, window (of the same kind) and probes in flight
    /// are kept; what is left of an open time is cut to the new maximum; a round of probes
    /// starts counting anew. Throws `invalid_option` or `bad_alloc`, and then nothing has
    /// changed.
    RESIL_DECL void reconfigure(circuit_breaker_options options, time_point now);

    /// Returns the state as of the last question. An open circuit whose time is over stays open
    /// until the next call is to be admitted.
    circuit_state state() const noexcept { return state_; }

    /// Returns the generation; it changes with the state, and with a reset.
    std::uint64_t generation() const noexcept { return generation_; }

    /// Returns the time of the latest question that looked at it; `min()` before the first.
    time_point latest() const noexcept { return latest_; }

    /// Says whether, in this state, every call is admitted.
    RESIL_DECL bool admits_all() const noexcept;

    /// Returns until when a success counts as one of the latest question's moment: up to the
    /// end of its bucket in a time window, and for ever in the others.
    time_point bucket_end() const noexcept { return measure_.bucket_end(latest_); }

    /// Returns the numbers of this moment; changes nothing, ended leases count as failed probes
    /// only with the next call.
    RESIL_DECL circuit_snapshot snapshot(time_point now) const noexcept;

    /// Returns the options in force.
    circuit_breaker_options const& options() const noexcept { return options_; }

private:
    RESIL_DECL circuit_admission passed(
        std::uint32_t probe, std::optional<circuit_transition> const& change) noexcept;

    RESIL_DECL circuit_admission rejected(
        reason why, duration retry_after,
        std::optional<circuit_transition> const& change) noexcept;

    time_point advance(time_point now) noexcept { return latest_ = std::max(latest_, now); }

    RESIL_DECL bool is_measuring() const noexcept;

    RESIL_DECL void measure(bool failed, bool slow, time_point now) noexcept;

    RESIL_DECL std::optional<circuit_transition> record_probe(circuit_permit permit,
                                                              circuit_outcome outcome,
                                                              bool slow, time_point now,
                                                              double unit,
                                                              duration hint) noexcept;

    // Lets the probes fail whose lease is over, in order; the circuit opens when the last one
    // did.
    RESIL_DECL std::optional<circuit_transition> settle(time_point now, double unit) noexcept;

    RESIL_DECL circuit_transition open(circuit_cause cause, time_point since, time_point now,
                                       double unit, duration hint) noexcept;

    // What opened the circuit in the same question, if anything did, stays the cause.
    RESIL_DECL void begin_round(std::optional<circuit_transition>& change,
                                time_point now) noexcept;

    RESIL_DECL std::optional<circuit_transition> force(circuit_state to,
                                                       time_point now) noexcept;

    RESIL_DECL circuit_transition change_to(circuit_state to, circuit_cause cause,
                                            time_point now) noexcept;

    circuit_breaker_options options_;
    circuit_measure measure_;
    circuit_probes probes_;
    circuit_state state_ = circuit_state::closed;
    std::uint64_t generation_ = 0;
    std::uint64_t consecutive_failures_ = 0;
    std::uint64_t admitted_ = 0;
    std::uint64_t rejected_ = 0;
    circuit_open_time open_time_{};
    time_point open_until_{};
    time_point closed_since_{};
    time_point latest_ = time_point::min();
};

} // namespace resil::core

#ifndef RESIL_SEPARATE_COMPILATION
#include <resil/core/circuit_machine.ipp>
#endif

#endif // RESIL_CORE_CIRCUIT_MACHINE_HPP
