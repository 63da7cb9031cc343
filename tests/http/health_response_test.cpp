// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include <resil/http/health_response.hpp>

#include <boost/beast/http/field.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/verb.hpp>

#include <catch2/catch_test_macros.hpp>

#include <string>

namespace {

namespace http = boost::beast::http;
using resil::health_report;
using resil::health_status;
using resil::http::health_response;
using resil::http::probe_response;

health_report const well{.where = resil::lifecycle::ready, .status = health_status::ok};

} // namespace

TEST_CASE("a readiness probe is answered 200 or 503, and never from a cache", "[http][health]")
{
    auto const yes = health_response(well, http::verb::get);
    CHECK(yes.result() == http::status::ok);
    CHECK(yes[http::field::content_type] == "application/health+json");
    CHECK(yes[http::field::cache_control] == "no-store");
    CHECK(yes[http::field::content_length] == std::to_string(yes.body().size()));
    CHECK(yes.body().starts_with(R"({"status":"pass")"));

    auto const degraded = health_response({.where = resil::lifecycle::ready, .status = health_status::degraded},
                                          http::verb::head);
    CHECK(degraded.result() == http::status::ok);

    for (health_status const how : {health_status::unknown, health_status::failing}) {
        auto const no = health_response({.where = resil::lifecycle::ready, .status = how}, http::verb::get);
        CHECK(no.result() == http::status::service_unavailable);
        CHECK(no[http::field::cache_control] == "no-store");
    }
    auto const leaving = health_response({.where = resil::lifecycle::draining, .status = health_status::ok},
                                         http::verb::get);
    CHECK(leaving.result() == http::status::service_unavailable);
}

TEST_CASE("a probe for one thing is answered 200 or 503", "[http][health]")
{
    CHECK(probe_response(true, http::verb::get).result() == http::status::ok);
    CHECK(probe_response(true, http::verb::head).body() == R"({"status":"pass"})");
    CHECK(probe_response(false, http::verb::get).result() == http::status::service_unavailable);
    CHECK(probe_response(false, http::verb::get)[http::field::cache_control] == "no-store");
}

TEST_CASE("a probe by another method is refused", "[http][health]")
{
    auto const refused = health_response(well, http::verb::post);
    CHECK(refused.result() == http::status::method_not_allowed);
    CHECK(refused[http::field::allow] == "GET, HEAD");
    CHECK(refused.body().empty());
}

TEST_CASE("an answer has no message of an error unless it is asked for", "[http][health]")
{
    resil::error_code const secret(boost::system::errc::connection_refused, boost::system::system_category());
    health_report report = well;
    report.checks.push_back({.name = "orders", .status = health_status::ok, .error = secret});
    CHECK(health_response(report, http::verb::get).body().find(secret.message()) == std::string::npos);
    auto const verbose = health_response(report, http::verb::get, resil::health_detail::verbose);
    CHECK(verbose.body().find(secret.message()) != std::string::npos);
}
