// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_CIRCUIT_MACHINE_HPP
#define RESIL_CORE_CIRCUIT_MACHINE_HPP

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
    explicit circuit_machine(circuit_breaker_options options)
        : options_((options.validate(), std::move(options))),
          measure_(options_.window),
          probes_(options_.half_open_max_calls)
    {
    }

    /// Decides about one call. While the circuit is closed or forced, `now` is not looked at.
    circuit_admission admit(time_point now, double unit) noexcept
    {
        if (state_ == circuit_state::forced_open) {
            return rejected(reason::circuit_forced_open, duration::zero(), {});
        }
        if (admits_all()) {
            return passed(0, {});
        }
        now = advance(now);
        auto change = settle(now, unit);
        if (state_ == circuit_state::open && now < open_until_) {
            return rejected(reason::circuit_open, until(now, open_until_), change);
        }
        if (state_ == circuit_state::open) {
            begin_round(change, now);
        }
        if (probes_.full(options_.half_open_max_calls)) {
            return rejected(reason::probes_busy, probes_.next_lease_end(now), change);
        }
        return passed(probes_.begin(plus(now, options_.probe_lease)), change);
    }

    /**
     * Takes the result of an admitted call.
     *
     * @param elapsed  How long the call took; only for `slow_call_duration`.
     * @param hint     How long the peer asked to be left alone; if this failure opens the
     *                 circuit, it stays open at least so long, up to `max_open_duration`.
     */
    std::optional<circuit_transition> record(circuit_permit permit, circuit_outcome outcome,
                                             duration elapsed, time_point now, double unit,
                                             duration hint = duration::zero()) noexcept
    {
        if (permit.generation != generation_) {
            return {};
        }
        now = advance(now);
        if (state_ == circuit_state::half_open) {
            return record_probe(permit, outcome, is_slow(options_, elapsed), now, unit, hint);
        }
        if (!is_measuring() || outcome == circuit_outcome::neither) {
            return {};
        }
        bool const failed = outcome == circuit_outcome::failure;
        bool const slow = is_slow(options_, elapsed);
        measure(failed, slow, now);
        if (!failed && !slow) {
            return {};
        }
        auto const cause = reason_to_open(options_, measure_.totals(), consecutive_failures_);
        if (!cause || state_ == circuit_state::metrics_only) {
            return {};
        }
        return open(*cause, now, now, unit, hint);
    }

    /// Counts calls that were let pass, while `admits_all`, without asking.
    void count_admitted(std::uint64_t calls) noexcept { admitted_ += calls; }

    /// Takes so many plain successes of this generation at once, as if they had reported at the
    /// moment of the latest question. Takes as many steps, or as the window has if that is less.
    void record_successes(std::uint64_t calls) noexcept
    {
        if (calls == 0 || !is_measuring()) {
            return;
        }
        consecutive_failures_ = 0;
        measure_.record_successes(calls, latest_);
    }

    /// Takes back an admission whose call will never report, without a look at the clock: the
    /// probe's place is free at once. The same as recording `neither`, but for leases that
    /// ended.
    void abandon(circuit_permit permit) noexcept
    {
        if (permit.generation == generation_) {
            probes_.release(permit.probe);
        }
    }

    /// Rejects all calls from now on. Here and below: nothing if that is the state already.
    std::optional<circuit_transition> force_open(time_point now) noexcept
    {
        return force(circuit_state::forced_open, now);
    }

    /// Admits all calls from now on, and measures nothing.
    std::optional<circuit_transition> force_closed(time_point now) noexcept
    {
        return force(circuit_state::forced_closed, now);
    }

    /// Admits all calls from now on, and only measures them.
    std::optional<circuit_transition> metrics_only(time_point now) noexcept
    {
        return force(circuit_state::metrics_only, now);
    }

    /// Ends a forced state: the circuit is closed, and its window empty.
    std::optional<circuit_transition> release_force(time_point now) noexcept
    {
        bool const forced = state_ == circuit_state::forced_open ||
                            state_ == circuit_state::forced_closed ||
                            state_ == circuit_state::metrics_only;
        return forced ? reset(now) : std::nullopt;
    }

    /// Closes the circuit and forgets all that was measured, past openings included. A closed
    /// circuit is emptied, and begins a new generation, without a transition.
    std::optional<circuit_transition> reset(time_point now) noexcept
    {
        now = advance(now);
        auto const change = change_to(circuit_state::closed, circuit_cause::by_hand, now);
        open_time_.reset();
        return change.from == change.to ? std::nullopt : std::optional(change);
    }

    /// Exchanges the options. State, generation, window (of the same kind) and probes in flight
    /// are kept; what is left of an open time is cut to the new maximum; a round of probes
    /// starts counting anew. Throws `invalid_option` or `bad_alloc`, and then nothing has
    /// changed.
    void reconfigure(circuit_breaker_options options, time_point now)
    {
        options.validate();
        auto measure = measure_.resized(options.window);
        auto probes = probes_.resized(options.half_open_max_calls);

        options_ = std::move(options);
        measure_ = std::move(measure);
        probes_ = std::move(probes);
        open_until_ = std::min(open_until_, plus(advance(now), options_.max_open_duration));
    }

    /// Returns the state as of the last question. An open circuit whose time is over stays open
    /// until the next call is to be admitted.
    circuit_state state() const noexcept { return state_; }

    /// Returns the generation; it changes with the state, and with a reset.
    std::uint64_t generation() const noexcept { return generation_; }

    /// Returns the time of the latest question that looked at it; `min()` before the first.
    time_point latest() const noexcept { return latest_; }

    /// Says whether, in this state, every call is admitted.
    bool admits_all() const noexcept
    {
        return is_measuring() || state_ == circuit_state::forced_closed;
    }

    /// Returns until when a success counts as one of the latest question's moment: up to the
    /// end of its bucket in a time window, and for ever in the others.
    time_point bucket_end() const noexcept { return measure_.bucket_end(latest_); }

    /// Returns the numbers of this moment; changes nothing, ended leases count as failed probes
    /// only with the next call.
    circuit_snapshot snapshot(time_point now) const noexcept
    {
        now = std::max(now, latest_);
        bool const is_open = state_ == circuit_state::open;
        auto const totals = is_measuring() ? measure_.totals(now) : measure_.totals();

        circuit_snapshot s;
        s.state = state_;
        s.calls = totals.calls;
        s.failures = totals.failures;
        s.slow = totals.slow;
        s.failure_ratio = share(totals.failures, totals.calls);
        s.slow_ratio = share(totals.slow, totals.calls);
        s.consecutive_failures = consecutive_failures_;
        s.generation = generation_;
        s.retry_after = is_open ? until(now, open_until_) : duration::zero();
        s.probes_in_flight = probes_.in_flight(now);
        s.probe_successes = probes_.successes();
        s.probe_failures = probes_.failures();
        s.admitted = admitted_;
        s.rejected = rejected_;
        return s;
    }

    /// Returns the options in force.
    circuit_breaker_options const& options() const noexcept { return options_; }

private:
    circuit_admission passed(std::uint32_t probe,
                             std::optional<circuit_transition> const& change) noexcept
    {
        ++admitted_;
        return {true, {generation_, probe}, duration::zero(), reason::none, change};
    }

    circuit_admission rejected(reason why, duration retry_after,
                               std::optional<circuit_transition> const& change) noexcept
    {
        ++rejected_;
        return {false, {}, retry_after, why, change};
    }

    time_point advance(time_point now) noexcept { return latest_ = std::max(latest_, now); }

    bool is_measuring() const noexcept
    {
        return state_ == circuit_state::closed || state_ == circuit_state::metrics_only;
    }

    void measure(bool failed, bool slow, time_point now) noexcept
    {
        bool const bad = failed || (slow && counts_row(options_));
        consecutive_failures_ = bad ? consecutive_failures_ + 1 : 0;
        measure_.record(failed, slow, now);
    }

    std::optional<circuit_transition> record_probe(circuit_permit permit,
                                                   circuit_outcome outcome, bool slow,
                                                   time_point now, double unit,
                                                   duration hint) noexcept
    {
        auto change = settle(now, unit);
        if (change || !probes_.release(permit.probe) || outcome == circuit_outcome::neither) {
            return change;
        }
        if (outcome == circuit_outcome::failure || slow) {
            ++consecutive_failures_;
            probes_.count_failure();
            return round_lost(options_, probes_.failures())
                       ? std::optional(open(circuit_cause::probes_failed, now, now, unit, hint))
                       : std::nullopt;
        }
        consecutive_failures_ = 0;
        probes_.count_success();
        return round_won(options_, probes_.successes())
                   ? std::optional(
                         change_to(circuit_state::closed, circuit_cause::probes_succeeded, now))
                   : std::nullopt;
    }

    // Lets the probes fail whose lease is over, in order; the circuit opens when the last one
    // did.
    std::optional<circuit_transition> settle(time_point now, double unit) noexcept
    {
        while (auto const ended = probes_.expire_one(now)) {
            ++consecutive_failures_;
            probes_.count_failure();
            if (round_lost(options_, probes_.failures())) {
                return open(circuit_cause::probe_lease_ended, *ended, now, unit, {});
            }
        }
        return {};
    }

    circuit_transition open(circuit_cause cause, time_point since, time_point now, double unit,
                            duration hint) noexcept
    {
        if (state_ == circuit_state::closed) {
            open_time_.on_closed_for(until(closed_since_, now));
        }
        duration const open_for = open_time_.next(options_, hint, unit);
        open_until_ = plus(since, open_for);

        auto change = change_to(circuit_state::open, cause, now);
        change.open_for = open_for;
        return change;
    }

    // What opened the circuit in the same question, if anything did, stays the cause.
    void begin_round(std::optional<circuit_transition>& change, time_point now) noexcept
    {
        auto const cause = circuit_cause::open_time_over;
        auto const round = change_to(circuit_state::half_open, cause, now);
        if (!change) {
            change = round;
            return;
        }
        change->to = round.to;
        change->generation = round.generation;
        change->open_for = duration::zero();
    }

    std::optional<circuit_transition> force(circuit_state to, time_point now) noexcept
    {
        if (state_ == to) {
            return {};
        }
        return change_to(to, circuit_cause::by_hand, advance(now));
    }

    circuit_transition change_to(circuit_state to, circuit_cause cause, time_point now) noexcept
    {
        circuit_transition change;
        change.from = state_;
        change.to = to;
        change.cause = cause;
        change.snapshot = snapshot(now);
        change.generation = ++generation_;
        state_ = to;
        probes_.clear();
        if (to == circuit_state::closed) {
            measure_.clear();
            consecutive_failures_ = 0;
            closed_since_ = now;
        }
        return change;
    }

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

#endif // RESIL_CORE_CIRCUIT_MACHINE_HPP
