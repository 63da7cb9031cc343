// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/http/error.hpp> // self-contained
#include <resil/verdict.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <set>
#include <string>

namespace {

using resil::error_code;
using resil::http::errc;

constexpr errc all[] = {
    errc::invalid_field_name, errc::invalid_field_value,     errc::invalid_host,
    errc::invalid_target,     errc::invalid_idempotency_key, errc::missing_idempotency_key,
    errc::invalid_method,     errc::invalid_framing,         errc::unexpected_upgrade,
    errc::too_many_interim, errc::unexpected_status};

TEST_CASE("each error of the adapter has a message of its own", "[http][error]")
{
    std::set<std::string> messages;
    for (errc const value : all) {
        error_code const ec = value;
        CHECK(ec.failed());
        CHECK(std::string(ec.category().name()) == "resil.http");
        messages.insert(ec.message());
    }

    CHECK(messages.size() == std::size(all));
    CHECK_FALSE(messages.contains("unknown resil.http error"));
    error_code const unknown(99, resil::http::error_category());
    CHECK(unknown.message() == "unknown resil.http error");
}

TEST_CASE("a message names the field and the range", "[http][error]")
{
    CHECK(error_code(errc::invalid_field_name).message().find("65533") != std::string::npos);
    CHECK(error_code(errc::invalid_field_value).message().find("0x7F") != std::string::npos);
    CHECK(error_code(errc::invalid_host).message().find("1 to 65535") != std::string::npos);
    CHECK(error_code(errc::invalid_target).message().find("0x21-0x7E") != std::string::npos);
    CHECK(error_code(errc::invalid_idempotency_key).message().find("1 to 255") !=
          std::string::npos);
}

TEST_CASE("the adapter's errors are not resil's, and repeating does not mend them",
          "[http][error]")
{
    CHECK(resil::http::error_category() != resil::error_category());
    for (errc const value : all) {
        CHECK(resil::judge(value) == resil::verdict::permanent);
        CHECK_FALSE(resil::proves_not_sent(value));
    }
}

} // namespace
