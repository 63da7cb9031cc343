// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/service/environment.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <chrono>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using resil::service::environment;

/// An environment that has these variables.
environment with(std::map<std::string, std::string> variables)
{
    std::vector<std::string> names;
    for (auto const& each : variables) {
        names.push_back(each.first);
    }
    auto find = [variables = std::move(variables)](std::string const& name) -> std::optional<std::string> {
        auto const found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
    return environment("SHOP_", std::move(find), std::move(names));
}

enum class store
{
    memory,
    disk,
};

store ask_store(environment& from)
{
    return from.word<store>("STORE", "memory", {{"memory", store::memory}, {"disk", store::disk}}, "where");
}

} // namespace

TEST_CASE("what is not set has its default", "[service][environment]")
{
    environment from = with({{"OTHER_THING", "1"}});

    CHECK(from.number("WORKERS", 2, {1, 64}, "processes") == 2);
    CHECK(from.time("TIMEOUT", 250ms, {1ms, 1min}, "one attempt") == 250ms);
    CHECK(from.text("NAME", "shop", "its name") == "shop");
    CHECK(from.secret("PASSWORD", "of the database").empty());
    CHECK(from.flag("VERBOSE", true, "tell more"));
    CHECK(ask_store(from) == store::memory);
    CHECK(from.address("LISTEN", {"127.0.0.1", 8080}, "where").port == 8080);
    CHECK_FALSE(from.optional_address("REDIS", "cache"));
    CHECK(from.ok());
}

TEST_CASE("what is set is read", "[service][environment]")
{
    environment from = with({{"SHOP_WORKERS", "64"},
                             {"SHOP_SHARE", "0.25"},
                             {"SHOP_TIMEOUT", "1.5s"},
                             {"SHOP_NAME", "corner shop"},
                             {"SHOP_PASSWORD", "s ecret"},
                             {"SHOP_VERBOSE", "off"},
                             {"SHOP_STORE", "disk"},
                             {"SHOP_LISTEN", "[::1]:80"},
                             {"SHOP_REDIS", "redis:6379"}});

    CHECK(from.number("WORKERS", 2, {1, 64}, "") == 64);
    CHECK(from.number("SHARE", 0.5, {0.0, 1.0}, "") == 0.25);
    CHECK(from.time("TIMEOUT", 250ms, {1ms, 1min}, "") == 1500ms);
    CHECK(from.text("NAME", "shop", "") == "corner shop");
    CHECK(from.secret("PASSWORD", "") == "s ecret");
    CHECK_FALSE(from.flag("VERBOSE", true, ""));
    CHECK(ask_store(from) == store::disk);
    CHECK(from.address("LISTEN", {"127.0.0.1", 8080}, "").host == "::1");
    CHECK(from.optional_address("REDIS", "")->port == 6379);
    CHECK(from.ok());
}

TEST_CASE("all mistakes are found at once, each with what was expected", "[service][environment]")
{
    environment from = with({{"SHOP_WORKERS", "65"},
                             {"SHOP_TIMEOUT", "250"},
                             {"SHOP_VERBOSE", "maybe"},
                             {"SHOP_STORE", "tape"},
                             {"SHOP_LISTEN", "here"},
                             {"SHOP_REDIS", "6379"}});

    CHECK(from.number("WORKERS", 2, {1, 64}, "") == 2);
    CHECK(from.time("TIMEOUT", 250ms, {1ms, 1min}, "") == 250ms);
    CHECK(from.flag("VERBOSE", true, ""));
    CHECK(ask_store(from) == store::memory);
    CHECK(from.address("LISTEN", {"127.0.0.1", 8080}, "").port == 8080);
    CHECK_FALSE(from.optional_address("REDIS", ""));
    from.refuse("POOL", "more connections than the server has");

    CHECK_FALSE(from.ok());
    std::vector<std::string> const mistakes = from.mistakes();
    REQUIRE(mistakes.size() == 7);
    CHECK(mistakes[0] == "SHOP_WORKERS: \"65\"; expected between 1 and 64");
    CHECK(mistakes[1] == "SHOP_TIMEOUT: \"250\"; expected between 1ms and 60s, with its unit, as in 250ms or 2min");
    CHECK(mistakes[2] == "SHOP_VERBOSE: \"maybe\"; expected true, yes, on, 1, or false, no, off, 0");
    CHECK(mistakes[3] == "SHOP_STORE: \"tape\"; expected one of memory, disk");
    CHECK(mistakes[4] == "SHOP_LISTEN: \"here\"; expected host:port, or [address]:port");
    CHECK(mistakes[5] == "SHOP_REDIS: \"6379\"; expected host:port, [address]:port, or nothing");
    CHECK(mistakes[6] == "SHOP_POOL: more connections than the server has");
}

TEST_CASE("a variable with the prefix that nobody asked for is a mistake", "[service][environment]")
{
    environment from = with({{"SHOP_WORKER", "4"}});
    from.number("WORKERS", 2, {1, 64}, "processes");

    CHECK_FALSE(from.ok());
    CHECK_THAT(from.report(), ContainsSubstring("SHOP_WORKER: there is no such setting"));
    CHECK_THAT(from.report(), ContainsSubstring("SHOP_WORKERS=2"));
}

TEST_CASE("a secret is never shown", "[service][environment]")
{
    environment from = with({{"SHOP_PASSWORD", "hunter2"}, {"SHOP_X", "1"}});
    from.secret("PASSWORD", "of the database");

    CHECK_THAT(from.report(), !ContainsSubstring("hunter2"));
    CHECK_THAT(from.describe(), ContainsSubstring("SHOP_PASSWORD="));
}

TEST_CASE("settings come from the environment of the process", "[service][environment]")
{
    ::setenv("RESIL_TEST_WORKERS", "7", 1);
    ::setenv("RESIL_TEST_WROKERS", "7", 1);
    environment from("RESIL_TEST_");
    CHECK(from.number("WORKERS", 2, {1, 64}, "processes") == 7);
    CHECK(from.mistakes() == std::vector<std::string>{"RESIL_TEST_WROKERS: there is no such setting"});
    ::unsetenv("RESIL_TEST_WORKERS");
    ::unsetenv("RESIL_TEST_WROKERS");
}
