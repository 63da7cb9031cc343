// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "receiver.hpp"

#include <resil/service/prometheus_text.hpp>

#include <boost/beast/http/field.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/verb.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace ingest {

namespace asio = boost::asio;
namespace service = resil::service;
using boost::beast::http::field;
using boost::beast::http::status;
using boost::beast::http::verb;
using resil::http::string_request;
using resil::http::string_response;

namespace {

string_response text(status code, std::string body)
{
    string_response made(code, 11);
    made.set(field::content_type, "text/plain; charset=utf-8");
    made.set(field::cache_control, "no-store");
    made.body() = std::move(body) + "\n";
    return made;
}

string_response later(status code, std::string body)
{
    string_response made = text(code, std::move(body));
    made.set(field::retry_after, "1");
    return made;
}

} // namespace

receiver::receiver(point_queue& queue, point_store const& store, std::size_t most_points, service::metrics counted)
    : queue_(queue),
      store_(store),
      most_points_(most_points),
      counted_(std::move(counted)),
      received_(counted_.counters("ingest_points_received_total", "Points by what became of them", {"outcome"})),
      acknowledged_(received_.with({"acknowledged"})),
      refused_(received_.with({"refused"})),
      malformed_(counted_.counter("ingest_requests_malformed_total", "Requests that could not be read")),
      unavailable_(received_.with({"unavailable"})),
      backlog_(counted_.gauge("ingest_backlog", "What is acknowledged and not stored yet, as far as is known"))
{
    counted_.on_read([this] { backlog_.set(static_cast<double>(queue_.backlog())); });
}

asio::awaitable<string_response> receiver::answer(resil::http::exchange& caller)
{
    string_request const& request = caller.request();
    std::string_view const target = request.target();
    if (target == "/points") {
        string_response answered = co_await take_points(request);
        co_return answered;
    }
    if (target == "/health/live") {
        co_return text(status::ok, "alive");
    }
    if (target == "/health/ready") {
        co_return readiness();
    }
    if (target == "/metrics") {
        co_return metrics_text();
    }
    co_return text(status::not_found, "there are /points, /health/live, /health/ready and /metrics");
}

asio::awaitable<string_response> receiver::take_points(string_request const& request)
{
    if (request.method() != verb::post) {
        co_return text(status::method_not_allowed, "points are sent with POST");
    }
    read_points const sent = read(request.body(), most_points_);
    if (!sent.problem.empty()) {
        malformed_.add();
        co_return text(status::bad_request, sent.problem);
    }
    offer_outcome const outcome = co_await queue_.offer(request.body(), sent.points.size());
    co_return outcome_of(outcome, sent.points.size());
}

string_response receiver::outcome_of(offer_outcome outcome, std::size_t points) const
{
    switch (outcome) {
    case offer_outcome::taken:
        acknowledged_.add(points);
        return text(status::accepted, "acknowledged " + std::to_string(points));
    case offer_outcome::full:
        refused_.add(points);
        return later(status::too_many_requests, "the database is behind; send this again");
    case offer_outcome::unavailable: break;
    }
    unavailable_.add(points);
    return later(status::service_unavailable, "not acknowledged; send this again");
}

// A database that is away is no reason to turn points away: the queue has room until it is full.
string_response receiver::readiness() const
{
    if (!ready_ || !queue_.is_available()) {
        return text(status::service_unavailable, ready_ ? "queue: unavailable" : "about to end");
    }
    return text(status::ok, store_.is_available() ? "ready" : "ready; database: not seen");
}

string_response receiver::metrics_text() const
{
    string_response made = text(status::ok, service::prometheus_text(counted_));
    made.set(field::content_type, "text/plain; version=0.0.4");
    return made;
}

} // namespace ingest
