// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "support/token_world.hpp"
#include "support/tokens.hpp"

#include <boost/version.hpp>

#if BOOST_VERSION >= 108600
#include <boost/asio/cancel_after.hpp>
#endif
#ifdef RESIL_HAS_BOOST_CONTEXT
#include <boost/asio/spawn.hpp>
#endif

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <exception>
#include <memory>

// Tokens that not every Boost has, or that need a compiled part of it.

namespace contract {
namespace {

namespace asio = boost::asio;
using resil::error_code;

#ifdef RESIL_HAS_BOOST_CONTEXT

TEMPLATE_LIST_TEST_CASE("yield_context gives the value, or the error", "[contract][token]",
                        token_pipelines)
{
    token_world<TestType> w;
    bool ended = false;

    asio::spawn(
        w.context,
        [&](asio::yield_context yield) {
            error_code ec;
            int const value = w.pipeline.async_call(succeeding<TestType>(), yield);
            w.pipeline.async_call(failing(), yield[ec]);
            CHECK(value == 7);
            CHECK(bool(ec) != falls_back<TestType>);
            ended = true;
        },
        [](std::exception_ptr e) { CHECK(!e); });
    w.context.run();

    CHECK(ended);
}

#else

TEST_CASE("yield_context gives the value, or the error", "[contract][token]")
{
    SKIP("no compiled Boost.Context here");
}

#endif

#if BOOST_VERSION >= 108600

TEMPLATE_LIST_TEST_CASE("cancel_after cancels a call that takes too long", "[contract][token]",
                        token_pipelines)
{
    using namespace std::chrono_literals;
    token_world<TestType> w;
    resil::testing::scripted_operation<int> hanging;
    hanging.hangs();

    w.pipeline.async_call(w.context, hanging, asio::cancel_after(1ms, w.handler()));
    w.context.run();

    CHECK(w.calls == 1);
    CHECK(w.code == asio::error::operation_aborted);
}

TEMPLATE_LIST_TEST_CASE("cancel_after lets a call end in time", "[contract][token]",
                        token_pipelines)
{
    token_world<TestType> w;

    w.call(asio::cancel_after(std::chrono::hours(1), w.handler()));

    w.run_and_check();
}

#else

TEST_CASE("cancel_after cancels a call that takes too long", "[contract][token]")
{
    SKIP("cancel_after came with Boost 1.86");
}

#endif

} // namespace
} // namespace contract
