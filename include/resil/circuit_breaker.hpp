// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_CIRCUIT_BREAKER_HPP
#define RESIL_CIRCUIT_BREAKER_HPP

#include <resil/config.hpp>
#include <resil/core/circuit_lane.hpp>
#include <resil/core/circuit_machine.hpp>
#include <resil/core/circuit_options.hpp>
#include <resil/core/circuit_state.hpp>
#include <resil/core/random.hpp>
#include <resil/detail/circuit_breaker_layer.hpp>
#include <resil/detail/entropy.hpp>
#include <resil/detail/initiate.hpp>
#include <resil/detail/policy_description.hpp>
#include <resil/error.hpp>
#include <resil/verdict.hpp>

#include <chrono>
#include <concepts>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace resil {

namespace detail {

/// What the copies of a breaker share, whatever they judge by. The mutex guards what is not const,
/// but for the lane, which most attempts pass without it.
struct shared_circuit
{
    RESIL_DECL explicit shared_circuit(circuit_breaker_options o);

    /// The options without what runs user code when it is copied, for use under the mutex.
    RESIL_DECL static circuit_breaker_options numbers_of(circuit_breaker_options const& o);

    /// Asks the machine something, under the mutex: what passed before is counted before.
    template <class Function>
    auto ask(Function question)
    {
        struct following
        {
            shared_circuit& self;
            ~following() { self.lane.follow(self.machine); }
        };
        lane.drain(machine);
        following const afterwards{*this};
        return question(machine);
    }

    std::string const name;
    std::mutex mutex;
    core::circuit_machine machine;
    core::circuit_lane lane;
    core::generator generator;
    std::shared_ptr<circuit_breaker_options const> options;
};

} // namespace detail

/**
 * Stops calling what is broken, and finds out by a few probes when it is whole again.
 *
 * Every attempt asks for admission and reports how it went. When too many failed, or were too slow, the circuit opens
 * and attempts are rejected with `errc::circuit_open`, without an exception or an allocation, and with
 * `failure::retry_after()`. After the open time a few probes are admitted; enough successes close the circuit. A probe
 * holds a lease: one that never answers has failed when the lease ends, so the circuit cannot wedge. A result from
 * before the last change of state changes nothing. Cancelled attempts, and rejections from further inside, count
 * neither as success nor as failure.
 *
 * Only a failure or a slow call opens the circuit; a plain success is measured. In a time window it counts at the
 * moment of its admission, unless there is a `slow_call_duration`; all else counts when it ends.
 *
 * A handle: copies share the circuit, among any pipelines, contexts and threads. Use one a dependency.
 * `Classifier` judges outcomes; see `basic_retry`.
 *
 * Completion signature: unchanged.
 * Cancellation: passed on to the attempt; a cancelled probe frees its place at once.
 * Errors: `errc::circuit_open`, with `reason::circuit_open`, `probes_busy` or `circuit_forced_open`.
 * Lifetimes: a call keeps the circuit. A context that is destroyed gives the probes back that ran on it.
 * Thread safety: safe, shared objects too. Admission by a closed circuit, and a success, take one atomic operation
 * each; for all else a mutex is held for some tens of nanoseconds, never while user code runs.
 * Exceptions: making one throws `invalid_option`, `bad_alloc`, and what the system's random source throws; describing
 * one, `bad_alloc`; the others what locking a mutex throws.
 * Calls: the listener, after a change of state, on the thread that caused it, outside the lock; what it throws is
 * dropped. The classifier, on the call's executor.
 * Cost: no allocation an attempt.
 *
 * Example:
 *
 *     struct billing_client
 *     {
 *         resil::circuit_breaker breaker{{.name = "billing"}}; // one for the service, shared by all
 *         resil::pipeline<resil::retry, resil::circuit_breaker, resil::timeout> reads{
 *             resil::retry{{.idempotency = resil::idempotency::safe}}, breaker, resil::timeout{1s}};
 *         resil::pipeline<resil::circuit_breaker, resil::timeout> writes{breaker,
 *                                                                        resil::timeout{3s}};
 *     };
 */
template <class Classifier = judge_error>
class basic_circuit_breaker : public detail::calls<basic_circuit_breaker<Classifier>>
{
public:
    /// Starts closed. Throws `invalid_option` if an option is out of range.
    explicit basic_circuit_breaker(circuit_breaker_options options = {}, Classifier classifier = {})
        : shared_(std::make_shared<detail::shared_circuit>(std::move(options))), classifier_(std::move(classifier))
    {
    }

    /// Returns a breaker that shares the circuit with this one but judges by `classifier`.
    template <class Other>
    basic_circuit_breaker<Other> judged_by(Other classifier) const
    {
        return basic_circuit_breaker<Other>(shared_, std::move(classifier));
    }

    /// Returns the state as of the last attempt.
    circuit_state state() const
    {
        std::lock_guard lock(shared_->mutex);
        return shared_->machine.state();
    }

    /// Returns the numbers as of the last attempt that was counted or rejected, for the eye.
    circuit_snapshot snapshot() const { return snapshot(time_point::min()); }

    /// Returns the numbers as of `now`: an open time that has gone by, a window that has aged.
    circuit_snapshot snapshot(time_point now) const
    {
        std::lock_guard lock(shared_->mutex);
        return shared_->ask([&](auto& machine) { return machine.snapshot(now); });
    }

    /// Returns the name given in the options.
    std::string_view name() const noexcept { return shared_->name; }

    /// Rejects every attempt until `release_force`.
    void force_open() const
    {
        change([](auto& machine) { return machine.force_open(machine.latest()); });
    }

    /// Admits every attempt, and measures nothing, until `release_force`.
    void force_closed() const
    {
        change([](auto& machine) { return machine.force_closed(machine.latest()); });
    }

    /// Admits every attempt and measures, until `release_force`.
    void metrics_only() const
    {
        change([](auto& machine) { return machine.metrics_only(machine.latest()); });
    }

    /// Ends a forced state: the circuit is closed, with an empty window.
    void release_force() const
    {
        change([](auto& machine) { return machine.release_force(machine.latest()); });
    }

    /// Closes the circuit and forgets what was measured.
    void reset() const
    {
        change([](auto& machine) { return machine.reset(machine.latest()); });
    }

    /**
     * Exchanges the options while calls are running; window, state and probes are kept.
     *
     * The name stays what it was. Throws `invalid_option` or `bad_alloc`; then nothing has changed.
     */
    void reconfigure(circuit_breaker_options options) const
    {
        auto numbers = detail::shared_circuit::numbers_of(options);
        auto exchanged = std::make_shared<circuit_breaker_options const>(std::move(options));
        std::lock_guard lock(shared_->mutex);
        shared_->ask([&](auto& machine) {
            machine.reconfigure(std::move(numbers), machine.latest());
        });
        shared_->options.swap(exchanged);
    }

    /// Asks for admission; for layers and for synchronous code. Give the permit back.
    core::circuit_admission admit(time_point now) const
    {
        if (auto const permit = shared_->lane.admit()) {
            return {.admitted = true, .permit = *permit};
        }
        return admit_by_machine(now);
    }

    /// Admits an attempt if neither that nor its success needs the time: the circuit is closed, its
    /// window is none of time, and there is no `slow_call_duration`. Else nothing happens: ask `admit`.
    std::optional<core::circuit_permit> admit_untimed() const noexcept
    {
        return shared_->lane.admit_untimed();
    }

    /// Reports how an admitted attempt went: its verdict, how long it took, and when it ended.
    void record(core::circuit_permit permit, judgement const& judged, duration elapsed,
                time_point now) const
    {
        auto const outcome = outcome_of(judged.verdict);
        if (outcome == core::circuit_outcome::success &&
            shared_->lane.record_success(permit, elapsed, now)) {
            return;
        }
        if (outcome == core::circuit_outcome::neither && permit.probe == 0) {
            return;
        }
        record_in_machine(permit, outcome, elapsed, now,
                          judged.retry_after.value_or(duration::zero()));
    }

    /**
     * Reports a success without asking when it came: it counts at the moment of its admission.
     *
     * False, and nothing happens, if its end matters: it is a probe's, or there is a
     * `slow_call_duration`. Then ask `record`.
     */
    bool record_success(core::circuit_permit permit, time_point admitted_at) const
    {
        if (permit.probe != 0 || shared_->lane.times_calls()) {
            return false;
        }
        if (!shared_->lane.record_success(permit, duration::zero(), admitted_at)) {
            record_in_machine(permit, core::circuit_outcome::success, duration::zero(),
                              admitted_at, duration::zero());
        }
        return true;
    }

    /// Takes back an admission that nobody will report on.
    void abandon(core::circuit_permit permit) const noexcept
    {
        if (permit.probe != 0) { // only a probe holds something
            std::lock_guard lock(shared_->mutex);
            shared_->machine.abandon(permit);
        }
    }

    /// Returns the classifier; only of a breaker that has one of its own.
    Classifier const& classifier() const noexcept
        requires(!std::same_as<Classifier, judge_error>)
    {
        return classifier_;
    }

    /// Says whether two handles share one circuit.
    template <class Other>
    bool shares_with(basic_circuit_breaker<Other> const& other) const noexcept
    {
        return shared_ == other.shared_;
    }

    /// Identifies the shared circuit, for finding one that stands twice in a pipeline.
    void const* identity() const noexcept { return shared_.get(); }

    /// Returns the options in force.
    circuit_breaker_options options() const { return *current_options(); }

    /// Says what this policy is, for the rules of order and for printing.
    auto description() const
    {
        auto const current = current_options();
        return detail::policy_description{
            .kind = detail::policy_kind::circuit_breaker,
            .text = "circuit_breaker(" + (name().empty() ? "" : shared_->name + ", ") +
                    "opens for " + core::text(current->open_duration) + ")",
            .lease = current->probe_lease,
            .identity = identity()};
    }

    /// Returns this policy as the only one of a call.
    auto policies() const { return detail::own_policies<basic_circuit_breaker>(*this); }

private:
    template <class>
    friend class basic_circuit_breaker;

    basic_circuit_breaker(std::shared_ptr<detail::shared_circuit> s, Classifier classifier)
        : shared_(std::move(s)), classifier_(std::move(classifier))
    {
    }

    std::shared_ptr<circuit_breaker_options const> current_options() const
    {
        std::lock_guard lock(shared_->mutex);
        return shared_->options;
    }

    core::circuit_admission admit_by_machine(time_point now) const
    {
        std::unique_lock lock(shared_->mutex);
        auto const admission = shared_->ask([&](auto& machine) {
            return machine.admit(now, shared_->generator.unit());
        });
        tell(admission.transition, std::move(lock));
        return admission;
    }

    void record_in_machine(core::circuit_permit permit, core::circuit_outcome outcome,
                           duration elapsed, time_point now, duration hint) const
    {
        change([&](auto& machine) {
            return machine.record(permit, outcome, elapsed, now, shared_->generator.unit(), hint);
        });
    }

    static core::circuit_outcome outcome_of(verdict v) noexcept
    {
        switch (v) {
        case verdict::success: return core::circuit_outcome::success;
        case verdict::transient:
        case verdict::permanent: return core::circuit_outcome::failure;
        case verdict::throttled:
        case verdict::ignored: break;
        }
        return core::circuit_outcome::neither;
    }

    template <class Function>
    void change(Function f) const
    {
        std::unique_lock lock(shared_->mutex);
        auto const changed = shared_->ask(f);
        tell(changed, std::move(lock));
    }

    // The state is published, and the lock given back, before anybody is told.
    void tell(std::optional<core::circuit_transition> const& changed,
              std::unique_lock<std::mutex> lock) const
    {
        if (!changed) {
            return;
        }
        auto const current = shared_->options;
        lock.unlock();
        if (!current->listener) {
            return;
        }
        circuit_event event = *changed;
        event.name = shared_->name;
        try {
            current->listener(event);
        } catch (...) {
        }
    }

    std::shared_ptr<detail::shared_circuit> shared_;
    [[no_unique_address]] Classifier classifier_;
};

template <class Classifier>
basic_circuit_breaker(circuit_breaker_options, Classifier) -> basic_circuit_breaker<Classifier>;

/// The breaker that judges by error codes, or by the classifier of its pipeline.
using circuit_breaker = basic_circuit_breaker<>;

namespace detail {

template <class Classifier>
struct layer_of<basic_circuit_breaker<Classifier>> : plain_layer
{
    static constexpr bool timed = false; // it depends on the options

    template <class Call, std::size_t K>
    using state = circuit_breaker_layer<Call, K>;
};

} // namespace detail
} // namespace resil

#ifndef RESIL_SEPARATE_COMPILATION
#include <resil/circuit_breaker.ipp>
#endif

#endif // RESIL_CIRCUIT_BREAKER_HPP
