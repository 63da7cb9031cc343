// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/postgres/connection.hpp>

#include "postgres_support.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>

#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace postgres_support;

std::string state_of(client& c)
{
    return server().execute("select state from pg_stat_activity where pid = " +
                            std::to_string(c->backend_id()));
}

TEST_CASE("a ping leaves no transaction behind", "[postgres][reset]")
{
    auto const c = connected();
    CHECK_FALSE(c->ping());
    CHECK_FALSE((*c)->in_transaction());
    CHECK((*c)->is_reusable());
    CHECK(state_of(*c) == "idle");
    CHECK(server().execute(
              "select count(*) from pg_stat_activity where backend_xid is not null or"
              " backend_xmin is not null and pid = " +
              std::to_string((*c)->backend_id())) == "0");
}

TEST_CASE("a ping ends no transaction, not even a failed one", "[postgres][reset]")
{
    auto const c = connected();
    CHECK_FALSE(c->query("begin").ec);
    CHECK_FALSE(c->ping());
    CHECK((*c)->in_transaction());
    CHECK(state_of(*c) == "idle in transaction");

    CHECK(c->query("select 1/0").ec);
    CHECK_FALSE(c->ping());
    CHECK(state_of(*c) == "idle in transaction (aborted)");
}

TEST_CASE("a reset rolls an open transaction back", "[postgres][reset]")
{
    server().execute("create table if not exists reset_me (n int)");
    auto const c = connected();
    CHECK_FALSE(c->query("begin").ec);
    CHECK_FALSE(c->query("insert into reset_me values (1)").ec);
    CHECK((*c)->is_reusable()); // after a reset it may be
    CHECK_FALSE(c->reset());

    CHECK_FALSE((*c)->in_transaction());
    CHECK(state_of(*c) == "idle");
    CHECK(c->query("select count(*) from reset_me").first() == "0");
}

TEST_CASE("a reset rolls a failed transaction back", "[postgres][reset]")
{
    auto const c = connected();
    CHECK_FALSE(c->query("begin").ec);
    CHECK(c->query("select 1/0").ec);
    CHECK(c->query("select 1").ec == postgres::sqlstate_error("25P02"));
    CHECK_FALSE(c->reset());
    CHECK(c->query("select 1").first() == "1");
}

TEST_CASE("a reset discards all that a session keeps", "[postgres][reset]")
{
    auto const c = connected();
    std::string const before = c->query("show work_mem").first();
    for (char const* sql :
         {"create temp table temporary (n int)", "prepare prepared as select 1",
          "set work_mem = '123MB'", "listen channel", "select pg_advisory_lock(42)"}) {
        REQUIRE_FALSE(c->query(sql).ec);
    }
    CHECK(c->query("select count(*) from pg_locks where locktype = 'advisory'").first() == "1");
    CHECK_FALSE(c->reset());

    CHECK(c->query("select * from temporary").ec == postgres::sqlstate_error("42P01"));
    CHECK(c->query("execute prepared").ec == postgres::sqlstate_error("26000"));
    CHECK(c->query("show work_mem").first() == before);
    CHECK(c->query("select count(*) from pg_listening_channels()").first() == "0");
    CHECK(c->query("select count(*) from pg_locks where locktype = 'advisory'").first() == "0");
    CHECK((*c)->is_reusable());
}

TEST_CASE("T39: a forked child that ends its copy of a connection does not end its parent's",
          "[postgres][T39]")
{
    auto const c = connected();
    c->context.notify_fork(asio::execution_context::fork_prepare);
    pid_t const child = ::fork();
    if (child == 0) {
        c->context.notify_fork(asio::execution_context::fork_child);
        (*c)->disown();
        c->link.reset();
        ::_exit(0);
    }
    c->context.notify_fork(asio::execution_context::fork_parent);
    REQUIRE(::waitpid(child, nullptr, 0) == child);

    CHECK_FALSE(c->ping());
    CHECK(c->query("select 1").first() == "1");
}

} // namespace
