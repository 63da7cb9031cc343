// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/postgres/connection.hpp>

#include "postgres_support.hpp"

#include <boost/asio/error.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace postgres_support;
using postgres::errc;

TEST_CASE("a connection is made, and says who it is", "[postgres][connect]")
{
    client c;
    auto to = server().settings();
    to.application_name = "it's \\ 'quoted'"; // values need no quoting
    CHECK(c->backend_id() == 0);
    CHECK_FALSE(c->is_reusable());
    REQUIRE_FALSE(c.connect(to));

    CHECK(c->is_reusable());
    CHECK(c.query("select pg_backend_pid()").first() == std::to_string(c->backend_id()));
    CHECK(c.query("show application_name").first() == to.application_name);
    CHECK(c.query("show client_encoding").first() == "UTF8");
}

TEST_CASE("a host is an address, a name that is looked up, or the folder of a socket",
          "[postgres][connect]")
{
    client c;
    auto to = server().settings();
    to.host = GENERATE(as<std::string>(), "127.0.0.1", "localhost", "socket");
    if (to.host == "socket") {
        to.host = server().socket_folder();
    }
    CHECK(c.connect(to).message() == "Success");
    CHECK(c.query("select 1").first() == "1");
}

TEST_CASE("the right password lets in, by each way of asking for it", "[postgres][connect]")
{
    client c;
    auto to = server().settings(GENERATE("scram_user", "md5_user"));
    to.password = "right password";
    CHECK_FALSE(c.connect(to));
}

TEST_CASE("a wrong password is told by its SQLSTATE, and can be mended", "[postgres][connect]")
{
    client c;
    auto to = server().settings(GENERATE("scram_user", "md5_user"));
    to.password = "wrong";
    error_code const ec = c.connect(to);

    CHECK(ec == postgres::sqlstate_error("28P01"));
    CHECK(c->last_message().find("password authentication failed") != std::string::npos);
    CHECK_FALSE(c->is_reusable());
    to.password = "right password";
    CHECK_FALSE(c.connect(to));
}

TEST_CASE("a missing password is noticed on this side", "[postgres][connect]")
{
    client c;
    auto to = server().settings(GENERATE("scram_user", "md5_user"));
    to.options["passfile"] = "/no/such/file";
    CHECK(c.connect(to) == errc::password_missing);
}

TEST_CASE("an unknown database and an unknown user are told apart", "[postgres][connect]")
{
    client c;
    auto to = server().settings();
    to.database = "nowhere";
    CHECK(c.connect(to) == postgres::sqlstate_error("3D000"));
    CHECK(c.connect(server().settings("nobody_known")) == postgres::sqlstate_error("28000"));
}

TEST_CASE("a port where nobody listens refuses", "[postgres][connect]")
{
    client c;
    auto to = server().settings();
    to.port = support::free_port();
    CHECK(c.connect(to) == asio::error::connection_refused);
}

TEST_CASE("a socket that is not there is a missing file", "[postgres][connect]")
{
    client c;
    auto to = server().settings();
    to.host = server().socket_folder();
    to.port = support::free_port();
    CHECK(c.connect(to) == error_code(ENOENT, boost::system::system_category()));
}

TEST_CASE("a host that has no address is an error of the look-up", "[postgres][connect]")
{
    client c;
    auto to = server().settings();
    to.host = "no-such-host.invalid";
    error_code const ec = c.connect(to);
    CAPTURE(ec.message());
    CHECK((ec == asio::error::host_not_found || ec == asio::error::host_not_found_try_again));
}

TEST_CASE("TLS that a server does not have is refused", "[postgres][connect]")
{
    client c;
    auto to = server().settings();
    to.tls = postgres::tls_mode::require;
    CHECK(c.connect(to) == errc::tls_failed);
    to.tls = postgres::tls_mode::prefer;
    CHECK_FALSE(c.connect(to));
}

TEST_CASE("a certificate that is not trusted is refused", "[postgres][connect]")
{
    auto& s = server();
    if (!std::filesystem::exists("/usr/bin/openssl")) {
        SKIP("openssl is not installed");
    }
    auto const trusted = s.make_certificate();
    auto const another = s.make_certificate("another");
    s.stop();
    s.start(s.tls_options());
    client c;
    auto to = s.settings();
    to.tls = postgres::tls_mode::verify_full;
    to.options["sslrootcert"] = trusted.string();
    CHECK(c.connect(to) == errc::tls_failed); // it does not name the address
    to.host = "localhost";
    to.options["sslrootcert"] = another.string();
    CHECK(c.connect(to) == errc::tls_failed);

    to.options["sslrootcert"] = trusted.string();
    REQUIRE_FALSE(c.connect(to));
    CHECK(c.query("select ssl from pg_stat_ssl where pid = pg_backend_pid()").first() == "t");
    for (int bytes = 1000; bytes < 200'000; bytes += 3511) { // TLS records of every length
        answer const got = c.query("select repeat('x', $1)", {bytes});
        REQUIRE_FALSE(got.ec);
        CHECK(got.first().size() == static_cast<std::size_t>(bytes));
    }
    CHECK(c->is_reusable());
    s.restart();
    CHECK_FALSE(c->is_reusable());
}

TEST_CASE("settings that only libpq can judge are refused", "[postgres][connect]")
{
    client c;
    auto to = server().settings();
    to.options["channel_binding"] = "perhaps";
    CHECK(c.connect(to) == errc::invalid_settings);
    CHECK(c->last_message().find("perhaps") != std::string::npos);
}

TEST_CASE("too many connections are told by their SQLSTATE", "[postgres][connect]")
{
    auto& s = server();
    s.stop();
    s.start({"-c", "max_connections=4", "-c", "superuser_reserved_connections=0"});
    std::vector<std::unique_ptr<client>> clients;
    error_code ec;
    while (!ec && clients.size() <= 4) {
        clients.push_back(std::make_unique<client>());
        ec = clients.back()->connect(s.settings());
    }
    CHECK(ec == postgres::sqlstate_error("53300"));
    clients.clear();
    s.restart();
}

TEST_CASE("a connection connects once", "[postgres][connect]")
{
    auto const c = connected();
    CHECK(c->connect(server().settings()) == asio::error::already_connected);
    CHECK(c->query("select 1").first() == "1");
}

TEST_CASE("what is not connected does nothing", "[postgres][connect]")
{
    client c;
    CHECK(c.ping() == asio::error::not_connected);
    CHECK(c.reset() == asio::error::not_connected);
    CHECK(c.query("select 1").ec == asio::error::not_connected);
    CHECK(c.ended([&](auto token) { c->async_cancel(token); }) == asio::error::not_connected);
}

TEST_CASE("a closed connection leaves the server, and can connect again", "[postgres][connect]")
{
    auto const c = connected();
    auto const count = "select count(*) from pg_stat_activity where pid = " +
                       std::to_string((*c)->backend_id());
    CHECK(server().execute(count) == "1");
    CHECK_FALSE(c->ended([&](auto token) { (*c)->async_close(token); }));

    CHECK(c->ping() == asio::error::not_connected);
    auto const watch = connected();
    while (watch->query(count).first() != "0") {
    }
    CHECK_FALSE(c->connect(server().settings()));
}

} // namespace
