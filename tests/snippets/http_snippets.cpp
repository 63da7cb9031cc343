// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

// Quoted by docs/http.md: the regions between the tags.

#include <resil/http/http.hpp>

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <optional>
#include <string_view>

namespace {

namespace http = boost::beast::http;
using namespace std::chrono_literals;

//[http_judge
resil::judgement judged(resil::error_code ec, http::response<http::string_body> const& response)
{
    static resil::http::judge_response const judge;
    return judge(ec, response); // a verdict, and how long the peer asked us to wait
}
//]

//[http_retry_after
std::optional<resil::duration> asked_wait(std::string_view value, resil::http::wall_time now)
{
    // "120" is two minutes, "Sun, 06 Nov 1994 08:49:37 GMT" has passed: 0, "soon" is nothing
    return resil::http::parse_retry_after(value, now);
}
//]

//[http_counters
struct upstream
{
    resil::http::header_counters counters;
    resil::http::judge_response judge{{.counters = counters}};

    // For your metrics: grows when the peer sends a Retry-After that nobody can read.
    std::uint64_t unreadable() const { return counters.malformed_retry_after(); }
};
//]

//[http_judge_in
resil::judgement judged_in_place()
{
    http::response<http::string_body> response; // filled by reference, as async_read does
    resil::http::judge_response_in const judge(response);
    response.result(http::status::too_many_requests);
    return judge(resil::error_code(), response.payload_size().value_or(0));
}
//]

//[http_replayed
struct judge_stripe
{
    resil::http::judge_response judge;

    // A stored answer stays what it is: the same key gets the same answer again.
    template <class Body>
    resil::judgement operator()(resil::error_code ec,
                                http::response<Body> const& response) const
    {
        bool const replayed = !ec && response["Idempotent-Replayed"] == "true";
        return replayed ? resil::verdict::success : judge(ec, response);
    }
};
//]

//[http_request
resil::error_code prepare(http::request<http::empty_body>& request, std::string_view host,
                          std::string_view path, std::string_view tenant)
{
    if (auto ec = resil::http::set_host(request, host)) {
        return ec; // nothing was written
    }
    if (auto ec = resil::http::set_target(request, path)) {
        return ec;
    }
    return resil::http::set_field(request, "X-Tenant", tenant);
}
//]

//[http_key_client
resil::error_code add_key(http::request<http::string_body>& request, std::string_view key)
{
    // Idempotency-Key: "8e03978e-40d5-43dd-bc93-6894a57f9324"
    return resil::http::set_idempotency_key(request, key);
}

resil::error_code add_stripe_key(http::request<http::string_body>& request,
                                 std::string_view key)
{
    // Idempotency-Key: 8e03978e-40d5-43dd-bc93-6894a57f9324
    return resil::http::set_idempotency_key(request, key, resil::http::key_style::bare);
}
//]

//[http_key_server
http::status check_key(http::request<http::string_body> const& request)
{
    auto key = resil::http::read_idempotency_key(request, resil::http::key_style::quoted);
    if (!key) {
        return http::status::bad_request; // key.error() says whether it is missing or malformed
    }
    return key->view().size() < 16 ? http::status::bad_request : http::status::ok;
}
//]

//[http_remaining_client
resil::error_code add_remaining(http::request<http::string_body>& request, resil::duration left)
{
    return resil::http::set_remaining(request, left); // Resil-Remaining-Ms: 250
}
//]

//[http_remaining_server
std::optional<resil::time_point> deadline_of(http::request<http::string_body> const& request,
                                             resil::time_point received_at,
                                             resil::http::header_counters const& counters)
{
    auto left = resil::http::read_remaining(request, counters);
    return resil::http::deadline_after(left, received_at); // for resil::call::deadline
}
//]

TEST_CASE("the page on HTTP: judging", "[snippets][http]")
{
    http::response<http::string_body> response(http::status::service_unavailable, 11);
    response.set(http::field::retry_after, "120");
    CHECK(judged({}, response).verdict == resil::verdict::transient);
    CHECK(judged({}, response).retry_after == 120s);
    CHECK(judged_in_place().verdict == resil::verdict::throttled);

    upstream const u;
    response.set(http::field::retry_after, "soon");
    CHECK_FALSE(u.judge({}, response).retry_after);
    CHECK(u.unreadable() == 1);

    response.set("Idempotent-Replayed", "true");
    CHECK(judge_stripe()({}, response).verdict == resil::verdict::success);
}

TEST_CASE("the page on HTTP: requests", "[snippets][http]")
{
    http::request<http::empty_body> request(http::verb::get, "/", 11);
    CHECK_FALSE(prepare(request, "example.com", "/a?b", "7"));
    CHECK(request.target() == "/a?b");
    CHECK(prepare(request, "example.com", "/a", "7\r\nX-Evil: 1") ==
          resil::http::errc::invalid_field_value);
}

TEST_CASE("the page on HTTP: keys and remaining time", "[snippets][http]")
{
    http::request<http::string_body> request(http::verb::post, "/", 11);
    CHECK(check_key(request) == http::status::bad_request);
    CHECK_FALSE(add_stripe_key(request, "8e03978e-40d5-43dd-bc93-6894a57f9324"));
    CHECK(check_key(request) == http::status::bad_request);
    CHECK_FALSE(add_key(request, "8e03978e-40d5-43dd-bc93-6894a57f9324"));
    CHECK(check_key(request) == http::status::ok);

    CHECK_FALSE(deadline_of(request, resil::time_point(), {}));
    CHECK_FALSE(add_remaining(request, 250ms));
    CHECK(deadline_of(request, resil::time_point(), {}) == resil::time_point() + 250ms);
}

TEST_CASE("the comments on HTTP: what Retry-After asks for", "[snippets][http]")
{
    resil::http::wall_time const now(std::chrono::sys_days(std::chrono::January / 1 / 2026));
    CHECK(asked_wait("120", now) == 120s);
    CHECK(asked_wait("Sun, 06 Nov 1994 08:49:37 GMT", now) == 0s);
    CHECK_FALSE(asked_wait("soon", now));
}

} // namespace
