// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Real input and output: one byte there and back over a socket pair, the echo on the same
// thread, the policies around the read. One call in flight, so that every timer is the
// earliest.

#include "support/floors.hpp"
#include "support/peers.hpp"
#include "support/pipelines.hpp"
#include "support/world.hpp"

#include <boost/asio/cancel_after.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

namespace {

using namespace bench;
using socket = asio::local::stream_protocol::socket;

constexpr int round_trips = 2000;

/// Reads one byte.
struct read_one
{
    socket* from;
    char* to;

    template <class Token>
    auto operator()(Token&& token) const
    {
        return from->async_read_some(asio::buffer(to, 1), std::forward<Token>(token));
    }
};

asio::awaitable<void> echo(socket& s)
{
    char byte = 0;
    for (;;) {
        co_await s.async_read_some(asio::buffer(&byte, 1), asio::use_awaitable);
        co_await s.async_write_some(asio::buffer(&byte, 1), asio::use_awaitable);
    }
}

template <class Read>
asio::awaitable<void> play(socket& s, Read read, int trips)
{
    char byte = 0;
    while (trips-- > 0) {
        co_await s.async_write_some(asio::buffer(&byte, 1), asio::use_awaitable);
        co_await read(read_one{&s, &byte});
    }
}

template <class Read>
void measure_read(benchmark::State& state, Read read)
{
    world w(place::single);
    socket here(w.context());
    socket there(w.context());
    asio::local::connect_pair(here, there);
    asio::co_spawn(w.context(), echo(there), asio::detached);
    measure(
        state, 1,
        [&](int trips) {
            asio::co_spawn(w.context(), play(here, read, trips),
                           [&](std::exception_ptr) { w.lane_done(); });
            w.run(1);
        },
        round_trips);
}

template <class Read>
void add_read(char const* name, Read read)
{
    benchmark::RegisterBenchmark(
        name, [read](benchmark::State& state) { measure_read(state, read); });
}

template <class Pipeline>
void add_pipeline(char const* name, Pipeline pipeline)
{
    add_read(name,
             [pipeline](read_one op) { return pipeline.async_call(op, asio::use_awaitable); });
}

asio::awaitable<void> read_or_timer(read_one op)
{
    using namespace asio::experimental::awaitable_operators;
    asio::steady_timer timer(co_await asio::this_coro::executor, 500ms);
    co_await (op(asio::use_awaitable) || timer.async_wait(asio::use_awaitable));
}

BENCH_REGISTER
{
    register_floors();
    add_read("raw", [](read_one op) { return op(asio::use_awaitable); });
    add_read("cancel_after",
             [](read_one op) { return op(asio::cancel_after(500ms, asio::use_awaitable)); });
    add_read("or_timer", read_or_timer);
    add_pipeline("deadline", whole_call);
    add_pipeline("stack", stack());
    add_pipeline(
        "full_stack",
        resil::pipeline{resil::fallback{[](resil::failure const&) { return std::size_t(0); }},
                        whole_call, resil::retry{}, resil::circuit_breaker{}, wide_bulkhead(),
                        each_attempt});
}

} // namespace
