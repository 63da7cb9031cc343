// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/postgres/connection.hpp>

#include "postgres_support.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace postgres_support;
using postgres::errc;

TEST_CASE("values come back as they were given", "[postgres][query]")
{
    auto const c = connected();
    std::string const text = "it's \"quoted\"; drop table x -- \n\t\\ žluťoučký 猫 🐈";
    auto const got = c->query("select $1::int, $2::bigint, $3::text, $4::text, $5::bool, "
                              "$6::float8, $7::int, $8::text",
                              {-42, std::numeric_limits<std::int64_t>::min(), text, nullptr,
                               true, 0.1, std::optional<int>(), ""});

    REQUIRE_FALSE(got.ec);
    REQUIRE(got.rows.rows() == 1);
    REQUIRE(got.rows.columns() == 8);
    CHECK(got.rows.at(0, 0) == "-42");
    CHECK(got.rows.at(0, 1) == "-9223372036854775808");
    CHECK(got.rows.at(0, 2) == text);
    CHECK(got.rows.is_null(0, 3));
    CHECK(got.rows.at(0, 4) == "t");
    CHECK(got.rows.at(0, 5) == "0.1");
    CHECK(got.rows.is_null(0, 6));
    CHECK(got.rows.at(0, 7) == "");
}

TEST_CASE("bytes travel as they are", "[postgres][query]")
{
    auto const c = connected();
    std::vector<std::byte> bytes;
    for (int i = 0; i < 256; ++i) {
        bytes.push_back(static_cast<std::byte>(i));
    }
    auto const got = c->query("select octet_length($1::bytea), get_byte($1::bytea, 0),"
                              " get_byte($1::bytea, 255), $2::bytea",
                              {bytes, std::vector<std::byte>()});
    REQUIRE_FALSE(got.ec);
    CHECK(got.rows.at(0, 0) == "256");
    CHECK(got.rows.at(0, 1) == "0");
    CHECK(got.rows.at(0, 2) == "255");
    CHECK(got.rows.at(0, 3) == "\\x");
}

TEST_CASE("a zero byte in a text is refused, not cut off", "[postgres][query]")
{
    auto const c = connected();
    CHECK(c->query("select $1::text", {std::string("a\0b", 3)}).ec == errc::invalid_statement);
    CHECK(c->query(std::string("select 1\0, 2", 12)).ec == errc::invalid_statement);
    CHECK((*c)->is_reusable());
}

TEST_CASE("more parameters than the protocol has are refused", "[postgres][query]")
{
    auto const c = connected();
    postgres::parameters const many(std::vector<postgres::parameter>(65536, nullptr));
    CHECK(c->query("select 1", many).ec == errc::too_many_parameters);
    CHECK((*c)->is_reusable());
}

TEST_CASE("a statement larger than the socket's buffers is sent whole", "[postgres][query]")
{
    auto const c = connected();
    std::string const text(std::size_t(20) << 20, 'x');
    auto const got =
        c->query("select length($1::text), md5($1::text) = md5(repeat('x', 20971520))", {text});
    REQUIRE_FALSE(got.ec);
    CHECK(got.rows.at(0, 0) == "20971520");
    CHECK(got.rows.at(0, 1) == "t");
}

TEST_CASE("many rows arrive in order", "[postgres][query]")
{
    auto const c = connected();
    auto const got = c->query("select g as number, null from generate_series(1, 50000) g");
    REQUIRE_FALSE(got.ec);
    REQUIRE(got.rows.rows() == 50000);
    CHECK(got.rows.name(0) == "number");
    CHECK(got.rows.affected() == 50000);
    bool right = true;
    for (std::size_t i = 0; i < got.rows.rows(); ++i) {
        right = right && got.rows.at(i, 0) == std::to_string(i + 1) && got.rows.is_null(i, 1);
    }
    CHECK(right);
}

TEST_CASE("no rows have columns all the same", "[postgres][query]")
{
    auto const c = connected();
    auto const got = c->query("select 1 as one, 2 as two where false");
    REQUIRE_FALSE(got.ec);
    CHECK(got.rows.empty());
    CHECK(got.rows.columns() == 2);
    CHECK(got.rows.name(1) == "two");
    CHECK_THROWS_AS(got.rows.at(0, 0), std::out_of_range);
    CHECK_THROWS_AS(got.rows.name(2), std::out_of_range);
    CHECK_THROWS_AS(postgres::result().at(0, 0), std::out_of_range);
}

TEST_CASE("a statement says how many rows it touched", "[postgres][query]")
{
    auto const c = connected();
    CHECK(c->query("create temp table t (n int)").rows.affected() == 0);
    CHECK(c->query("insert into t select generate_series(1, 7)").rows.affected() == 7);
    CHECK(c->query("update t set n = 0 where n > $1", {4}).rows.affected() == 3);
    CHECK(c->query("delete from t").rows.affected() == 7);
    CHECK(c->query("insert into t values (1), (2) returning n").rows.rows() == 2);
}

TEST_CASE("a result lives longer than its connection", "[postgres][query]")
{
    auto c = connected();
    answer const kept = c->query("select 'kept'");
    c.reset();
    CHECK(kept.first() == "kept");
}

TEST_CASE("an error of the server is told by its SQLSTATE, and the connection goes on",
          "[postgres][query]")
{
    auto const c = connected();
    CHECK(c->query("select 1/0").ec == postgres::sqlstate_error("22012"));
    CHECK((*c)->last_message().find("division by zero") != std::string::npos);
    CHECK_FALSE(c->ping());
    CHECK((*c)->last_message().empty());
    CHECK(c->query("selec 1").ec == postgres::sqlstate_error("42601"));
    CHECK(c->query("select * from nowhere").ec == postgres::sqlstate_error("42P01"));
    CHECK(c->query("select $1::int", {"x"}).ec == postgres::sqlstate_error("22P02"));
    CHECK(c->query("select 1; select 2").ec == postgres::sqlstate_error("42601"));

    CHECK((*c)->is_reusable());
    CHECK(c->query("select 1").first() == "1");
}

TEST_CASE("an error after the first rows leaves no rows", "[postgres][query]")
{
    auto const c = connected();
    answer const got = c->query("select 1 / (g - 3000) from generate_series(1, 6000) g");
    CHECK(got.ec == postgres::sqlstate_error("22012"));
    CHECK(got.rows.rows() == 0);
    CHECK(c->query("select 1").first() == "1");
}

TEST_CASE("the server's words are kept to a bound", "[postgres][query]")
{
    auto const c = connected();
    CHECK(c->query("select repeat('x', 100000)::int").ec == postgres::sqlstate_error("22P02"));
    CHECK((*c)->last_message().size() == 4096);
}

TEST_CASE("notices are nobody's error", "[postgres][query]")
{
    auto const c = connected();
    CHECK_FALSE(
        c->query("do $$ begin for i in 1..1000 loop raise warning 'w%', i; end loop; end $$")
            .ec);
    CHECK((*c)->is_reusable());
}

TEST_CASE("a result that is too large is refused before it is all there", "[postgres][query]")
{
    client c;
    auto to = server().settings();
    to.max_result_bytes = 1 << 20;
    REQUIRE_FALSE(c.connect(to));
    CHECK(c.query("select repeat('x', 1000) from generate_series(1, 400)").rows.rows() == 400);

    // Endless, if it were read to its end.
    answer const got = c.query("select repeat('x', 1000), generate_series(1, 1000000000)");
    CHECK(got.ec == errc::result_too_large);
    CHECK(got.rows.rows() == 0);
    CHECK_FALSE(c->is_reusable());
    CHECK(c.query("select 1").ec == errc::busy);
}

TEST_CASE("COPY is refused, and leaves the connection unfit", "[postgres][query]")
{
    auto const c = connected();
    CHECK(c->query("copy (select 1) to stdout").ec == errc::copy_not_supported);
    CHECK_FALSE((*c)->is_reusable());

    auto const d = connected();
    CHECK_FALSE(d->query("create temp table t (n int)").ec);
    CHECK(d->query("copy t from stdin").ec == errc::copy_not_supported);
    CHECK_FALSE((*d)->is_reusable());
}

TEST_CASE("a second operation is refused while one is in flight", "[postgres][query]")
{
    auto const c = connected();
    error_code slow = errc::server_error;
    (*c)->async_query("select pg_sleep(0.05)", [&](error_code ec, auto) { slow = ec; });
    CHECK_FALSE((*c)->is_reusable());
    CHECK(c->ping() == errc::busy);
    CHECK_FALSE(slow);
    CHECK((*c)->is_reusable());
}

} // namespace
