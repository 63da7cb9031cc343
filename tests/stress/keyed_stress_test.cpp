// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/circuit_breaker.hpp>
#include <resil/keyed.hpp>

#include "stress/together.hpp"

#include <boost/asio/io_context.hpp>

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <string>
#include <string_view>

using stress::together;

TEST_CASE("threads that ask for more keys than there is room for get policies, within the bound", "[keyed]")
{
    boost::asio::io_context context;
    resil::keyed<resil::circuit_breaker> const breakers(
        context.get_executor(),
        [](std::string_view host) { return resil::circuit_breaker({.name = std::string(host)}); }, {.max_entries = 8});
    std::atomic<int> wrong = 0;
    together([&](int which) {
        for (int i = 0; i != 5000; ++i) {
            std::string const key = std::to_string((i * 7 + which) % 12);
            auto const breaker = breakers.at(key);
            if (i % 50 == 0) {
                breaker.force_open();
            } else if (i % 50 == 25) {
                breaker.release_force();
            }
            if (breaker.name() != key && !breaker.name().empty()) {
                ++wrong;
            }
            if (breakers.counts().entries > 8) {
                ++wrong;
            }
        }
    });
    CHECK(wrong == 0);
}
