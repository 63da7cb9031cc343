// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Quoted by docs/testing.md: the regions between the tags. Without the support header: what the
// page shows is all that there is.

//[testing_includes
#include <resil/bulkhead.hpp>
#include <resil/deadline.hpp>
#include <resil/event.hpp>
#include <resil/pipeline.hpp>
#include <resil/retry.hpp>
#include <resil/testing/scripted_operation.hpp>
#include <resil/testing/simulation.hpp>
#include <resil/testing/virtual_time.hpp>

#include <boost/asio/io_context.hpp>

#include <catch2/catch_test_macros.hpp> // or any other framework

namespace asio = boost::asio;
using namespace std::chrono_literals;
//]

#include <cstdint>
#include <string>
#include <vector>

namespace {

//[testing_first
TEST_CASE("a search that hangs is given up after 800 ms")
{
    asio::io_context context;
    resil::testing::virtual_time time(context); // before the context's first call
    resil::testing::scripted_operation<int> search;
    search.hangs();
    resil::pipeline const client{resil::deadline{800ms}};
    resil::error_code ec;

    client.async_call(context, search, [&](resil::error_code e, int) { ec = e; });
    time.advance(799ms);
    CHECK_FALSE(ec);
    time.advance(1ms);

    CHECK(ec == resil::errc::deadline_exceeded);
}
//]

//[testing_script
TEST_CASE("a search is repeated until it succeeds")
{
    asio::io_context context;
    resil::testing::virtual_time time(context);
    resil::testing::scripted_operation<int> search;
    search.fails(asio::error::connection_reset) // the first start
        .succeeds(41).after(50ms)               // the second one, late
        .succeeds(42);                          // the third one, and all that follow
    resil::retry const patient{{.backoff = resil::backoff::fixed(100ms),
                                .jitter = resil::jitter::none, // so that the times are known
                                .idempotency = resil::idempotency::safe}};
    int found = 0;

    patient.async_call(context, search, [&](resil::error_code, int n) { found = n; });
    time.advance(149ms);
    CHECK(search.in_flight() == 1);
    time.advance(1ms);

    CHECK(found == 41);
    CHECK(search.numbers() == std::vector<int>{1, 2});
}
//]

//[testing_key
TEST_CASE("every attempt carries the same key")
{
    asio::io_context context;
    resil::testing::virtual_time time(context);
    resil::testing::scripted_operation<> payment;
    payment.records_keys().fails(asio::error::connection_reset).succeeds();
    resil::retry const once{{.idempotency = resil::idempotency::keyed, .seed = 1}};

    once.async_call(context, payment, [](resil::error_code) {});
    time.advance(10s);

    REQUIRE(payment.starts() == 2);
    CHECK(payment.keys()[0] == payment.keys()[1]);
}
//]

//[testing_events
TEST_CASE("the second delay is longer than the first")
{
    asio::io_context context;
    resil::testing::virtual_time time(context);
    resil::testing::scripted_operation<> search;
    search.fails(asio::error::connection_reset);
    std::vector<resil::duration> delays;
    resil::pipeline const client{
        resil::observe{[&](resil::retry_scheduled const& e) { delays.push_back(e.delay); }},
        resil::retry{{.jitter = resil::jitter::none, .idempotency = resil::idempotency::safe}}};

    client.async_call(context, search, [](resil::error_code) {});
    time.advance(10s);

    CHECK(delays == std::vector<resil::duration>{100ms, 200ms});
}
//]

//[testing_simulation
bool holds_for(std::uint64_t seed)
{
    resil::testing::simulation world(seed);
    resil::bulkhead const gate{{.max_concurrent = 2, .max_queued = 10}};
    resil::testing::scripted_operation<> work;
    work.succeeds().after(1ms).fails(asio::error::eof).succeeds();
    bool held = true;
    int ended = 0;
    world.on_step([&] { held = held && gate.snapshot().in_use <= 2; });
    for (int i = 0; i < 5; ++i) {
        gate.async_call(world, work, [&](resil::error_code) { ++ended; });
    }
    return world.run(1'000) < 1'000 && held && ended == 5; // at rest, and nothing was lost
}
//]

TEST_CASE("the page on testing: many schedules")
{
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        INFO("seed " << seed);
        REQUIRE(holds_for(seed));
    }
}

} // namespace
