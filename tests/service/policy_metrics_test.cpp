// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/service/policy_metrics.hpp> // self-contained

#include <resil/bulkhead.hpp>
#include <resil/circuit_breaker.hpp>
#include <resil/connection_pool.hpp>
#include <resil/deadline.hpp>
#include <resil/fallback.hpp>
#include <resil/pipeline.hpp>
#include <resil/retry.hpp>
#include <resil/service/prometheus_text.hpp>
#include <resil/timeout.hpp>

#include "service/promtool.hpp"
#include "support/scripted_connector.hpp"
#include "support/steady_retry.hpp"
#include "support/world.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

using namespace support;
using resil::service::metrics;
using resil::service::policy_metrics;
using resil::service::prometheus_text;

namespace {

/// Returns what follows a name and its labels in the text for Prometheus; empty if there is no such line.
std::string shown(metrics const& all, std::string_view series)
{
    std::string const text = "\n" + prometheus_text(all);
    std::string const start = "\n" + std::string(series) + " ";
    auto const found = text.find(start);
    if (found == text.npos) {
        return {};
    }
    auto const value = found + start.size();
    return text.substr(value, text.find('\n', value) - value);
}

/// Calls through all policies, from one endpoint to one dependency.
struct measured_world : world
{
    void run(scripted_operation<int> op)
    {
        auto const done = call(everything, std::move(op));
        time.advance(1h);
        CHECK(done.done());
    }

    /// Returns a number of the calls of this endpoint.
    std::string of_calls(std::string const& name, std::string const& more = "") const
    {
        return shown(registry, name + R"({endpoint="GET /product",dependency="catalogue")" + more + "}");
    }

    metrics const registry;
    policy_metrics const policies{registry};
    bool fallback_allowed = false;
    resil::retry_budget budget;
    resil::circuit_breaker breaker{{.name = "catalogue",
                                    .window = resil::circuit_window::consecutive(4),
                                    .listener = policies.circuit_listener()}};
    resil::bulkhead bulkhead{{.max_concurrent = 3}};
    resil::pipeline<resil::observe<resil::service::call_observer>, resil::fallback<int>,
                    resil::deadline, resil::retry, resil::circuit_breaker, resil::bulkhead,
                    resil::timeout>
        everything{resil::observe{policies.observer("GET /product", "catalogue")},
                   resil::fallback{7, {.handles = [this](auto const&) { return fallback_allowed; }}},
                   resil::deadline{250ms},
                   resil::retry{{.max_attempts = 3,
                                 .backoff = resil::backoff::fixed(10ms),
                                 .jitter = resil::jitter::none,
                                 .idempotency = idempotency::safe,
                                 .budget = budget}},
                   breaker,
                   bulkhead,
                   resil::timeout{100ms}};
};

} // namespace

TEST_CASE("a call that succeeds at once is one call and one attempt", "[policy_metrics]")
{
    measured_world w;
    w.run(scripted_operation<int>().succeeds(1).after(30ms));

    CHECK(w.of_calls("resil_calls_total", R"(,outcome="success")") == "1");
    CHECK(w.of_calls("resil_attempts_total", R"(,verdict="success")") == "1");
    CHECK(w.of_calls("resil_call_duration_seconds_sum", R"(,success="true")") == "0.03");
    CHECK(w.of_calls("resil_call_duration_seconds_count", R"(,success="false")") == "0");
    CHECK(w.of_calls("resil_attempt_duration_seconds_sum") == "0.03");
    CHECK(w.of_calls("resil_retries_total") == "0");
}

TEST_CASE("calls and their attempts are counted apart", "[policy_metrics]")
{
    measured_world w;
    w.run(scripted_operation<int>().fails(net::eof).after(20ms).hangs().succeeds(1).after(5ms));

    CHECK(w.of_calls("resil_calls_total", R"(,outcome="success")") == "1");
    CHECK(w.of_calls("resil_attempts_total", R"(,verdict="transient")") == "1");
    CHECK(w.of_calls("resil_attempts_total", R"(,verdict="ignored")") == "1");
    CHECK(w.of_calls("resil_attempts_total", R"(,verdict="success")") == "1");
    CHECK(w.of_calls("resil_retries_total") == "2");
    CHECK(w.of_calls("resil_expirations_total", R"(,policy="timeout")") == "1");
    CHECK(w.of_calls("resil_call_duration_seconds_sum", R"(,success="true")") == "0.145");
    CHECK(w.of_calls("resil_attempt_duration_seconds_sum") == "0.125");
    CHECK(w.of_calls("resil_attempt_duration_seconds_count") == "3");
}

TEST_CASE("a call is counted by how it ended", "[policy_metrics]")
{
    measured_world w;
    w.run(scripted_operation<int>().fails(net::access_denied)); // permanent
    CHECK(w.of_calls("resil_calls_total", R"(,outcome="failed")") == "1");
    CHECK(w.of_calls("resil_attempts_total", R"(,verdict="permanent")") == "1");

    w.run(scripted_operation<int>().hangs());
    CHECK(w.of_calls("resil_calls_total", R"(,outcome="timed_out")") == "1");
    CHECK(w.of_calls("resil_expirations_total", R"(,policy="deadline")") == "1");

    auto const given_up = w.call(w.everything, scripted_operation<int>().hangs());
    given_up.cancel();
    w.time.run_ready();
    CHECK(w.of_calls("resil_calls_total", R"(,outcome="cancelled")") == "1");

    w.breaker.force_open();
    w.run(scripted_operation<int>());
    CHECK(w.of_calls("resil_calls_total", R"(,outcome="rejected")") == "1");
    CHECK(w.of_calls("resil_rejections_total", R"(,reason="circuit_forced_open")") == "1");

    w.fallback_allowed = true;
    w.run(scripted_operation<int>());
    CHECK(w.of_calls("resil_calls_total", R"(,outcome="success")") == "1");
    CHECK(w.of_calls("resil_fallbacks_total") == "1");
}

TEST_CASE("why a call was not tried again is counted", "[policy_metrics]")
{
    measured_world w;
    w.breaker.force_closed();
    w.run(scripted_operation<int>().fails(net::eof));

    CHECK(w.of_calls("resil_retries_abandoned_total", R"(,reason="attempts_exhausted")") == "1");
    CHECK(w.of_calls("resil_retries_total") == "2");
    CHECK(w.of_calls("resil_calls_total", R"(,outcome="failed")") == "1");
}

TEST_CASE("each endpoint and each dependency has series of its own", "[policy_metrics]")
{
    world w;
    metrics const all;
    policy_metrics const policies{all};
    for (std::string_view const endpoint : {"a", "b"}) {
        for (std::string_view const dependency : {"x", "y"}) {
            resil::pipeline const calls{resil::observe{policies.observer(endpoint, dependency)}};
            (void)w.call(calls, scripted_operation<int>().succeeds(1));
        }
    }
    resil::pipeline const again{resil::observe{policies.observer("a", "y")}};
    (void)w.call(again, scripted_operation<int>().succeeds(1));

    CHECK(shown(all, R"(resil_calls_total{endpoint="a",dependency="x",outcome="success"})") == "1");
    CHECK(shown(all, R"(resil_calls_total{endpoint="a",dependency="y",outcome="success"})") == "2");
    CHECK(shown(all, R"(resil_calls_total{endpoint="b",dependency="x",outcome="success"})") == "1");
}

TEST_CASE("a breaker, a bulkhead and a budget are shown as they are", "[policy_metrics]")
{
    measured_world w;
    w.policies.watch("catalogue", w.breaker);
    w.policies.watch("catalogue", w.bulkhead);
    w.policies.watch("catalogue", w.budget);
    auto const state = [&](std::string const& name) {
        return shown(w.registry, R"(resil_circuit_state{dependency="catalogue",state=")" + name + R"("})");
    };
    CHECK(state("closed") == "1");

    auto const running = w.call(w.everything, scripted_operation<int>().hangs());
    CHECK(shown(w.registry, R"(resil_bulkhead_occupied{dependency="catalogue",place="running"})") == "1");
    CHECK(shown(w.registry, R"(resil_bulkhead_limit{dependency="catalogue",place="running"})") == "3");
    running.cancel();
    w.time.run_ready();
    w.run(scripted_operation<int>().fails(net::eof));
    w.run(scripted_operation<int>().fails(net::eof));

    CHECK(state("closed") == "0");
    CHECK(state("open") == "1");
    CHECK(shown(w.registry, R"(resil_circuit_transitions_total{dependency="catalogue",to="open",)"
                            R"(cause="consecutive_failures"})") == "1");
    CHECK(shown(w.registry, R"(resil_circuit_attempts_total{dependency="catalogue",decision="admitted"})") == "5");
    CHECK(shown(w.registry, R"(resil_bulkhead_attempts_total{dependency="catalogue",decision="admitted"})") == "5");
    CHECK(shown(w.registry, R"(resil_retry_budget_tokens{dependency="catalogue"})") == "96");
    check_with_promtool(prometheus_text(w.registry));
}

TEST_CASE("a pool is shown as it is, and its events are counted", "[policy_metrics]")
{
    metrics const all;
    std::optional<policy_metrics> policies(all);
    plain_pool w({.name = "db", .max_size = 2, .listener = policies->pool_listener()});
    w.peer->connects.succeeds().after(3ms);
    policies->watch("db", *w.pool);
    auto a = w.acquire();
    auto b = w.acquire();
    auto waiting = w.acquire();
    w.time.advance(3ms);
    CHECK(shown(all, R"(resil_pool_connections{dependency="db",state="in_use"})") == "2");
    CHECK(shown(all, R"(resil_pool_waiters{dependency="db"})") == "1");
    CHECK(shown(all, R"(resil_pool_limit{dependency="db"})") == "2");
    CHECK(shown(all, R"(resil_pool_lends{dependency="db"})") == "1");

    a.release();
    w.time.run_ready();
    REQUIRE(waiting.ok());
    CHECK(shown(all, R"(resil_pool_waiters{dependency="db"})") == "0");
    CHECK(shown(all, R"(resil_pool_connects_total{dependency="db",result="ok"})") == "2");
    CHECK(shown(all, R"(resil_pool_acquired_total{dependency="db",wait="yes"})") == "3");
    CHECK(shown(all, R"(resil_pool_events_total{dependency="db",kind="opened"})") == "2");
    CHECK(shown(all, R"(resil_pool_connect_duration_seconds_sum{dependency="db"})") == "0.006");
    CHECK(std::stod(shown(all, R"(resil_pool_wait_quantiles_seconds{dependency="db",share="0.99"})")) > 0.0028);
    check_with_promtool(prometheus_text(all));
    policies.reset(); // or the pool outlived its context
}

TEST_CASE("what is watched is let go with the last copy of who watches", "[policy_metrics]")
{
    metrics const all;
    std::optional<policy_metrics> policies(all);
    plain_pool w;
    policies->watch("db", *w.pool);
    auto lent = w.acquire();
    CHECK(shown(all, R"(resil_pool_connections{dependency="db",state="in_use"})") == "1");
    lent.release();
    policies.reset();
    w.close();

    CHECK(w.peer->alive == 0);
    CHECK(shown(all, R"(resil_pool_connections{dependency="db",state="in_use"})") == "1"); // as it was seen last
}

TEST_CASE("two who make metrics of policies in one registry share the series", "[policy_metrics]")
{
    world w;
    metrics const all;
    policy_metrics const one{all}, other{all};
    resil::pipeline const first{resil::observe{one.observer("a", "x")}};
    resil::pipeline const second{resil::observe{other.observer("a", "x")}};
    (void)w.call(first, scripted_operation<int>().succeeds(1));
    (void)w.call(second, scripted_operation<int>().succeeds(1));

    CHECK(shown(all, R"(resil_calls_total{endpoint="a",dependency="x",outcome="success"})") == "2");
}
