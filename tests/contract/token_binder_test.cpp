// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "support/probe.hpp"
#include "support/token_world.hpp"
#include "support/tokens.hpp"

#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/strand.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

namespace contract {
namespace {

namespace asio = boost::asio;
using resil::error_code;

TEMPLATE_LIST_TEST_CASE("bind_executor decides where the handler runs", "[contract][token]",
                        token_pipelines)
{
    token_world<TestType> w;
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
    token_world<TestType> w;
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
    token_world<TestType> w;
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

} // namespace
} // namespace contract
