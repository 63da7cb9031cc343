// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/postgres/classify.hpp> // self-contained

#include <catch2/catch_test_macros.hpp>

#include <string_view>

namespace {

namespace net = boost::asio::error;
namespace postgres = resil::postgres;
using postgres::errc;
using resil::connection_fault;
using resil::error_code;
using resil::verdict;

struct line
{
    error_code ec;
    connection_fault fault;
    verdict judged;
};

error_code state(std::string_view five)
{
    return postgres::sqlstate_error(five);
}

TEST_CASE("an error says what it means to the connection, and to the call",
          "[postgres][classify]")
{
    line const lines[] = {
        {state("28P01"), connection_fault::permanent, verdict::permanent},
        {state("28000"), connection_fault::permanent, verdict::permanent},
        {state("3D000"), connection_fault::permanent, verdict::permanent},
        {errc::invalid_settings, connection_fault::permanent, verdict::permanent},
        {errc::tls_failed, connection_fault::permanent, verdict::permanent},
        {errc::password_missing, connection_fault::permanent, verdict::permanent},
        {state("25006"), connection_fault::read_only, verdict::transient},
        {state("57P01"), connection_fault::disconnected, verdict::transient},
        {state("57P02"), connection_fault::disconnected, verdict::transient},
        {state("57P05"), connection_fault::disconnected, verdict::transient},
        {state("08006"), connection_fault::disconnected, verdict::transient},
        {state("08001"), connection_fault::disconnected, verdict::transient},
        {errc::connection_failed, connection_fault::disconnected, verdict::transient},
        {net::eof, connection_fault::disconnected, verdict::transient},
        {net::connection_reset, connection_fault::disconnected, verdict::transient},
        {net::broken_pipe, connection_fault::disconnected, verdict::transient},
        {net::connection_refused, connection_fault::transient, verdict::transient},
        {state("57P03"), connection_fault::transient, verdict::transient},
        {state("53300"), connection_fault::transient, verdict::transient},
        {state("40001"), connection_fault::transient, verdict::transient},
        {state("40P01"), connection_fault::transient, verdict::transient},
        {state("23505"), connection_fault::transient, verdict::ignored},
        {state("42601"), connection_fault::transient, verdict::ignored},
        {state("22012"), connection_fault::transient, verdict::ignored},
        {state("P0001"), connection_fault::transient, verdict::ignored},
        {state("XX000"), connection_fault::transient, verdict::permanent},
        {state("57014"), connection_fault::transient, verdict::permanent},
        {errc::result_too_large, connection_fault::transient, verdict::permanent},
        {net::operation_aborted, connection_fault::transient, verdict::ignored},
        {resil::errc::timed_out, connection_fault::transient, verdict::transient},
    };
    for (line const& l : lines) {
        CAPTURE(l.ec.message());
        CHECK(postgres::classify(l.ec) == l.fault);
        CHECK(postgres::judge(l.ec) == l.judged);
        CHECK(postgres::judge_error{}(l.ec, 42) == l.judged);
    }
    CHECK(postgres::judge({}) == verdict::success);
}

} // namespace
