// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Random histories of a circuit, and an auditor that knows what must hold after every step.

#include <resil/core/circuit_machine.hpp>
#include <resil/core/random.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <core/words.hpp>
#include <optional>
#include <vector>

using namespace resil;
using namespace resil::core;
using namespace resil::tests;
using enum circuit_state;

namespace {

struct outstanding
{
    circuit_permit permit;
    time_point admitted_at;
};

circuit_breaker_options random_options(generator& draw)
{
    auto const below = [&](std::uint64_t n) { return static_cast<int>(draw.next() % n); };
    circuit_breaker_options options;
    switch (below(3)) {
    case 0: options.window = circuit_window::time((1 + below(20)) * 1s, 1 + below(12)); break;
    case 1: options.window = circuit_window::count(1 + below(20)); break;
    default: options.window = circuit_window::consecutive(1 + below(6)); break;
    }
    options.failure_ratio = 0.1 + 0.9 * draw.unit();
    options.minimum_calls = 1 + below(10);
    options.slow_call_duration = below(2) * 500ms;
    options.open_duration = (1 + below(5)) * 1s;
    options.max_open_duration = options.open_duration * (1 + below(8));
    options.open_jitter_ratio = below(2) * 0.1;
    options.half_open_max_calls = 1 + below(5);
    options.half_open_required_successes = 1 + below(options.half_open_max_calls);
    options.probe_lease = (1 + below(5)) * 1s;
    return options;
}

class history
{
public:
    explicit history(std::uint64_t seed)
        : draw_(seed), options_(random_options(draw_)), machine_(options_)
    {
    }

    void step()
    {
        now_ +=
            std::chrono::milliseconds(draw_.next() % (draw_.next() % 40 == 0 ? 30'000 : 300));
        before_ = machine_.snapshot(now_);
        auto const choice = draw_.next() % 100;
        if (choice < 50 || calls_.empty()) {
            ask();
        } else if (choice < 95) {
            report();
        } else if (choice < 97) {
            auto const call = take();
            machine_.abandon(call.permit);
            no_change();
        } else {
            by_hand();
        }
        auto const after = machine_.snapshot(now_);
        REQUIRE(after.state == machine_.state());
        REQUIRE(after.probes_in_flight <= places());
        REQUIRE(after.failures <= after.calls);
        REQUIRE(after.slow <= after.calls);
        REQUIRE((after.state == half_open || after.probes_in_flight == 0));
        REQUIRE(after.probe_successes + after.probe_failures <= places());
    }

    /// However it came about, after the longest open time and lease some call is admitted.
    void never_wedged()
    {
        if (machine_.state() == forced_open) {
            machine_.release_force(now_);
        }
        now_ += options_.max_open_duration + options_.probe_lease;
        REQUIRE(machine_.admit(now_, draw_.unit()).admitted);
    }

private:
    std::uint64_t places() const
    {
        return static_cast<std::uint64_t>(options_.half_open_max_calls);
    }

    void ask()
    {
        auto const unit = draw_.unit();
        auto const admission = machine_.admit(now_, unit);
        follow(admission.transition);
        auto const after = machine_.snapshot(now_);
        REQUIRE(after.admitted == before_.admitted + admission.admitted);
        REQUIRE(after.rejected == before_.rejected + !admission.admitted);
        REQUIRE(admission.admitted == (admission.why == reason::none));
        REQUIRE((admission.retry_after >= 0s && admission.retry_after <= longest_wait()));
        if (admission.admitted) {
            REQUIRE(admission.permit.generation == after.generation);
            REQUIRE((admission.permit.probe != 0) == (machine_.state() == half_open));
            REQUIRE((machine_.state() != open && machine_.state() != forced_open));
            calls_.push_back({admission.permit, now_});
            return;
        }
        switch (machine_.state()) {
        case open: {
            REQUIRE(admission.why == reason::circuit_open);
            REQUIRE(now_ < open_until_);
            REQUIRE(admission.retry_after == open_until_ - now_);
            break;
        }
        case half_open: REQUIRE(admission.why == reason::probes_busy); break;
        case forced_open: REQUIRE(admission.why == reason::circuit_forced_open); break;
        default: FAIL("rejected while " << machine_.state());
        }
    }

    void report()
    {
        auto const call = take();
        auto const outcome = static_cast<circuit_outcome>(draw_.next() % 3);
        bool const late = call.permit.generation != before_.generation;
        bool const too_late =
            call.permit.probe != 0 && call.admitted_at + options_.probe_lease <= now_;

        auto const change =
            machine_.record(call.permit, outcome, now_ - call.admitted_at, now_, draw_.unit());

        auto const after = machine_.snapshot(now_);
        follow(change);
        if (late) {
            no_change();
        }
        if (too_late) {
            REQUIRE(after.probe_successes <= before_.probe_successes);
            REQUIRE((before_.state == closed || machine_.state() != closed));
        }
        if (!late && before_.state == closed && machine_.state() == closed) {
            REQUIRE(after.calls <= before_.calls + (outcome != circuit_outcome::neither));
        }
    }

    void by_hand()
    {
        switch (draw_.next() % 6) {
        case 0: follow(machine_.force_open(now_)); break;
        case 1: follow(machine_.force_closed(now_)); break;
        case 2: follow(machine_.metrics_only(now_)); break;
        case 3: machine_.reset(now_); break;
        default: machine_.release_force(now_); break;
        }
    }

    // What a step may change of the state, it reports, and only along known ways.
    void follow(std::optional<circuit_transition> const& change)
    {
        auto const after = machine_.snapshot(now_);
        if (!change) {
            REQUIRE(after.state == before_.state);
            REQUIRE(after.generation == before_.generation);
            return;
        }
        REQUIRE(change->from == before_.state);
        REQUIRE(change->to == after.state);
        REQUIRE(change->generation == after.generation);
        REQUIRE(after.generation > before_.generation);
        REQUIRE(change->snapshot.state == change->from);
        switch (change->cause) {
        case circuit_cause::failure_ratio:
            REQUIRE((change->from == closed && change->to == open));
            REQUIRE(change->snapshot.failure_ratio >= options_.failure_ratio);
            break;
        case circuit_cause::slow_ratio:
            REQUIRE((change->from == closed && change->to == open));
            REQUIRE(change->snapshot.slow_ratio >= options_.slow_ratio);
            break;
        case circuit_cause::consecutive_failures:
            REQUIRE((change->from == closed && change->to == open));
            break;
        case circuit_cause::open_time_over:
            REQUIRE((change->from == open && change->to == half_open));
            REQUIRE(now_ >= open_until_);
            break;
        case circuit_cause::probes_succeeded:
            REQUIRE((change->from == half_open && change->to == closed));
            break;
        case circuit_cause::probes_failed:
            REQUIRE((change->from == half_open && change->to == open));
            break;
        case circuit_cause::probe_lease_ended: REQUIRE(change->from == half_open); break;
        case circuit_cause::by_hand: break;
        }
        REQUIRE((change->open_for > 0s) == (change->to == open));
        REQUIRE(change->open_for <= options_.max_open_duration);
        if (change->to == open) {
            bool const at_once = change->cause != circuit_cause::probe_lease_ended;
            REQUIRE((!at_once || after.retry_after == change->open_for));
            REQUIRE(after.retry_after <= change->open_for);
            open_until_ = now_ + after.retry_after;
        }
    }

    void no_change()
    {
        auto const after = machine_.snapshot(now_);
        REQUIRE(after.state == before_.state);
        REQUIRE(after.generation == before_.generation);
        REQUIRE(after.calls == before_.calls);
        REQUIRE(after.failures == before_.failures);
        REQUIRE(after.probe_successes == before_.probe_successes);
        REQUIRE(after.probe_failures == before_.probe_failures);
    }

    duration longest_wait() const
    {
        return std::max(options_.max_open_duration, options_.probe_lease);
    }

    outstanding take()
    {
        auto const place = draw_.next() % calls_.size();
        std::swap(calls_[place], calls_.back());
        auto const call = calls_.back();
        calls_.pop_back();
        return call;
    }

    generator draw_;
    circuit_breaker_options options_;
    circuit_machine machine_;
    std::vector<outstanding> calls_{};
    circuit_snapshot before_{};
    time_point now_ = at(0s);
    time_point open_until_{};
};

} // namespace

TEST_CASE("whatever happens to a circuit, it keeps every promise", "[circuit]")
{
    auto const first = GENERATE(0, 1000, 2000, 3000);
    for (int i = 0; i < 100; ++i) {
        auto const seed = static_cast<std::uint64_t>(first + i);
        CAPTURE(seed);
        history one(seed);
        for (int step = 0; step < 400; ++step) {
            one.step();
        }
        one.never_wedged();
    }
}
