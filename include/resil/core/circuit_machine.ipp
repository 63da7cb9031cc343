// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CORE_CIRCUIT_MACHINE_IPP
#define RESIL_CORE_CIRCUIT_MACHINE_IPP

// The bodies of core/circuit_machine.hpp, which includes this unless they are compiled apart; see src.hpp.

#include <algorithm>
#include <utility>

namespace resil::core {

circuit_machine::circuit_machine(circuit_breaker_options options)
    : options_((options.validate(), std::move(options))),
      measure_(options_.window),
      probes_(options_.half_open_max_calls)
{
}

circuit_admission circuit_machine::admit(time_point now, double unit) noexcept
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

std::optional<circuit_transition> circuit_machine::record(circuit_permit permit,
                                                          circuit_outcome outcome,
                                                          duration elapsed, time_point now,
                                                          double unit, duration hint) noexcept
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

void circuit_machine::record_successes(std::uint64_t calls) noexcept
{
    if (calls == 0 || !is_measuring()) {
        return;
    }
    consecutive_failures_ = 0;
    measure_.record_successes(calls, latest_);
}

void circuit_machine::abandon(circuit_permit permit) noexcept
{
    if (permit.generation == generation_) {
        probes_.release(permit.probe);
    }
}

std::optional<circuit_transition> circuit_machine::force_open(time_point now) noexcept
{
    return force(circuit_state::forced_open, now);
}

std::optional<circuit_transition> circuit_machine::force_closed(time_point now) noexcept
{
    return force(circuit_state::forced_closed, now);
}

std::optional<circuit_transition> circuit_machine::metrics_only(time_point now) noexcept
{
    return force(circuit_state::metrics_only, now);
}

std::optional<circuit_transition> circuit_machine::release_force(time_point now) noexcept
{
    bool const forced = state_ == circuit_state::forced_open ||
                        state_ == circuit_state::forced_closed ||
                        state_ == circuit_state::metrics_only;
    return forced ? reset(now) : std::nullopt;
}

std::optional<circuit_transition> circuit_machine::reset(time_point now) noexcept
{
    now = advance(now);
    auto const change = change_to(circuit_state::closed, circuit_cause::by_hand, now);
    open_time_.reset();
    return change.from == change.to ? std::nullopt : std::optional(change);
}

void circuit_machine::reconfigure(circuit_breaker_options options, time_point now)
{
    options.validate();
    auto measure = measure_.resized(options.window);
    auto probes = probes_.resized(options.half_open_max_calls);

    options_ = std::move(options);
    measure_ = std::move(measure);
    probes_ = std::move(probes);
    open_until_ = std::min(open_until_, plus(advance(now), options_.max_open_duration));
}

bool circuit_machine::admits_all() const noexcept
{
    return is_measuring() || state_ == circuit_state::forced_closed;
}

circuit_snapshot circuit_machine::snapshot(time_point now) const noexcept
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

circuit_admission circuit_machine::passed(
    std::uint32_t probe, std::optional<circuit_transition> const& change) noexcept
{
    ++admitted_;
    return {true, {generation_, probe}, duration::zero(), reason::none, change};
}

circuit_admission circuit_machine::rejected(
    reason why, duration retry_after, std::optional<circuit_transition> const& change) noexcept
{
    ++rejected_;
    return {false, {}, retry_after, why, change};
}

bool circuit_machine::is_measuring() const noexcept
{
    return state_ == circuit_state::closed || state_ == circuit_state::metrics_only;
}

void circuit_machine::measure(bool failed, bool slow, time_point now) noexcept
{
    bool const bad = failed || (slow && counts_row(options_));
    consecutive_failures_ = bad ? consecutive_failures_ + 1 : 0;
    measure_.record(failed, slow, now);
}

std::optional<circuit_transition> circuit_machine::record_probe(circuit_permit permit,
                                                                circuit_outcome outcome,
                                                                bool slow, time_point now,
                                                                double unit,
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

std::optional<circuit_transition> circuit_machine::settle(time_point now, double unit) noexcept
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

circuit_transition circuit_machine::open(circuit_cause cause, time_point since, time_point now,
                                         double unit, duration hint) noexcept
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

void circuit_machine::begin_round(std::optional<circuit_transition>& change,
                                  time_point now) noexcept
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

std::optional<circuit_transition> circuit_machine::force(circuit_state to,
                                                         time_point now) noexcept
{
    if (state_ == to) {
        return {};
    }
    return change_to(to, circuit_cause::by_hand, advance(now));
}

circuit_transition circuit_machine::change_to(circuit_state to, circuit_cause cause,
                                              time_point now) noexcept
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

} // namespace resil::core

#endif // RESIL_CORE_CIRCUIT_MACHINE_IPP
