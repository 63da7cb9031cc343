// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/postgres/error.hpp> // self-contained

#include <catch2/catch_test_macros.hpp>

#include <set>
#include <string>

namespace {

using resil::error_code;
using namespace resil::postgres;

TEST_CASE("a SQLSTATE survives being an error code", "[postgres][error]")
{
    for (std::string const state :
         {"00001", "01000", "23505", "40P01", "57P01", "XX000", "ZZZZZ"}) {
        error_code const ec = sqlstate_error(state);
        CHECK(ec.failed());
        CHECK(sqlstate(ec) == state);
        CHECK(ec == sqlstate_error(state));
    }
    CHECK(sqlstate_error("23505") != sqlstate_error("23503"));
}

TEST_CASE("what is no SQLSTATE is an error all the same", "[postgres][error]")
{
    for (std::string const text : {"", "00000", "2350", "235050", "2350x", "23 05"}) {
        CHECK(sqlstate_error(text) == errc::server_error);
    }
    CHECK(sqlstate(errc::server_error).empty());
    CHECK(sqlstate(error_code()).empty());
}

TEST_CASE("the message of a SQLSTATE names it and its class", "[postgres][error]")
{
    CHECK(sqlstate_error("28P01").message() ==
          "SQLSTATE 28P01 (invalid authorization specification)");
    CHECK(sqlstate_error("40001").message() == "SQLSTATE 40001 (transaction rollback)");
    CHECK(sqlstate_error("ZZ999").message() == "SQLSTATE ZZ999 (error of an unknown class)");
    CHECK(std::string(sqlstate_error("40001").category().name()) == "resil.postgres.sqlstate");
}

TEST_CASE("each error of this side has a message of its own", "[postgres][error]")
{
    std::set<std::string> messages;
    for (int value = 1; value <= static_cast<int>(errc::server_error); ++value) {
        messages.insert(error_code(static_cast<errc>(value)).message());
    }

    CHECK(messages.size() == static_cast<std::size_t>(errc::server_error));
    CHECK_FALSE(messages.contains("unknown resil.postgres error"));
    CHECK(error_code(99, error_category()).message() == "unknown resil.postgres error");
    CHECK(std::string(error_code(errc::busy).category().name()) == "resil.postgres");
}

} // namespace
