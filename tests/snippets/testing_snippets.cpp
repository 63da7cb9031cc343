// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Quoted by docs/testing.md: the regions between the tags. Without the support header: what the
// page shows is all that there is.

//[testing_includes
#include <resil/resil.hpp>
#include <resil/testing/scripted_operation.hpp>
#include <resil/testing/simulation.hpp>
#include <resil/testing/virtual_time.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <catch2/catch_test_macros.hpp> // or any other framework

namespace asio = boost::asio;
using namespace std::chrono_literals;
//]

#include <cstdint>
#include <exception>
#include <string>
#include <utility>
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
    std::vector<int> attempts;
    resil::pipeline const client{
        resil::observe{[&](resil::retry_scheduled const& e) { delays.push_back(e.delay); }},
        resil::observe{[&](resil::call_ended const& e) { attempts.push_back(e.attempts); }},
        resil::retry{{.jitter = resil::jitter::none, .idempotency = resil::idempotency::safe}}};

    client.async_call(context, search, [](resil::error_code) {});
    time.advance(10s);

    CHECK(delays == std::vector<resil::duration>{100ms, 200ms});
    CHECK(attempts == std::vector<int>{3}); // one call, of three attempts
}
//]

//[testing_client
// What your program has: a client whose way to the server is a parameter.
template <class Transport>
class catalogue
{
public:
    explicit catalogue(Transport transport) : transport_(std::move(transport)) {}

    asio::awaitable<std::string> item(int number) const
    {
        std::string const path = "/items/" + std::to_string(number);
        co_return co_await policies_.async_call(
            [&](resil::attempt const& a, auto token) {
                return transport_(a, path, std::move(token));
            },
            asio::use_awaitable);
    }

    resil::circuit_breaker breaker() const { return breaker_; }

private:
    Transport transport_;
    resil::circuit_breaker breaker_{
        {.name = "catalogue", .window = resil::circuit_window::consecutive(4)}};
    resil::standard_pipeline policies_{resil::deadline{2s},
                                       resil::retry{{.idempotency = resil::idempotency::safe}},
                                       breaker_, resil::timeout{300ms}};
};
//]

//[testing_end_to_end
// What its tests have: a world in which nothing is real.
struct shop
{
    asio::io_context context;
    resil::testing::virtual_time time{context};
    resil::testing::scripted_operation<std::string> server;
    std::vector<std::string> asked;

    auto client()
    {
        return catalogue([this](resil::attempt const& a, std::string path, auto token) {
            asked.push_back(path);
            return server(a, std::move(token));
        });
    }

    template <class Client>
    std::string show(Client const& client)
    {
        std::string shown = "nothing";
        asio::co_spawn(context, client.item(7), [&](std::exception_ptr e, std::string found) {
            shown = e ? "an error" : found;
        });
        time.advance(2s);
        return shown;
    }
};

TEST_CASE("an item is asked for again if its first answer hangs")
{
    shop s;
    s.server.hangs().succeeds("a warm hat");

    CHECK(s.show(s.client()) == "a warm hat");
    CHECK(s.asked == std::vector<std::string>{"/items/7", "/items/7"});
    CHECK(s.server.remaining().front() == 300ms); // what the first attempt was told
}

TEST_CASE("a catalogue that is down is left alone, and found again")
{
    shop s;
    s.server.fails(asio::error::connection_refused);
    auto const client = s.client();
    CHECK(s.show(client) == "an error"); // three attempts
    CHECK(s.show(client) == "an error"); // one more opens the circuit
    CHECK(client.breaker().state() == resil::circuit_state::open);
    CHECK(s.show(client) == "an error");
    CHECK(s.asked.size() == 4);

    s.server.succeeds("a warm hat");
    s.time.advance(10s); // longer than the open time with its jitter
    CHECK(s.show(client) == "a warm hat");
    CHECK(s.show(client) == "a warm hat");
    CHECK(client.breaker().state() == resil::circuit_state::closed);
}
//]

//[testing_pool
// Connections that do what scripts say.
struct scripted_connector
{
    struct connection
    {
        explicit connection(asio::any_io_executor const&) {}
    };

    resil::testing::scripted_operation<> connects{};
    resil::testing::scripted_operation<> pings{};

    template <class Token>
    auto async_connect(connection&, Token&& token) const
    {
        return connects(std::forward<Token>(token));
    }

    template <class Token>
    auto async_ping(connection&, Token&& token) const
    {
        return pings(std::forward<Token>(token));
    }
};

TEST_CASE("a connection that died in its sleep is replaced before anybody has it")
{
    asio::io_context context;
    resil::testing::virtual_time time(context);
    scripted_connector database;
    database.pings.fails(asio::error::connection_reset);
    resil::connection_pool pool(context, database, {.max_size = 1, .seed = 1});
    auto const borrow = [&] {
        resil::error_code ended = asio::error::would_block;
        pool.async_acquire([&](resil::error_code ec, auto) { ended = ec; });
        time.run_ready();
        return ended;
    };

    CHECK(!borrow());
    time.advance(1s); // idle for longer than ping_after_idle
    CHECK(!borrow());
    CHECK(database.pings.starts() == 1);
    CHECK(database.connects.starts() == 2);
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

//[testing_seeds
TEST_CASE("no more than two run at once, whatever the order of events")
{
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        INFO("seed " << seed); // run that one alone, and it happens again
        REQUIRE(holds_for(seed));
    }
}
//]

} // namespace
