// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Quoted by docs/policies/circuit_breaker.md: the regions between the tags.

#include <resil/circuit_breaker.hpp>
#include <resil/pipeline.hpp>
#include <resil/retry.hpp>
#include <resil/timeout.hpp>

#include <snippets/snippets_support.hpp>

#include <boost/asio/bind_executor.hpp>

namespace {

using namespace snippets;

//[breaker_basic
struct billing_client
{
    resil::circuit_breaker breaker{{.name = "billing"}}; // one for the service, shared by all
    resil::pipeline<resil::retry, resil::circuit_breaker, resil::timeout> reads{
        resil::retry{{.idempotency = resil::idempotency::safe}}, breaker, resil::timeout{1s}};
    resil::pipeline<resil::circuit_breaker, resil::timeout> writes{breaker,
                                                                   resil::timeout{3s}};
};
//]

/// All options at once: they are accepted.
resil::circuit_breaker_options options()
{
    return {.name = "search",
            .failure_ratio = 0.25,
            .window = resil::circuit_window::count(50), // or ::time(30s, 10), ::consecutive(5)
            .minimum_calls = 10,
            .slow_call_duration = 2s, // from here on a call is slow...
            .slow_ratio = 0.8,        // ...and when four of five are, the circuit opens
            .open_duration = 2s,
            .open_growth = 2.0,
            .max_open_duration = 30s,
            .half_open_max_calls = 5,
            .half_open_required_successes = 3,
            .probe_lease = 5s};
}

//[breaker_windows
auto const recent = resil::circuit_window::time(30s, 10);    // in steps of 3 s
auto const last = resil::circuit_window::count(100);         // whenever they were
auto const in_a_row = resil::circuit_window::consecutive(5); // without a success between
//]

//[breaker_listener
struct circuit_log
{
    std::vector<std::string> lines;

    resil::circuit_breaker watched()
    {
        return resil::circuit_breaker{{.name = "search",
                                       .window = resil::circuit_window::consecutive(2),
                                       .listener = [this](resil::circuit_event const& e) {
                                           lines.push_back(std::string(e.name) + ": " +
                                                           std::string(to_string(e.to)) +
                                                           ", " +
                                                           std::string(to_string(e.cause)));
                                       }}};
    }
};
//]

//[breaker_by_hand
void maintenance(resil::circuit_breaker const& breaker)
{
    breaker.force_open();    // rejects everything, until...
    breaker.release_force(); // ...closed again, with an empty window

    auto changed = breaker.options();
    changed.failure_ratio = 0.1;
    breaker.reconfigure(changed); // keeps the window, the state and the probes
}
//]

TEST_CASE("the page on circuit breakers: one circuit for all", "[snippets][circuit_breaker]")
{
    world w;
    server.fails(asio::error::eof);
    billing_client const client;
    auto const ignored = [](resil::error_code, page) {};
    for (int i = 0; i < 20; ++i) {
        client.writes.async_call(server, asio::bind_executor(w.context, ignored));
        w.time.run_ready();
    }
    CHECK(client.breaker.state() == resil::circuit_state::open);

    resil::error_code ec;
    client.reads.async_call(server, asio::bind_executor(w.context, [&](resil::error_code e,
                                                                       page) { ec = e; }));
    w.time.run_ready();

    CHECK(ec == resil::errc::circuit_open);
    CHECK(server.starts() == 20);
}

TEST_CASE("the page on circuit breakers: changes are told", "[snippets][circuit_breaker]")
{
    world w;
    server.fails(asio::error::eof).fails(asio::error::eof).succeeds("hello");
    circuit_log log;
    auto const breaker = log.watched();
    for (int i = 0; i < 4; ++i) {
        breaker.async_call(w.context, server, [](resil::error_code, page) {});
        w.time.advance(6s);
    }

    REQUIRE(log.lines.size() == 3);
    CHECK(log.lines[0] == "search: open, consecutive_failures");
    CHECK(log.lines[1] == "search: half_open, open_time_over");
    CHECK(log.lines[2] == "search: closed, probes_succeeded");
}

TEST_CASE("the page on circuit breakers: options and forcing", "[snippets][circuit_breaker]")
{
    resil::circuit_breaker const breaker(options());
    breaker.force_open();
    CHECK(breaker.state() == resil::circuit_state::forced_open);
    maintenance(breaker);
    CHECK(breaker.state() == resil::circuit_state::closed);
    CHECK(breaker.options().failure_ratio == 0.1);
    CHECK(breaker.snapshot().calls == 0);
}

TEST_CASE("the comments on breakers: the windows are accepted", "[snippets][circuit_breaker]")
{
    for (resil::circuit_window const& window : {recent, last, in_a_row}) {
        CHECK_NOTHROW(window.validate());
    }
    CHECK(recent.span() == 30s);
}

} // namespace
