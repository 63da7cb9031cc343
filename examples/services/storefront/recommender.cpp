// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#include "recommender.hpp"

#include "rollout.hpp"

#include <resil/bulkhead.hpp>
#include <resil/circuit_breaker.hpp>
#include <resil/deadline.hpp>
#include <resil/fallback.hpp>
#include <resil/http/deadline_header.hpp>
#include <resil/http/judge_response.hpp>
#include <resil/pipeline.hpp>
#include <resil/retry.hpp>
#include <resil/timeout.hpp>

#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <charconv>
#include <utility>

namespace storefront {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using namespace std::chrono_literals;

namespace {

resil::http::string_response no_recommendations()
{
    return {http::status::no_content, 11};
}

/// Each version has its own: a new recommender that fails must not take the old one with it.
auto recommendation_policies(std::string const& name, telemetry const& told)
{
    resil::circuit_breaker const breaker{{
        .name = name,
        .window = resil::circuit_window::count(50),
        .open_duration = 1s,     // not 5 s: full pages should be back sooner
        .max_open_duration = 5s, // not 60 s: the same
        .listener = told.circuit_listener(),
    }};
    resil::bulkhead const bulkhead{{.name = name, .max_concurrent = 16, .max_queued = 32, .max_wait = 100ms}};
    told.watch(name, breaker, bulkhead);
    return resil::pipeline{
        resil::observe{told.policies.observer("/", name)},
        resil::judged_by{resil::http::judge_response{}}, // not errors only: a 500 counts too
        resil::fallback{[](resil::failure const&) { return no_recommendations(); }},
        resil::deadline{400ms}, // not 30 s: a page without recommendations is better than none
        resil::retry{{
            .backoff = resil::backoff::exponential(20ms, 40ms), // not 100 ms: two must fit
            .idempotency = resil::idempotency::safe,            // not unsafe: it is a GET
            .budget = resil::retry_budget{},                    // an outage must not triple the load
        }},
        breaker,
        bulkhead,
        resil::timeout{150ms}, // not 10 s: a healthy answer takes 10 ms
    };
}

struct version
{
    std::string_view name;
    std::string path;
    decltype(recommendation_policies("", std::declval<telemetry const&>())) policies;
};

/// One id a line; anything else is no recommendation.
std::vector<int> read_ids(std::string_view body)
{
    std::vector<int> ids;
    while (!body.empty()) {
        int id = 0;
        auto const [end, error] = std::from_chars(body.data(), body.data() + body.size(), id);
        if (error != std::errc()) {
            return {};
        }
        ids.push_back(id);
        body.remove_prefix(static_cast<std::size_t>(end - body.data()));
        body.remove_prefix(body.starts_with('\n') ? 1 : 0);
    }
    return ids;
}

resil::http::string_request ask_for(std::string const& path, std::string const& visitor, resil::attempt const& a)
{
    resil::http::string_request request(http::verb::get, "/", 11);
    request.target(path + "?visitor=" + visitor); // a visitor's id needs no escaping: see visitor.hpp
    if (auto ec = resil::http::set_remaining(request, a.remaining())) {
        throw boost::system::system_error(ec);
    }
    return request;
}

} // namespace

struct recommender::protected_service
{
    resil::http::client_pool client;
    version v1;
    version v2;
};

recommender::recommender(asio::any_io_executor const& ex, resil::http::endpoint const& service,
                         unsigned rollout_percent, telemetry const& told)
    : rollout_percent_(rollout_percent)
{
    resil::http::client_pool_options const options{
        .name = "recommendations", .max_size = recommender_connections, .listener = told.policies.pool_listener()};
    resil::http::client_pool const client(ex, service, options);
    told.watch("recommendations", client.connections());
    service_.reset(new protected_service{
        client,
        {"v1", "/recommendations", recommendation_policies("recommendations v1", told)},
        {"v2", "/v2/recommendations", recommendation_policies("recommendations v2", told)},
    });
}

recommender::~recommender() = default;

resil::http::client_pool const& recommender::client() const
{
    return service_->client;
}

asio::awaitable<shelf> recommender::recommend(std::string visitor, std::vector<int> popular)
{
    bool const is_new = is_rolled_out("recommender-v2", visitor, rollout_percent_);
    version const& chosen = is_new ? service_->v2 : service_->v1;
    auto const ask = [&](resil::attempt const& a) -> asio::awaitable<resil::http::string_response> {
        auto request = ask_for(chosen.path, visitor, a);
        auto response = co_await service_->client.async_request(a, std::move(request), asio::use_awaitable);
        co_return response;
    };
    auto const response = co_await chosen.policies.async_call(ask, asio::use_awaitable);
    shelf found{{}, chosen.name};
    if (response.result() == http::status::ok) {
        found.ids = read_ids(response.body());
    }
    if (found.ids.empty()) {
        found.ids = std::move(popular);
        found.chosen_by = "popular";
    }
    co_return found;
}

} // namespace storefront
