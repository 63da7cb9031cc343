// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Quoted by docs/services/configuration.md: the regions between the tags.

#include <resil/service/environment.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstdlib>
#include <string>

namespace {

using namespace std::chrono_literals;

std::string configure()
{
    //[environment_use
    resil::service::environment from("SHOP_");
    auto const listen = from.address("LISTEN", {"127.0.0.1", 8080}, "where it listens");
    auto const workers = from.number("WORKERS", 2, {1, 64}, "processes");
    auto const patience = from.time("TIMEOUT", 250ms, {1ms, 1min}, "for one attempt");
    auto const database = from.secret("DATABASE", "connection string; empty: products in memory");
    if (!from.ok()) {
        return from.report(); // every mistake, not only the first
    }
    //]
    return listen.host + std::to_string(workers) + std::to_string(patience.count()) + database;
}

} // namespace

TEST_CASE("snippets: settings are read from the environment")
{
    CHECK(configure() == "127.0.0.12250000000");
    ::setenv("SHOP_WORKRES", "3", 1);
    CHECK(configure().find("SHOP_WORKRES: there is no such setting") != std::string::npos);
    ::unsetenv("SHOP_WORKRES");
}
