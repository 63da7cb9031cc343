// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/postgres/health_check.hpp>

#include "postgres_support.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/system/system_error.hpp>

#include <catch2/catch_test_macros.hpp>

#include <exception>
#include <optional>
#include <string>

using namespace postgres_support;

namespace {

error_code check(client& c, postgres::health_check const& asks)
{
    std::optional<error_code> found;
    asio::co_spawn(c.context, asks, [&](std::exception_ptr thrown) {
        try {
            if (thrown) {
                std::rethrow_exception(thrown);
            }
            found = error_code();
        } catch (boost::system::system_error const& e) {
            found = e.code();
        }
    });
    c.run();
    return found.value();
}

} // namespace

TEST_CASE("a server is asked over one connection, which is made anew when it is lost", "[postgres][health]")
{
    client c;
    postgres::settings where = server().settings();
    where.application_name = "resil health check";
    postgres::health_check const asks(where);
    CHECK_FALSE(check(c, asks));
    CHECK_FALSE(check(c, asks));

    REQUIRE_FALSE(c.connect(server().settings()));
    std::string const ours = " from pg_stat_activity where application_name = 'resil health check'";
    CHECK(c.query("select count(*)" + ours).first() == "1");
    std::string const pid = c.query("select pid" + ours).first();
    REQUIRE(c.query("select pg_terminate_backend(" + pid + ", 10000)").first() == "t");
    static_cast<void>(check(c, asks)); // it may notice only by asking
    CHECK_FALSE(check(c, asks));
    CHECK(c.query("select pid" + ours).first() != pid);
}

TEST_CASE("a server that is not there has failed", "[postgres][health]")
{
    client c;
    postgres::settings where = server().settings();
    where.port = 1;
    CHECK(check(c, postgres::health_check(where)) == asio::error::connection_refused);
}
