// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/postgres/connector.hpp>
#include <resil/postgres/settings.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <functional>
#include <string>

namespace {

using resil::postgres::connector;
using resil::postgres::settings;

settings valid()
{
    return {.database = "shop", .user = "app"};
}

TEST_CASE("settings that make no sense are refused, and the message says why",
          "[postgres][settings]")
{
    struct mistake
    {
        std::function<void(settings&)> make;
        std::string message;
    };
    mistake const mistakes[] = {
        {[](auto& s) { s.host = ""; }, "host is empty, but must be given"},
        {[](auto& s) { s.host = "a,b"; }, "host is a list, but must be one host"},
        {[](auto& s) { s.port = 0; }, "port is 0, but must be at least 1"},
        {[](auto& s) { s.database = ""; }, "database is empty, but must be given"},
        {[](auto& s) { s.user = ""; }, "user is empty, but must be given"},
        {[](auto& s) { s.password = std::string("a\0b", 3); },
         "password is a text with a zero byte, but must be without one"},
        {[](auto& s) { s.max_result_bytes = 0; },
         "max_result_bytes is 0, but must be at least 1024"},
        {[](auto& s) {
             s.options = {{"sslrootcrt", "x"}};
         },
         "options is \"sslrootcrt\", but must be a keyword of this libpq"},
        {[](auto& s) {
             s.options = {{"hostaddr", "x"}};
         },
         "options is hostaddr, but must be something that has no member of its own"},
    };
    for (mistake const& m : mistakes) {
        settings s = valid();
        m.make(s);
        CHECK_THROWS_MATCHES(s.validate(), resil::invalid_option,
                             Catch::Matchers::Message(m.message));
        CHECK_THROWS_AS(connector(s), resil::invalid_option);
    }
}

TEST_CASE("what libpq understands can be asked for", "[postgres][settings]")
{
    settings s = valid();
    s.options = {{"sslrootcert", "/ca.pem"}, {"options", "-c statement_timeout=5s"}};
    CHECK_NOTHROW(s.validate());
    CHECK(connector(s).settings().options.size() == 2);
}

TEST_CASE("a password is never in a message", "[postgres][settings]")
{
    settings s = valid();
    s.password = std::string("secret\0", 7);
    CHECK_THROWS_WITH(s.validate(), !Catch::Matchers::ContainsSubstring("secret"));
}

} // namespace
