// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/mysql/classify.hpp> // self-contained

#include <boost/mysql/error_categories.hpp>

#include <catch2/catch_test_macros.hpp>

namespace {

namespace mysql = boost::mysql;
namespace net = boost::asio::error;
using resil::connection_fault;
using resil::error_code;
using resil::verdict;
using resil::mysql::classify;
using resil::mysql::judge;

struct row
{
    error_code ec;
    connection_fault fault;
    verdict judged;
};

error_code common(int code)
{
    return {code, mysql::get_common_server_category()};
}

error_code of_mysql(int code)
{
    return {code, mysql::get_mysql_server_category()};
}

error_code of_mariadb(int code)
{
    return {code, mysql::get_mariadb_server_category()};
}

} // namespace

TEST_CASE("what errors of the server mean")
{
    auto const permanent = connection_fault::permanent;
    auto const disconnected = connection_fault::disconnected;
    auto const read_only = connection_fault::read_only;
    auto const transient = connection_fault::transient;
    row const rows[] = {
        {common(1044), permanent, verdict::permanent},        // no access to the database
        {common(1045), permanent, verdict::permanent},        // wrong password
        {common(1049), permanent, verdict::permanent},        // unknown database
        {common(1130), permanent, verdict::permanent},        // host not allowed
        {common(1698), permanent, verdict::permanent},        // access denied, no password
        {common(1862), permanent, verdict::permanent},        // password expired
        {of_mysql(3118), permanent, verdict::permanent},      // account locked
        {of_mariadb(4151), permanent, verdict::permanent},    // account locked
        {common(1064), permanent, verdict::ignored},          // syntax
        {common(1053), disconnected, verdict::transient},     // shutting down
        {common(1152), disconnected, verdict::transient},     // connection aborted
        {of_mariadb(1927), disconnected, verdict::transient}, // connection killed
        {of_mysql(3169), disconnected, verdict::transient},   // session killed
        {of_mysql(4031), disconnected, verdict::transient},   // idle for too long
        {of_mariadb(2013), disconnected, verdict::transient}, // told by a proxy
        {of_mysql(2006), disconnected, verdict::transient},   // told by a proxy
        {common(1290), read_only, verdict::transient},        // --read-only
        {common(1792), read_only, verdict::transient},        // read-only transaction
        {common(1836), read_only, verdict::transient},        // read-only mode
        {common(1040), transient, verdict::transient},        // too many connections
        {common(1203), transient, verdict::transient},        // too many of the user
        {common(1205), transient, verdict::transient},        // lock wait timeout
        {common(1213), transient, verdict::transient},        // deadlock
        {common(1317), transient, verdict::transient},        // query interrupted
        {of_mariadb(1969), transient, verdict::transient},    // statement timeout
        {of_mysql(3024), transient, verdict::transient},      // statement timeout
        {common(1062), transient, verdict::ignored},          // duplicate key
        {common(1146), transient, verdict::ignored},          // no such table
        // The same number is another error there.
        {of_mariadb(4031), transient, verdict::ignored},
        {of_mysql(1927), transient, verdict::ignored},
    };
    for (auto const& [ec, fault, judged] : rows) {
        CAPTURE(ec);
        CHECK(classify(ec) == fault);
        CHECK(judge(ec) == judged);
    }
}

TEST_CASE("what errors of the client and of the network mean")
{
    using mysql::client_errc;
    auto const permanent = connection_fault::permanent;
    auto const disconnected = connection_fault::disconnected;
    auto const transient = connection_fault::transient;
    error_code const untrusted(ERR_PACK(ERR_LIB_SSL, 0, SSL_R_CERTIFICATE_VERIFY_FAILED),
                               net::get_ssl_category());
    row const rows[] = {
        {client_errc::unknown_auth_plugin, permanent, verdict::permanent},
        {client_errc::server_doesnt_support_ssl, permanent, verdict::permanent},
        {untrusted, permanent, verdict::permanent},
        {client_errc::not_connected, disconnected, verdict::transient},
        {client_errc::wrong_num_params, transient, verdict::permanent},
        {client_errc::incomplete_message, transient, verdict::permanent},
        {net::eof, disconnected, verdict::transient},
        {net::connection_reset, disconnected, verdict::transient},
        {net::broken_pipe, disconnected, verdict::transient},
        {boost::asio::ssl::error::stream_truncated, disconnected, verdict::transient},
        {net::connection_refused, transient, verdict::transient},
        {net::host_not_found_try_again, transient, verdict::transient},
        {net::operation_aborted, transient, verdict::ignored},
        {resil::errc::timed_out, transient, verdict::transient},
        {error_code(), transient, verdict::success},
    };
    for (auto const& [ec, fault, judged] : rows) {
        CAPTURE(ec);
        CHECK(classify(ec) == fault);
        CHECK(judge(ec) == judged);
        CHECK(resil::mysql::judge_error{}(ec, 42) == judged);
    }
}
