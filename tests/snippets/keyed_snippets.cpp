// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Quoted by docs/keyed.md: the regions between the tags.

#include <resil/circuit_breaker.hpp>
#include <resil/keyed.hpp>
#include <resil/pipeline.hpp>
#include <resil/timeout.hpp>

#include <boost/asio/io_context.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

} // namespace

TEST_CASE("snippets: a breaker for each host")
{
    asio::io_context context;
    //[keyed_use
    resil::keyed<resil::circuit_breaker> const breakers(context.get_executor(), [](std::string_view host) {
        return resil::circuit_breaker({.name = std::string(host)});
    });
    resil::pipeline const client{breakers.at("api.example.com"), resil::timeout{250ms}};
    //]
    breakers.at("api.example.com").force_open();
    CHECK(breakers.at("other.example.com").state() == resil::circuit_state::closed);
    CHECK(breakers.counts().entries == 2);
}
