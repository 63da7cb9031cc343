// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/setting_text.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace {

using namespace std::chrono_literals;
using resil::duration;
using resil::core::read_duration;
using resil::core::read_flag;
using resil::core::read_host_and_port;
using resil::core::read_number;

} // namespace

TEST_CASE("numbers are read as a whole, or not at all", "[core][settings]")
{
    CHECK(read_number<int>("42") == 42);
    CHECK(read_number<int>("-1") == -1);
    CHECK(read_number<double>("0.25") == 0.25);
    CHECK(read_number<unsigned short>("65535") == 65535);
    for (std::string_view const wrong : {"", " 1", "1 ", "1x", "+1", "0x1", "65536", "-1"}) {
        CHECK_FALSE(read_number<unsigned short>(wrong));
    }
}

TEST_CASE("durations are a number and a unit", "[core][settings]")
{
    CHECK(read_duration("250ms") == 250ms);
    CHECK(read_duration("1.5s") == 1500ms);
    CHECK(read_duration("2min") == 120s);
    CHECK(read_duration("1h") == 3600s);
    CHECK(read_duration("7us") == 7us);
    CHECK(read_duration("9ns") == 9ns);
    CHECK(read_duration("0") == 0s);
    CHECK(read_duration("0s") == 0s);
    for (std::string_view const wrong :
         {"", "1", "s", "ms", "-1s", "1 s", "1d", "nans", "infs", "1e300h", "1ss", "1m", "ms1"}) {
        INFO(wrong);
        CHECK_FALSE(read_duration(wrong));
    }
}

TEST_CASE("flags are the words that people use", "[core][settings]")
{
    CHECK(read_flag("on") == true);
    CHECK(read_flag("1") == true);
    CHECK(read_flag("true") == true);
    CHECK(read_flag("yes") == true);
    CHECK(read_flag("off") == false);
    CHECK(read_flag("0") == false);
    CHECK(read_flag("false") == false);
    CHECK(read_flag("no") == false);
    CHECK_FALSE(read_flag(""));
    CHECK_FALSE(read_flag("TRUE"));
    CHECK_FALSE(read_flag("2"));
}

TEST_CASE("addresses have a host and a port", "[core][settings]")
{
    auto const check = [](std::string_view text, std::string_view host, unsigned short port) {
        INFO(text);
        auto const found = read_host_and_port(text);
        REQUIRE(found);
        CHECK(found->host == host);
        CHECK(found->port == port);
    };
    CHECK(resil::host_and_port{}.port == 0); // none yet
    check("localhost:80", "localhost", 80);
    check("127.0.0.1:65535", "127.0.0.1", 65535);
    check("[::1]:8080", "::1", 8080);
    for (std::string_view const wrong : {"", ":80", "host", "host:", "host:0", "host:65536", "host:x", "::1:80", "[]:80"}) {
        INFO(wrong);
        CHECK_FALSE(read_host_and_port(wrong));
    }
}
