// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/core/health_report.hpp>
#include <resil/core/health_text.hpp>

#include <boost/asio/error.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace {

using namespace std::chrono_literals;
using resil::criticality;
using resil::health_detail;
using resil::health_report;
using resil::health_status;
using resil::lifecycle;
using resil::core::health_json;
using resil::core::json_string;

resil::health_check_report check(criticality critical, health_status status)
{
    return {.name = "orders", .critical = critical, .status = status};
}

} // namespace

TEST_CASE("whatever stands in a text, its JSON is one string", "[core][health]")
{
    CHECK(json_string("") == R"("")");
    CHECK(json_string("a\"b\\c") == R"("a\"b\\c")");
    CHECK(json_string(std::string_view("\0\n\x1f\x7f", 4)) == R"("\u0000\u000a\u001f\u007f")");
    CHECK(json_string("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80") == "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"");
    CHECK(json_string("</script>") == "\"</script>\"");
    for (std::string_view const bad : {"\x80", "\xc0", "\xc3", "\xff"}) {
        CHECK(json_string(bad) == R"("\ufffd")");
    }
    CHECK(json_string("\xc3\"") == R"("\ufffd\"")");              // a quote is not swallowed
    CHECK(json_string("\xe2\x82") == R"("\ufffd\ufffd")");        // cut short
    CHECK(json_string("\xc0\xaf") == R"("\ufffd\ufffd")");        // longer than need be
    CHECK(json_string("\xe0\x80\xaf") == R"("\ufffd\ufffd\ufffd")");
    CHECK(json_string("\xed\xa0\x80") == R"("\ufffd\ufffd\ufffd")"); // a surrogate
    CHECK(json_string("\xf4\x90\x80\x80") == R"("\ufffd\ufffd\ufffd\ufffd")");
    CHECK(json_string("\xf0\x80\x80\x80") == R"("\ufffd\ufffd\ufffd\ufffd")");
}

TEST_CASE("the first and the last character of each length are kept, and what lies beyond them is not", "[health]")
{
    for (std::string_view const good :
         {"\x7e", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xe1\x80\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf",
          "\xf0\x90\x80\x80", "\xf1\x80\x80\x80", "\xf3\xbf\xbf\xbf", "\xf4\x8f\xbf\xbf"}) {
        CHECK(json_string(good) == '"' + std::string(good) + '"');
    }
    for (std::string_view const bad :
         {"\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80"}) {
        std::string replaced;
        for (std::size_t i = 0; i != bad.size(); ++i) {
            replaced += "\\ufffd";
        }
        CHECK(json_string(bad) == '"' + replaced + '"');
    }
    CHECK(json_string("\x10") == R"("\u0010")");
}

TEST_CASE("hard checks decide, soft ones degrade", "[core][health]")
{
    using enum health_status;
    auto const together = [](health_status hard, health_status soft) {
        return resil::core::overall({check(criticality::soft, soft), check(criticality::hard, hard)});
    };
    CHECK(resil::core::overall({}) == ok);
    CHECK(together(ok, ok) == ok);
    CHECK(together(ok, failing) == degraded);
    CHECK(together(ok, unknown) == degraded);
    CHECK(together(unknown, failing) == unknown);
    CHECK(together(failing, ok) == failing);
    CHECK(resil::core::overall({check(criticality::hard, unknown), check(criticality::hard, failing)}) == failing);
}

TEST_CASE("a brief answer has categories, and only a verbose one has messages", "[core][health]")
{
    health_report const report{
        .where = lifecycle::ready,
        .status = health_status::failing,
        .checks = {{.name = "orders", .status = health_status::failing, .last_ok_age = 4200ms, .latency = 12ms,
                    .error = boost::asio::error::connection_refused},
                   {.name = "cache", .critical = criticality::soft, .status = health_status::unknown}}};
    CHECK(health_json(report, health_detail::brief) ==
          R"({"status":"fail","state":"failing","lifecycle":"ready","checks":{)"
          R"("orders":[{"status":"fail","state":"failing","criticality":"hard","observedValue":12,"observedUnit":"ms",)"
          R"("lastOkAgeMs":4200,"error":"system"}],)"
          R"("cache":[{"status":"fail","state":"unknown","criticality":"soft","observedValue":0,"observedUnit":"ms"}]}})");
    std::string const verbose = health_json(report, health_detail::verbose);
    CHECK(verbose.find(R"("output":"Connection refused)") != std::string::npos);
}

TEST_CASE("a service that is well but not in the middle of its life fails a probe", "[core][health]")
{
    for (lifecycle const where : {lifecycle::starting, lifecycle::draining}) {
        health_report const report{.where = where, .status = health_status::ok};
        CHECK_FALSE(report.ready());
        CHECK(health_json(report, health_detail::brief).starts_with(R"({"status":"fail","state":"ok")"));
    }
    health_report const degraded{.where = lifecycle::ready, .status = health_status::degraded};
    CHECK(degraded.ready());
    CHECK(health_json(degraded, health_detail::brief).starts_with(R"({"status":"warn")"));
}
