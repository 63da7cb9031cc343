// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/bulkhead.hpp>
#include <resil/circuit_breaker.hpp>
#include <resil/keyed.hpp>
#include <resil/pipeline.hpp>
#include <resil/retry.hpp>
#include <resil/testing/scripted_operation.hpp>
#include <resil/testing/virtual_time.hpp>
#include <resil/timeout.hpp>

#include <boost/asio/io_context.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using resil::circuit_breaker;
using resil::circuit_state;
using resil::keyed_options;

struct world
{
    resil::keyed<circuit_breaker> breakers(keyed_options const& options)
    {
        return {context.get_executor(),
                [this](std::string_view host) {
                    ++made;
                    return circuit_breaker({.name = std::string(host)});
                },
                options};
    }

    asio::io_context context;
    resil::testing::virtual_time time{context};
    int made = 0;
};

} // namespace

TEST_CASE("each key has a policy of its own, and always the same", "[policy][keyed]")
{
    world w;
    auto const breakers = w.breakers({});

    breakers.at("a").force_open();

    CHECK(breakers.at("a").state() == circuit_state::forced_open);
    CHECK(breakers.at("b").state() == circuit_state::closed);
    CHECK(breakers.at("a").name() == "a");
    CHECK(w.made == 3); // and the overflow entry
    CHECK(breakers.counts().entries == 2);
}

TEST_CASE("the policy that was asked for the longest ago makes room, unless its breaker is open", "[policy][keyed]")
{
    world w;
    auto const breakers = w.breakers({.max_entries = 2});
    breakers.at("a").force_open();
    breakers.at("b");
    breakers.at("c");

    CHECK(breakers.counts().entries == 2);
    CHECK(breakers.counts().forgotten == 1);
    CHECK(breakers.at("a").state() == circuit_state::forced_open);
    int const before = w.made;
    breakers.at("c");
    CHECK(w.made == before);
    breakers.at("b");
    CHECK(w.made == before + 1);
}

TEST_CASE("where all breakers are open new keys share the overflow entry", "[policy][keyed]")
{
    world w;
    auto const breakers = w.breakers({.max_entries = 1});
    breakers.at("a").force_open();

    breakers.at("b").force_open();
    CHECK(breakers.at("c").state() == circuit_state::forced_open);
    CHECK(breakers.overflow().state() == circuit_state::forced_open);
    CHECK(breakers.counts().overflows == 2);
    CHECK(breakers.counts().forgotten == 0);

    breakers.at("a").release_force();
    CHECK(breakers.at("b").state() == circuit_state::closed);
}

TEST_CASE("a policy that nobody asks for is forgotten when another is made, unless it is in use", "[policy][keyed]")
{
    world w;
    auto const breakers = w.breakers({.idle = 10min});
    breakers.at("a");
    breakers.at("broken").force_open();
    w.time.advance(5min);
    breakers.at("b");
    w.time.advance(6min);
    breakers.at("c");

    CHECK(breakers.counts().entries == 3);
    CHECK(breakers.counts().forgotten == 1);
    CHECK(breakers.at("broken").state() == circuit_state::forced_open);
}

TEST_CASE("a key that is too long shares the overflow entry", "[policy][keyed]")
{
    world w;
    auto const breakers = w.breakers({.max_key_length = 3});
    breakers.overflow().force_open();

    CHECK(breakers.at("abcd").state() == circuit_state::forced_open);
    CHECK(breakers.at("abc").state() == circuit_state::closed);
    CHECK(breakers.counts().overflows == 1);
}

TEST_CASE("a bulkhead with a call in it is not forgotten", "[policy][keyed]")
{
    world w;
    resil::keyed<resil::bulkhead> const bulkheads(
        w.context.get_executor(), [](std::string_view) { return resil::bulkhead({.max_concurrent = 1}); },
        {.max_entries = 1});
    resil::testing::scripted_operation<int> hangs;
    hangs.hangs();
    resil::pipeline const busy{bulkheads.at("a")};
    busy.async_call(w.context, hangs, [](resil::error_code, int) {});
    w.time.run_ready();

    bulkheads.at("b");
    CHECK(bulkheads.counts().overflows == 1);
    CHECK(bulkheads.at("a").snapshot().in_use == 1);
}

TEST_CASE("any policy can be kept by key", "[policy][keyed]")
{
    world w;
    resil::keyed<resil::timeout> const limits(
        w.context.get_executor(), [](std::string_view) { return resil::timeout{1s}; }, {.max_entries = 1});
    limits.at("a");
    limits.at("b");
    CHECK(limits.counts().forgotten == 1);
}

TEST_CASE("a factory that throws leaves everything as it was", "[policy][keyed]")
{
    world w;
    resil::keyed<circuit_breaker> const breakers(w.context.get_executor(), [](std::string_view host) {
        return circuit_breaker({.name = std::string(host), .failure_ratio = host == "bad" ? 2.0 : 0.5});
    });
    CHECK_THROWS_AS(breakers.at("bad"), resil::invalid_option);
    CHECK(breakers.counts().entries == 0);
    CHECK(breakers.at("good").state() == circuit_state::closed);
}

TEST_CASE("keyed options out of range are refused by name", "[policy][keyed]")
{
    using Catch::Matchers::ContainsSubstring;
    world w;
    CHECK_THROWS_WITH(w.breakers({.max_entries = 0}), ContainsSubstring("keyed.max_entries"));
    CHECK_THROWS_WITH(w.breakers({.idle = 0s}), ContainsSubstring("keyed.idle"));
    CHECK_THROWS_WITH(w.breakers({.max_key_length = 0}), ContainsSubstring("keyed.max_key_length"));
}
