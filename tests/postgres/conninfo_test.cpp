// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/postgres/conninfo.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <string>

using Catch::Matchers::ContainsSubstring;
using resil::postgres::read_settings;
using resil::postgres::tls_mode;

TEST_CASE("a connection string is read in both of its forms", "[postgres][conninfo]")
{
    auto const form = GENERATE(
        std::string("postgresql://shop:s%20ecret@db.example:5433/goods?sslmode=verify-full&connect_timeout=3"),
        std::string("host=db.example port=5433 dbname=goods user=shop password='s ecret' sslmode=verify-full connect_timeout=3"));

    auto const found = read_settings(form);

    CHECK(found.host == "db.example");
    CHECK(found.port == 5433);
    CHECK(found.database == "goods");
    CHECK(found.user == "shop");
    CHECK(found.password == "s ecret");
    CHECK(found.tls == tls_mode::verify_full);
    CHECK(found.options.at("connect_timeout") == "3");
}

TEST_CASE("what a connection string does not say keeps its default", "[postgres][conninfo]")
{
    auto const found = read_settings("dbname=goods user=shop");

    CHECK(found.host == "localhost");
    CHECK(found.port == 5432);
    CHECK(found.tls == tls_mode::prefer);
    CHECK(found.options.empty());
}

TEST_CASE("a connection string that makes no sense is refused without its password", "[postgres][conninfo]")
{
    CHECK_THROWS_WITH(read_settings("nonsense"), ContainsSubstring("postgresql://user@host:port/database"));
    CHECK_THROWS_WITH(read_settings("postgresql://u:secret@h:port/d?x=1"), !ContainsSubstring("secret"));
    CHECK_THROWS_WITH(read_settings("dbname=d user=u port=0"), ContainsSubstring("between 1 and 65535"));
    CHECK_THROWS_WITH(read_settings("dbname=d user=u port=70000"), ContainsSubstring("port"));
    CHECK_THROWS_WITH(read_settings("dbname=d user=u sslmode=maybe"), ContainsSubstring("verify-full"));
    CHECK_THROWS_WITH(read_settings("user=u"), ContainsSubstring("database"));
    CHECK_THROWS_WITH(read_settings("dbname=d user=u hostaddr=127.0.0.1"), ContainsSubstring("hostaddr"));
}
