// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_HTTP_HEALTH_RESPONSE_HPP
#define RESIL_HTTP_HEALTH_RESPONSE_HPP

#include <resil/core/health_report.hpp>
#include <resil/core/health_text.hpp>
#include <resil/http/string_message.hpp>

#include <boost/beast/http/field.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/verb.hpp>

#include <string>
#include <utility>

namespace resil::http {

namespace detail {

inline string_response make_health_response(bool good, std::string body, boost::beast::http::verb method)
{
    using boost::beast::http::field;
    using boost::beast::http::status;
    bool const allowed = method == boost::beast::http::verb::get || method == boost::beast::http::verb::head;
    string_response made(good ? status::ok : status::service_unavailable, 11);
    made.set(field::cache_control, "no-store");
    if (allowed) {
        made.set(field::content_type, "application/health+json");
        made.body() = std::move(body);
    } else {
        made.result(status::method_not_allowed);
        made.set(field::allow, "GET, HEAD");
    }
    made.prepare_payload();
    return made;
}

} // namespace detail

/**
 * Answers a readiness probe: 200 if the service is ready, degraded or not, else 503.
 *
 * The body is `application/health+json` with the status of each check, how long it took, how old its last success is,
 * and the category of its error: names that anybody may see. Messages are there only if `how` is `verbose`. It must not
 * be cached, and says so. Other methods than GET and HEAD are answered with 405. What answers HEAD is the answer to
 * GET: a server sends its header alone, as `http::server` does.
 *
 * Thread safety: pure.
 * Exceptions: `bad_alloc`.
 * Cost: some allocations; none is needed to know whether to answer 200 (`health::ready`).
 *
 * Example:
 *
 *     co_return resil::http::health_response(health.report(), method);
 */
inline string_response health_response(health_report const& report, boost::beast::http::verb method,
                                       health_detail how = health_detail::brief)
{
    return detail::make_health_response(report.ready(), core::health_json(report, how), method);
}

/**
 * Answers a probe that asks for one thing, such as liveness or startup: 200 if it is so, else 503.
 *
 * Thread safety: pure.
 * Exceptions: `bad_alloc`.
 * Cost: some allocations.
 *
 * Example:
 *
 *     if (path == "/health/live") {
 *         co_return resil::http::probe_response(loop.alive(), method);
 *     }
 */
inline string_response probe_response(bool good, boost::beast::http::verb method)
{
    return detail::make_health_response(good, good ? R"({"status":"pass"})" : R"({"status":"fail"})", method);
}

} // namespace resil::http

#endif // RESIL_HTTP_HEALTH_RESPONSE_HPP
