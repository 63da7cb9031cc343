// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "support/token_world.hpp"
#include "support/tokens.hpp"

#include <boost/asio/append.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/consign.hpp>
#include <boost/asio/prepend.hpp>
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

TEMPLATE_LIST_TEST_CASE("a callback is called", "[contract][token]", token_pipelines)
{
    token_world<TestType> w;

    w.call(w.handler());

    w.run_and_check();
}

TEMPLATE_LIST_TEST_CASE("use_future is fulfilled", "[contract][token]", token_pipelines)
{
    token_world<TestType> w;

    std::future<int> value = w.call(asio::use_future);
    w.context.run();

    CHECK(value.get() == 7);
}

TEMPLATE_LIST_TEST_CASE("append, prepend and consign adapt the handler", "[contract][token]",
                        token_pipelines)
{
    token_world<TestType> w;
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
    token_world<TestType> w;

    w.call(asio::as_tuple([&](std::tuple<error_code, int> t) {
        w.handler()(std::get<0>(t), std::get<1>(t));
    }));

    w.run_and_check();
}

} // namespace
} // namespace contract
