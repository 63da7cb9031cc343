// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/bulkhead.hpp>
#include <resil/circuit_breaker.hpp>

#include "support/stage.hpp"
#include "support/subject.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>

// One object shared by calls on two contexts: either context may die first, at any step.

namespace contract {
namespace {

using namespace std::chrono_literals;

resil::bulkhead one_at_a_time()
{
    return resil::bulkhead{{.max_concurrent = 1, .max_queued = 4, .max_wait = 1h}};
}

/// Two contexts; the call of the first holds the permit, that of the second waits for it.
struct two_contexts
{
    explicit two_contexts(ground g) : first(g), second(g)
    {
        first.operation.succeeds(1).after(5ms);
        second.operation.succeeds(2).after(5ms);
        on(first, shared).start(first);
        first.step();
        on(second, shared).start(second);
        second.step();
        REQUIRE(shared.snapshot().queued == 1);
    }

    stage first;
    stage second;
    resil::bulkhead shared = one_at_a_time();
};

TEST_CASE("a permit is passed on when its holder's context dies", "[contract][sharing]")
{
    for (ground const g : all_grounds) {
        two_contexts both(g);

        both.first.destroy();
        both.second.run();

        CHECK(both.first.record.calls == 0);
        CHECK(both.first.record.destroyed == 1);
        CHECK(both.second.record.calls == 1);
        CHECK(both.second.record.value == 2);
        CHECK(both.second.record.found == violations());
        CHECK(both.shared.snapshot().in_use == 0);
    }
}

TEST_CASE("a waiter leaves the queue when its context dies", "[contract][sharing]")
{
    for (ground const g : all_grounds) {
        two_contexts both(g);

        both.second.destroy();
        CHECK(both.shared.snapshot().queued == 0);
        both.first.run();

        CHECK(both.first.record.calls == 1);
        CHECK(both.second.record.destroyed == 1);
        CHECK(both.shared.snapshot().in_use == 0);
    }
}

TEST_CASE("a permit on its way to a context that dies comes back", "[contract][sharing]")
{
    for (ground const g : all_grounds) {
        two_contexts both(g);

        both.first.run();
        CHECK(both.shared.snapshot().in_use == 1);
        both.second.destroy();

        CHECK(both.second.record.calls == 0);
        CHECK(both.second.record.destroyed == 1);
        CHECK(both.shared.snapshot().in_use == 0);
        CHECK(both.shared.snapshot().queued == 0);
    }
}

TEST_CASE("two contexts that share a bulkhead die in any order at any step", "[contract][sharing]")
{
    for (ground const g : all_grounds) {
        for (int a = 0; a < 6; ++a) {
            for (int b = 0; b < 6; ++b) {
                two_contexts both(g);
                for (int i = 0; i < a; ++i) {
                    both.first.step();
                }
                for (int i = 0; i < b; ++i) {
                    both.second.step();
                }
                bool const first_dies = (a + b) % 2 == 0;
                (first_dies ? both.first : both.second).destroy();
                (first_dies ? both.second : both.first).run();

                INFO("after " << a << " and " << b << " steps, on " << to_string(g));
                CHECK((first_dies ? both.second : both.first).record.calls == 1);
                CHECK(both.first.record.found == violations());
                CHECK(both.second.record.found == violations());
                CHECK(both.shared.snapshot().in_use == 0);
            }
        }
    }
}

TEST_CASE("a probe's place is free when its context dies", "[contract][sharing]")
{
    resil::circuit_breaker const shared{{.window = resil::circuit_window::consecutive(1),
                                         .minimum_calls = 1,
                                         .open_duration = 10ms,
                                         .open_jitter_ratio = 0,
                                         .half_open_max_calls = 1,
                                         .half_open_required_successes = 1,
                                         .probe_lease = 1h}};
    stage first(ground::unknown);
    stage second(ground::unknown);
    auto const then = first.time().now() - 20ms;
    shared.record(shared.admit(then).permit, resil::verdict::permanent, 0ms, then);
    first.operation.hangs();
    second.operation.succeeds(2);

    on(first, shared).start(first);
    first.step();
    REQUIRE(shared.snapshot().probes_in_flight == 1);
    first.destroy();
    CHECK(shared.snapshot().probes_in_flight == 0);
    on(second, shared).start(second);
    second.run();

    CHECK(second.record.code == resil::error_code());
    CHECK(shared.state() == resil::circuit_state::closed);
}

TEST_CASE("the shared object may be destroyed before the contexts", "[contract][sharing]")
{
    stage first(ground::unknown);
    stage second(ground::strand);
    first.operation.succeeds(1).after(5ms);
    second.operation.succeeds(2).after(5ms);
    {
        resil::bulkhead const shared = one_at_a_time();
        on(first, shared).start(first);
        first.step();
        on(second, shared).start(second);
        second.step();
    }

    first.run();
    second.run();

    CHECK(first.record.calls == 1);
    CHECK(second.record.calls == 1);
}

} // namespace
} // namespace contract
