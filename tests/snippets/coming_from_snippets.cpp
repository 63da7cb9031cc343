// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Quoted by docs/coming_from/*.md: the regions between the tags.

#include <resil/bulkhead.hpp>
#include <resil/circuit_breaker.hpp>
#include <resil/deadline.hpp>
#include <resil/fallback.hpp>
#include <resil/pipeline.hpp>
#include <resil/retry.hpp>
#include <resil/timeout.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <snippets/snippets_support.hpp>
#include <vector>

namespace {

using namespace snippets;

//[from_retry
resil::retry const patient{{.max_attempts = 3, // the first one included
                            .backoff = resil::backoff::exponential(100ms, 10s),
                            .jitter = resil::jitter::full,
                            .idempotency = resil::idempotency::safe}}; // it is a read
//]

//[from_breaker
resil::circuit_breaker const breaker{{.name = "search",
                                      .failure_ratio = 0.5,
                                      .window = resil::circuit_window::time(30s),
                                      .minimum_calls = 20,
                                      .open_duration = 5s,
                                      .half_open_max_calls = 3,
                                      .half_open_required_successes = 2}};
//]

//[from_breaker_in_a_row
resil::circuit_breaker const in_a_row{
    {.name = "search", .window = resil::circuit_window::consecutive(5), .open_duration = 30s}};
//]

//[from_timeout
resil::timeout const soon{250ms};

asio::awaitable<page> load_soon()
{
    auto const [ec, found] =
        co_await fetch("/", resil::with(soon, asio::as_tuple(asio::use_awaitable)));
    co_return ec == resil::errc::timed_out ? "too slow" : found;
}
//]

//[from_bulkhead
resil::bulkhead const gate{
    {.name = "search", .max_concurrent = 19, .max_queued = 10, .max_wait = 100ms}};
//]

//[from_fallback
resil::fallback const degraded{page("best sellers")};
//]

//[from_pipeline
resil::pipeline const search{
    degraded,               // outermost
    resil::deadline{800ms}, // everything inside, delays and queues included
    patient,
    breaker, // sees each attempt
    gate,
    soon, // next to the operation
};

asio::awaitable<page> load()
{
    co_return co_await fetch("/", resil::with(search, asio::use_awaitable));
}
//]

//[from_testing
TEST_CASE("the search is asked three times, and then there are best sellers")
{
    asio::io_context context;
    resil::testing::virtual_time time(context);
    resil::testing::scripted_operation<page> index;
    index.fails(asio::error::connection_reset);
    page shown;

    search.async_call(context, index, [&](resil::error_code, page p) { shown = std::move(p); });
    time.advance(800ms); // at once: nobody sleeps

    CHECK(index.starts() == 3);
    CHECK(shown == "best sellers");
}
//]

TEST_CASE("the pages for newcomers: what fails is asked again", "[snippets][coming_from]")
{
    world w;
    breaker.reset();
    server.fails(asio::error::connection_reset).succeeds("hello");
    CHECK(w.run(load()).value == "hello");
    CHECK(server.starts() == 2);
    CHECK(search.warnings().empty());
}

TEST_CASE("the pages for newcomers: what hangs is given up", "[snippets][coming_from]")
{
    world w;
    server.hangs();
    CHECK(w.run(load_soon()).value == "too slow");
}

TEST_CASE("the pages for newcomers: repeating is not safe unless somebody says so",
          "[snippets][coming_from]")
{
    world w;
    server.fails(asio::error::connection_reset);
    resil::retry const silent{{.max_attempts = 3}};
    resil::error_code ended;
    silent.async_call(w.context, server, [&](resil::error_code ec, page) { ended = ec; });
    w.time.advance(1min);

    CHECK(server.starts() == 1);
    CHECK(ended == asio::error::connection_reset); // the last error, not one of resil's own
}

TEST_CASE("the pages for newcomers: a permanent error is not repeated",
          "[snippets][coming_from]")
{
    world w;
    server.fails(asio::error::access_denied);
    patient.async_call(w.context, server, [](resil::error_code, page) {});
    w.time.advance(1min);
    CHECK(server.starts() == 1);
}

TEST_CASE("the pages for newcomers: a cancelled call gets no fallback, and is not counted",
          "[snippets][coming_from]")
{
    world w;
    breaker.reset();
    server.hangs();
    asio::cancellation_signal signal;
    resil::error_code ended;
    page shown;
    search.async_call(
        w.context, server,
        asio::bind_cancellation_slot(signal.slot(), [&](resil::error_code ec, page p) {
            ended = ec;
            shown = std::move(p);
        }));
    w.time.run_ready();
    signal.emit(asio::cancellation_type::terminal);
    w.time.run_ready();

    CHECK(ended == asio::error::operation_aborted);
    CHECK(shown.empty());
    CHECK(breaker.snapshot().calls == 0);
}

TEST_CASE("the pages for newcomers: an open circuit ends the retry", "[snippets][coming_from]")
{
    world w;
    breaker.reset();
    breaker.force_open();
    CHECK(w.run(load()).value == "best sellers");
    CHECK(server.starts() == 0);
    breaker.release_force();
}

TEST_CASE("the pages for newcomers: failures in a row", "[snippets][coming_from]")
{
    world w;
    server.fails(asio::error::connection_reset);
    for (int i = 0; i < 6; ++i) {
        in_a_row.async_call(w.context, server, [](resil::error_code, page) {});
        w.time.run_ready();
    }
    CHECK(server.starts() == 5);
    CHECK(in_a_row.state() == resil::circuit_state::open);
}

} // namespace
