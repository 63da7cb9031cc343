// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "support/probe.hpp"
#include "support/tokens.hpp"

#include <boost/asio/append.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/consign.hpp>
#include <boost/asio/prepend.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_future.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <future>
#include <memory>
#include <tuple>

namespace contract {
namespace {

namespace asio = boost::asio;
using resil::error_code;

/// A context, a pipeline on it, and what the handler of one call got.
template <class Pipeline>
struct world
{
    asio::io_context context;
    Pipeline pipeline = make_pipeline<Pipeline>();
    int calls = 0;
    error_code code;
    int value = 0;

    auto handler()
    {
        return [this](error_code ec, int v) {
            ++calls;
            code = ec;
            value = v;
        };
    }

    template <class Token>
    auto call(Token&& token)
    {
        return pipeline.async_call(context, succeeding<Pipeline>(), std::forward<Token>(token));
    }

    void run_and_check()
    {
        context.run();
        CHECK(calls == 1);
        CHECK(!code);
        CHECK(value == 7);
    }
};

TEMPLATE_LIST_TEST_CASE("a callback is called", "[contract][token]", token_pipelines)
{
    world<TestType> w;

    w.call(w.handler());

    w.run_and_check();
}

TEMPLATE_LIST_TEST_CASE("use_future is fulfilled", "[contract][token]", token_pipelines)
{
    world<TestType> w;

    std::future<int> value = w.call(asio::use_future);
    w.context.run();

    CHECK(value.get() == 7);
}

TEMPLATE_LIST_TEST_CASE("bind_executor decides where the handler runs", "[contract][token]",
                        token_pipelines)
{
    world<TestType> w;
    auto const strand = asio::make_strand(w.context);
    bool there = false;

    w.pipeline.async_call(succeeding<TestType>(),
                          asio::bind_executor(strand, [&](error_code ec, int v) {
                              there = strand.running_in_this_thread();
                              w.handler()(ec, v);
                          }));

    w.run_and_check();
    CHECK(there);
}

TEMPLATE_LIST_TEST_CASE("bind_allocator decides where the call lives", "[contract][token]",
                        token_pipelines)
{
    world<TestType> w;
    memory_record memory;
    std::size_t live_in_handler = 1;

    w.call(asio::bind_allocator(counting_allocator<char>(memory), [&](error_code ec, int v) {
        live_in_handler = memory.live;
        w.handler()(ec, v);
    }));
    CHECK(memory.live > 0);

    w.run_and_check();
    CHECK(live_in_handler == 0);
    CHECK(memory.live == 0);
}

TEMPLATE_LIST_TEST_CASE("bind_cancellation_slot cancels the call", "[contract][token]",
                        token_pipelines)
{
    world<TestType> w;
    asio::cancellation_signal signal;
    resil::testing::scripted_operation<int> op;
    op.hangs();

    w.pipeline.async_call(w.context, op, asio::bind_cancellation_slot(signal.slot(), w.handler()));
    w.context.poll();
    signal.emit(asio::cancellation_type::total);
    w.context.restart();
    w.context.run();

    CHECK(w.calls == 1);
    CHECK(w.code == asio::error::operation_aborted);
}

TEMPLATE_LIST_TEST_CASE("append, prepend and consign adapt the handler", "[contract][token]",
                        token_pipelines)
{
    world<TestType> w;
    auto const kept = std::make_shared<int>(0);
    int sum = 0;

    w.call(asio::append([&](error_code, int v, int more) { sum += v + more; }, 10));
    w.call(asio::prepend([&](int more, error_code, int v) { sum += v + more; }, 100));
    w.call(asio::consign([&](error_code, int v) { sum += v + int(kept.use_count()); }, kept));
    w.context.run();

    CHECK(sum == 7 + 10 + 7 + 100 + 7 + 2);
    CHECK(kept.use_count() == 1);
}

TEMPLATE_LIST_TEST_CASE("as_tuple gives one argument", "[contract][token]", token_pipelines)
{
    world<TestType> w;

    w.call(asio::as_tuple([&](std::tuple<error_code, int> t) {
        w.handler()(std::get<0>(t), std::get<1>(t));
    }));

    w.run_and_check();
}

} // namespace
} // namespace contract
