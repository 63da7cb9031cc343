// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTS_SIMULATION_BROKEN_POLICIES_HPP
#define RESIL_TESTS_SIMULATION_BROKEN_POLICIES_HPP

#include <resil/core/bulkhead_machine.hpp>
#include <resil/core/circuit_machine.hpp>
#include <resil/detail/bulkhead_layer.hpp>
#include <resil/detail/circuit_breaker_layer.hpp>
#include <resil/retry.hpp>

#include "simulation/explorer.hpp"

#include <memory>
#include <utility>

// Doubles of the policies that hold state of their own. Each has the handle's interface towards
// the layers, and makes one of the mistakes of `defect` if it was told to.
namespace explorer {

/// A bulkhead in which a wake-up, a permit or a limit can go wrong.
class broken_bulkhead
{
public:
    broken_bulkhead(resil::bulkhead_options options, defect wrong)
        : shared_(std::make_shared<shared>(options, wrong))
    {
    }

    resil::bulkhead_snapshot snapshot() const { return shared_->machine.snapshot(); }
    std::string_view name() const noexcept { return {}; }
    duration max_wait() const noexcept { return shared_->options.max_wait; }

    resil::core::bulkhead_entry enter(resil::core::bulkhead_waiter& seat) const
    {
        auto& machine = shared_->machine;
        auto const entry = machine.enter(seat);
        if (shared_->wrong != defect::bulkhead_admits_one_more ||
            entry != resil::core::bulkhead_entry::full || shared_->extra) {
            return entry;
        }
        shared_->extra = true;
        return resil::core::bulkhead_entry::admitted;
    }

    void leave() const noexcept
    {
        if (std::exchange(shared_->leaks_next, false) || std::exchange(shared_->extra, false)) {
            return;
        }
        if (shared_->wrong == defect::bulkhead_loses_wake_up) {
            shared_->leave_without_waking();
            return;
        }
        shared_->wake(shared_->machine.leave());
        if (shared_->wrong == defect::bulkhead_releases_twice) {
            shared_->wake(shared_->machine.leave());
        }
    }

    bool abandon(resil::core::bulkhead_waiter& seat) const noexcept
    {
        bool const was_waiting = shared_->machine.abandon(seat);
        shared_->leaks_next =
            !was_waiting && shared_->wrong == defect::bulkhead_leaks_late_grant;
        return was_waiting;
    }

private:
    struct shared
    {
        shared(resil::bulkhead_options o, defect d) : options(o), wrong(d), machine(options) {}

        void wake(resil::core::bulkhead_waiter* waiter) noexcept
        {
            if (!waiter) {
                return;
            }
            auto& seat = static_cast<resil::detail::bulkhead_seat&>(*waiter);
            seat.grant(seat);
        }

        void leave_without_waking() noexcept
        {
            machine.resize(machine.snapshot().max_concurrent - 1);
            wake(machine.leave());
            machine.resize(machine.snapshot().max_concurrent + 1);
        }

        resil::bulkhead_options options;
        defect wrong;
        resil::core::bulkhead_machine machine;
        bool leaks_next = false;
        bool extra = false;
    };

    std::shared_ptr<shared> shared_;
};

/// A circuit breaker in which generations, probes or verdicts can go wrong.
class broken_breaker
{
public:
    broken_breaker(resil::circuit_breaker_options options, defect wrong)
        : shared_(std::make_shared<shared>(std::move(options), wrong))
    {
    }

    resil::circuit_snapshot snapshot() const
    {
        return shared_->machine.snapshot(shared_->latest);
    }
    std::string_view name() const noexcept { return {}; }

    resil::core::circuit_admission admit(time_point now) const
    {
        shared_->latest = now;
        auto admission = shared_->machine.admit(now, 0.5);
        shared_->tell(admission.transition);
        if ((shared_->wrong == defect::breaker_admits_extra_probe &&
             admission.why == resil::reason::probes_busy) ||
            (shared_->wrong == defect::breaker_passes_while_open &&
             admission.why == resil::reason::circuit_open)) {
            admission.admitted = true;
            admission.permit.generation = shared_->machine.snapshot(now).generation;
        }
        return admission;
    }

    void record(resil::core::circuit_permit permit, resil::judgement const& judged,
                duration elapsed, time_point now) const
    {
        using resil::core::circuit_outcome;
        shared_->latest = now;
        auto outcome = circuit_outcome::neither;
        if (judged.verdict == resil::verdict::success) {
            outcome = circuit_outcome::success;
        } else if (judged.verdict == resil::verdict::transient ||
                   judged.verdict == resil::verdict::permanent ||
                   (judged.verdict == resil::verdict::ignored &&
                    shared_->wrong == defect::breaker_counts_cancellation)) {
            outcome = circuit_outcome::failure;
        }
        if (shared_->wrong == defect::breaker_keeps_cancelled_probe &&
            judged.verdict == resil::verdict::ignored) {
            return;
        }
        if (shared_->wrong == defect::breaker_ignores_generation) {
            permit.generation = shared_->machine.snapshot(now).generation;
        }
        shared_->tell(shared_->machine.record(permit, outcome, elapsed, now, 0.5));
    }

    void abandon(resil::core::circuit_permit permit) const noexcept
    {
        shared_->machine.abandon(permit);
    }

private:
    struct shared
    {
        shared(resil::circuit_breaker_options o, defect d) : wrong(d), machine(std::move(o)) {}

        void tell(std::optional<resil::core::circuit_transition> const& change)
        {
            if (change) {
                machine.options().listener(*change);
            }
        }

        defect wrong;
        resil::core::circuit_machine machine;
        time_point latest{};
    };

    std::shared_ptr<shared> shared_;
};

/// A retry that asks its layer to be wrong, or has rules of its own.
class broken_retry
{
public:
    broken_retry(resil::retry_options options, defect d)
        : inner_(options), rules_(inner_.rules()), wrong_(d)
    {
        rules_.max_attempts += d == defect::retry_makes_one_more;
        if (d == defect::retry_repeats_unsafe) {
            rules_.idempotency = resil::idempotency::safe;
        }
    }

    defect wrong() const noexcept { return wrong_; }
    resil::core::retry_rules const& rules() const noexcept { return rules_; }
    bool is_quiet() const noexcept { return inner_.is_quiet(); }

    duration delay(int failed, duration previous, error_code ec) const
    {
        return inner_.delay(failed, previous, ec);
    }

    double draw() const noexcept { return inner_.draw(); }
    bool budget_allows() const noexcept { return inner_.budget_allows(); }
    void tell_budget(bool success) const noexcept { inner_.tell_budget(success); }

private:
    resil::retry inner_;
    resil::core::retry_rules rules_;
    defect wrong_;
};

} // namespace explorer

namespace resil::detail {

template <>
struct layer_of<explorer::broken_bulkhead> : plain_layer
{
    template <class Call, std::size_t K>
    using state = bulkhead_layer<Call, K>;

    template <class Call>
    using fixture = bulkhead_fixture<Call>;
};

template <>
struct layer_of<explorer::broken_breaker> : plain_layer
{
    template <class Call, std::size_t K>
    using state = circuit_breaker_layer<Call, K>;
};

} // namespace resil::detail

#endif // RESIL_TESTS_SIMULATION_BROKEN_POLICIES_HPP
