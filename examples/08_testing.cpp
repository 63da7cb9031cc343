// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Testing: your own code in a failing world, an hour of it in a moment.
//
// The code under test is a client of a weather service. In place of the service it gets an
// operation that does what a script says, and time passes by hand: nothing here waits.
//
// Prints:
//
//     a hang, after 799 ms: no answer yet
//     a hang, after 800 ms: the call took longer than its deadline
//     a bad moment: sunny, after 2 attempts
//     an outage of an hour: 3600 calls, fewer than 300 reached the service: true
//     a minute after the outage: sunny

#include <resil/pipeline.hpp>
#include <resil/result.hpp>
#include <resil/testing/scripted_operation.hpp>
#include <resil/testing/virtual_time.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include <chrono>
#include <string>

namespace asio = boost::asio;
using namespace std::chrono_literals;
using script = resil::testing::scripted_operation<std::string>;

template <class Fetch>
struct weather_client
{
    void today(asio::io_context& context, auto handler) const
    {
        policies.async_call(context, fetch, resil::as_result(handler));
    }

    Fetch fetch; // what the client calls is handed to it
    resil::pipeline<resil::deadline, resil::retry, resil::circuit_breaker> policies{
        resil::deadline{800ms}, resil::retry{{.idempotency = resil::idempotency::safe}},
        resil::circuit_breaker{}};
};

struct weather_test
{
    void ask(resil::duration and_wait)
    {
        answer = "no answer yet";
        client.today(context, [this](resil::result<std::string> const& weather) {
            answer = weather ? weather.value() : weather.error().code().message();
        });
        time.advance(and_wait);
    }

    asio::io_context context;
    resil::testing::virtual_time time{context}; // before the context's first call
    script service;
    weather_client<script> client{service};
    std::string answer;
};

int main()
{
    weather_test hang;
    hang.service.hangs();
    hang.ask(799ms);
    fmt::print("a hang, after 799 ms: {}\n", hang.answer);
    hang.time.advance(1ms);
    fmt::print("a hang, after 800 ms: {}\n", hang.answer);

    weather_test moment;
    moment.service.fails(asio::error::connection_reset).succeeds("sunny");
    moment.ask(1s);
    fmt::print("a bad moment: {}, after {} attempts\n", moment.answer, moment.service.starts());

    weather_test outage;
    outage.service.fails(asio::error::connection_refused);
    for (int second = 0; second < 3600; ++second) {
        outage.ask(1s);
    }
    fmt::print("an outage of an hour: 3600 calls, fewer than 300 reached the service: {}\n",
               outage.service.starts() < 300);
    outage.service.succeeds("sunny");
    outage.time.advance(1min);
    outage.ask(1s);
    fmt::print("a minute after the outage: {}\n", outage.answer);
}
